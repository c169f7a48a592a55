"""What a confidence is worth, for many weightings of the same answers at once.

``weights`` has one row for each weighting, shape (rows, answers): a row of ones gives the value itself, drawn
counts give its spread. Answers of equal confidence count as if in random order, so their order changes
nothing. Sources: risk and coverage after El-Yaniv and Wiener 2010, AURC and E-AURC after Geifman et al. 2019,
AUGRC after Traub et al. 2024, calibration error in bins of equal mass after Nguyen and O'Connor 2015.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_BINS = 10


class _Groups(NamedTuple):
    """Weights summed over answers of equal confidence, the surest first; shape (rows, groups)."""

    right: Array
    all: Array
    confidence: Array


def _groups(right: Array, confidence: Array, weights: Array) -> _Groups:
    order = np.argsort(-confidence, kind="stable")
    sure, drawn = confidence[order], weights[:, order]
    starts = np.flatnonzero(np.append([True], sure[1:] != sure[:-1])) if sure.size else np.zeros(0, dtype=int)
    if not starts.size:
        empty = np.zeros((weights.shape[0], 0))
        return _Groups(empty, empty, sure)
    return _Groups(
        np.add.reduceat(drawn * right[order], starts, axis=1),
        np.add.reduceat(drawn, starts, axis=1),
        sure[starts],
    )


def _before(sums: Array) -> Array:
    return np.cumsum(sums, axis=1) - sums


def auroc(right: Array, confidence: Array, weights: Array) -> Array:
    """Give the chance that a right one is surer than a wrong one, ties counting half; NaN without both kinds.

    >>> float(auroc(np.array([1.0, 0.0, 1.0]), np.array([0.9, 0.2, 0.2]), np.ones((1, 3)))[0])
    0.75
    """
    groups = _groups(right, confidence, weights)
    wrong = groups.all - groups.right
    below = (groups.right * (wrong.sum(axis=1, keepdims=True) - _before(wrong) - wrong / 2)).sum(axis=1)
    pairs = groups.right.sum(axis=1) * wrong.sum(axis=1)
    return _ratio(below, pairs)


def aurc(right: Array, confidence: Array, weights: Array) -> Array:
    """Give the mean share of wrong answers over all coverages, answers one by one: lower is better."""
    groups = _groups(right, confidence, weights)
    wrong = groups.all - groups.right
    return _ratio(_risk_sum(wrong, groups.all).sum(axis=1), groups.all.sum(axis=1))


def e_aurc(right: Array, confidence: Array, weights: Array) -> Array:
    """Give what AURC lacks to that of the best order, all right answers first."""
    good = weights @ right
    total = weights.sum(axis=1)
    bad = total - good
    best = _ratio(
        _risk_sum(np.stack([0 * bad, bad], axis=1), np.stack([good, bad], axis=1)).sum(axis=1), total
    )
    return np.maximum(aurc(right, confidence, weights) - best, 0.0)


def augrc(right: Array, confidence: Array, weights: Array) -> Array:
    """Give the mean share of wrong answers among all, given or not, over all coverages: lower is better."""
    groups = _groups(right, confidence, weights)
    wrong, total = groups.all - groups.right, groups.all.sum(axis=1)
    sums = groups.all * _before(wrong) + wrong * (groups.all + 1) / 2
    return _ratio(sums.sum(axis=1), total * total)


def _risk_sum(wrong: Array, every: Array) -> Array:
    """Sum the risk behind each answer of a group, whose wrong ones are spread evenly: shape (rows, groups).

    With E wrong and b answers before, the j-th of m answers, e of them wrong, has the risk
    (E + e j / m) / (b + j).
    """
    before, all_before = _before(wrong), _before(every)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, int(every.sum(axis=1).max(initial=0)) + 1))])
    inner = harmonic[(all_before + every).astype(int)] - harmonic[all_before.astype(int)]
    share = np.divide(wrong, every, out=np.zeros_like(wrong), where=every > 0)
    total: Array = before * inner + share * (every - all_before * inner)
    return total


def coverage_at(risk: float, right: Array, confidence: Array, weights: Array) -> Array:
    """Give the largest share of the answers that can be given with at most ``risk`` of them wrong."""
    groups = _groups(right, confidence, weights)
    given = np.cumsum(groups.all, axis=1)
    wrong = given - np.cumsum(groups.right, axis=1)
    allowed = (wrong <= risk * given + 1e-12) & (given > 0)
    return _ratio(np.where(allowed, given, 0.0).max(axis=1, initial=0.0), groups.all.sum(axis=1))


def calibration_error(right: Array, confidence: Array, weights: Array) -> Array:
    """Give the mean distance of confidence and share of right answers over ten bins of equal mass.

    >>> float(calibration_error(np.array([1.0, 0.0]), np.array([0.75, 0.25]), np.ones((1, 2)))[0])
    0.25
    """
    groups = _groups(right, confidence, weights)
    total = groups.all.sum(axis=1, keepdims=True)
    middle = np.divide(
        _before(groups.all) + groups.all / 2, total, out=np.zeros_like(groups.all), where=total > 0
    )
    bins = np.minimum((middle * _BINS).astype(int), _BINS - 1)
    gap = groups.right - groups.all * groups.confidence
    sums = [np.abs(np.where(bins == number, gap, 0.0).sum(axis=1)) for number in range(_BINS)]
    return _ratio(np.sum(sums, axis=0), total[:, 0])


def brier(right: Array, confidence: Array, weights: Array) -> Array:
    """Give the mean squared distance of confidence and rightness."""
    return _ratio(weights @ np.square(right - confidence), weights.sum(axis=1))


def _ratio(over: Array, under: Array) -> Array:
    result: Array = np.divide(over, under, out=np.full_like(over, np.nan), where=under > 0)
    return result
