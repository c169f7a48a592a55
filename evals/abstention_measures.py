"""What a confidence is worth: does it order answers by rightness, and does it say how often they are right?

Right answers are 1, wrong ones and answers to questions without an answer 0. Sources: risk and coverage after
El-Yaniv and Wiener 2010, calibration error with bins of equal mass after Nguyen and O'Connor 2015.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from evals.intervals import Estimate

Values = NDArray[np.float64]
_BINS = 10
_SAMPLES = 400
_EDGES = (0.025, 0.975)


class Point(NamedTuple):
    """What answering from ``threshold`` on gives."""

    threshold: float
    coverage: float
    """Share of all questions that are answered."""
    risk: float
    """Share of the answers that are wrong."""


def auroc(right: Values, confidence: Values) -> float:
    """Give the chance that a right answer is surer than a wrong one; NaN without both kinds.

    >>> auroc(np.array([1.0, 0.0, 1.0]), np.array([0.9, 0.2, 0.2]))
    0.75
    """
    positives = int(right.sum())
    negatives = right.size - positives
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(confidence)
    below = float(ranks[right > 0].sum()) - positives * (positives + 1) / 2
    return below / (positives * negatives)


def risk_coverage(right: Values, confidence: Values) -> list[Point]:
    """Give risk and coverage at every distinct confidence, the surest first.

    >>> risk_coverage(np.array([1.0, 0.0]), np.array([0.9, 0.4]))
    [Point(threshold=0.9, coverage=0.5, risk=0.0), Point(threshold=0.4, coverage=1.0, risk=0.5)]
    """
    order = np.argsort(-confidence, kind="stable")
    sure, hits = confidence[order], np.cumsum(right[order])
    last = np.flatnonzero(np.append(sure[1:] != sure[:-1], [True])) if sure.size else np.array([], dtype=int)
    return [
        Point(float(sure[at]), (at + 1) / sure.size, float(1 - hits[at] / (at + 1))) for at in last.tolist()
    ]


def aurc(right: Values, confidence: Values) -> float:
    """Give the mean risk over all coverages, questions one by one: lower is better."""
    order = np.argsort(-confidence, kind="stable")
    hits = np.cumsum(right[order])
    return float(np.mean(1 - hits / np.arange(1, right.size + 1))) if right.size else float("nan")


def coverage_at(right: Values, confidence: Values, risk: float) -> float:
    """Give the largest share of questions that can be answered with at most ``risk`` of wrong answers."""
    return max(
        (point.coverage for point in risk_coverage(right, confidence) if point.risk <= risk), default=0.0
    )


def calibration_error(right: Values, confidence: Values) -> float:
    """Give the mean distance of confidence and share of right answers over ten bins of equal size.

    >>> calibration_error(np.array([1.0, 0.0]), np.array([0.75, 0.25]))
    0.25
    """
    order = np.argsort(confidence, kind="stable")
    bins = [part for part in np.array_split(order, _BINS) if part.size]
    gaps = [part.size * abs(right[part].mean() - confidence[part].mean()) for part in bins]
    return float(sum(gaps) / right.size) if right.size else float("nan")


def calibration_floor(confidence: Values, *, seed: int = 0) -> float:
    """Give the calibration error that chance alone shows: that of a confidence which is exactly right.

    A bin of eight questions is off by a tenth by chance, so a small set cannot show less.
    """
    rng = np.random.default_rng(seed)
    drawn = (
        calibration_error((rng.random(confidence.size) < confidence).astype(np.float64), confidence)
        for _ in range(_SAMPLES)
    )
    return float(np.mean(list(drawn))) if confidence.size else float("nan")


def brier(right: Values, confidence: Values) -> float:
    """Give the mean squared distance of confidence and rightness."""
    return float(np.mean((right - confidence) ** 2)) if right.size else float("nan")


def with_interval(
    measure: Callable[[Values, Values], float], right: Values, confidence: Values, *, seed: int = 0
) -> Estimate:
    """Give a measure with the 95 % percentile interval over questions drawn with replacement."""
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(_SAMPLES if right.size else 0):
        at = rng.integers(0, right.size, right.size)
        drawn.append(measure(right[at], confidence[at]))
    low, high = np.nanquantile(drawn, _EDGES) if drawn else (float("nan"), float("nan"))
    return Estimate(measure(right, confidence), float(low), float(high))
