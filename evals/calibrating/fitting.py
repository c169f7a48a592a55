"""Fit a confidence to answers: two numbers that stretch and shift it, and a threshold for each risk.

The log odds of the confidence are stretched and shifted (Platt 1999), drawn towards leaving them alone by a
ridge, which a suite of some hundred cases bears where six weights would not. As the confidence is a logistic
of signals, the result is one again. Whatever is reported of the new confidence comes from answers that were
left out of its fit, clusters of cases together.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.calibrating.answers import Judged
from evals.logistic import chance, curve, likeliest
from evals.metrics.selective import auroc, brier, calibration_error
from evals.metrics.uncertainty import wilson

Array = NDArray[np.float64]
FOLDS = 5
MIN_ANSWERS = 40
MIN_OF_EACH = 8
"""Right and wrong answers without which nothing can be told."""
_RIDGE = 1.0
_LEAST_STRETCH = 0.05
_EDGE = 1e-4
"""Confidences are kept to four digits."""
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Measured:
    """What a confidence is worth on the answers of a run."""

    log_loss: float
    brier: float
    ece: float
    auroc: float
    answer_from: float
    """The lowest confidence that is answered at the accepted risk."""
    coverage: float
    """Share of the answers that are then given."""
    risk: float | None
    """Share of these that are wrong; None where none is given."""
    risk_low: float | None
    risk_high: float | None


@dataclass(frozen=True, slots=True)
class Fit:
    """What became of one kind of confidence."""

    kind: str
    answers: int
    right: int
    outcome: str
    """``fitted``; ``threshold``: the confidence there is stays; ``kept``: all does."""
    why: str
    shift: float = 0.0
    stretch: float = 1.0
    before: Measured | None = None
    after: Measured | None = None
    curve: Sequence[Mapping[str, float]] = ()
    """By accepted risk: ``max_risk``, ``answer_from``, ``coverage``."""
    points: Mapping[str, Sequence[tuple[float, float]]] | None = None
    """Of plots: right (0 or 1) by ``before`` and by ``after``, the held-out confidence."""

    def as_dict(self) -> dict[str, Any]:
        """Give the fit for JSON, without the points of plots."""
        return {name: value for name, value in asdict(self).items() if name != "points"}


def fit_kind(kind: str, answers: Sequence[Judged], fields: Mapping[str, Any], max_risk: float) -> Fit:
    """Fit one kind to its answers; ``fields`` is what the confidence file says of it now."""
    right = sum(each.right for each in answers)
    wrong = len(answers) - right
    clusters = len({each.cluster for each in answers})
    if len(answers) < MIN_ANSWERS or min(right, wrong) < MIN_OF_EACH or clusters < FOLDS:
        why = (
            f"{len(answers)} answers to {clusters} separate cases, {wrong} of them wrong; it takes "
            f"{MIN_ANSWERS} answers to {FOLDS} cases, {MIN_OF_EACH} right and {MIN_OF_EACH} wrong"
        )
        return Fit(kind, len(answers), right, "kept", why)
    return _fitted(kind, answers, fields, max_risk)


def _fitted(kind: str, answers: Sequence[Judged], fields: Mapping[str, Any], max_risk: float) -> Fit:
    right, odds, weights = _arrays(answers)
    folds = folds_of([each.cluster for each in answers])
    old = answer_from(fields["curve"], max_risk)
    before = _measured(right, chance(odds), weights, chance(odds) >= old, old)
    held, after = _held_out(right, odds, weights, folds, max_risk, fitting=True)
    better = after.log_loss < before.log_loss
    if not better:
        held, after = _held_out(right, odds, weights, folds, max_risk, fitting=False)
    shift, stretch = stretched(right, odds, weights) if better else (0.0, 1.0)
    outcome, why = _outcome(before, after, max_risk, better=better)
    return Fit(
        kind=kind,
        answers=len(answers),
        right=int(right.sum()),
        outcome=outcome,
        why=why,
        shift=shift,
        stretch=stretch,
        before=before,
        after=after,
        curve=curve(right, held, weights),
        points={"before": _pairs(chance(odds), right), "after": _pairs(held, right)},
    )


def _outcome(before: Measured, after: Measured, max_risk: float, *, better: bool) -> tuple[str, str]:
    """Say what is taken over: nothing where thresholds of other folds clearly miss the risk, and by more."""
    if (after.risk_low or 0.0) > max_risk and (after.risk or 0.0) > (before.risk or 0.0):
        return "kept", "thresholds fitted to some of these answers let more wrong ones pass of the others"
    if not better:
        return "threshold", "no shift or stretch fits left-out answers better than the confidence there is"
    return "fitted", ""


def _held_out(
    right: Array, odds: Array, weights: Array, folds: NDArray[np.int64], max_risk: float, *, fitting: bool
) -> tuple[Array, Measured]:
    """Give the confidence of each answer by a fit without its fold, and what it is worth.

    The threshold of a fold comes from the other folds too. Without ``fitting`` the confidence stays.
    """
    held, given, thresholds = chance(odds), np.zeros(len(odds), dtype=bool), []
    for fold in np.unique(folds):
        out = folds == fold
        shift, stretch = stretched(right[~out], odds[~out], weights[~out]) if fitting else (0.0, 1.0)
        held[out] = chance(shift + stretch * odds[out])
        seen = chance(shift + stretch * odds[~out])
        threshold = answer_from(curve(right[~out], seen, weights[~out]), max_risk)
        given[out] = held[out] >= threshold
        thresholds.append(threshold)
    return held, _measured(right, held, weights, given, float(np.mean(thresholds)))


def stretched(right: Array, odds: Array, weights: Array) -> tuple[float, float]:
    """Give the shift and the stretch of log odds under which the answers are likeliest."""
    found = likeliest(
        odds[:, np.newaxis],
        right,
        weights,
        ridge=np.full(2, _RIDGE),
        towards=np.array([0.0, 1.0]),
        least=_LEAST_STRETCH,
    )
    return round(float(found[0]), _DIGITS), round(float(found[1]), _DIGITS)


def answer_from(points: Sequence[Mapping[str, float]], max_risk: float) -> float:
    """Read the threshold at a risk off a curve, as the server does: straight between its points.

    >>> answer_from([{"max_risk": 0.1, "answer_from": 0.8}, {"max_risk": 0.3, "answer_from": 0.4}], 0.2)
    0.6
    """
    risks = [0.0, *(point["max_risk"] for point in points), 1.0]
    thresholds = [1.0, *(point["answer_from"] for point in points), 0.0]
    return round(float(np.interp(max_risk, risks, thresholds)), _DIGITS)


def folds_of(clusters: Sequence[str], *, seed: int = 0) -> NDArray[np.int64]:
    """Give a fold to each cluster, the same for the same names, shape (n,)."""
    names = sorted(set(clusters))
    random.Random(seed).shuffle(names)  # noqa: S311 - reproducible, nothing secret
    fold = {name: at % FOLDS for at, name in enumerate(names)}
    return np.array([fold[cluster] for cluster in clusters], dtype=np.int64)


def refitted(fields: Mapping[str, Any], fit: Fit) -> dict[str, Any]:
    """Give what the confidence file says of a kind after its fit."""
    if fit.outcome == "kept":
        return dict(fields)
    now = fields["right"]
    right = {
        "intercept": round(fit.shift + fit.stretch * now["intercept"], _DIGITS),
        "weights": {name: round(fit.stretch * value, _DIGITS) for name, value in now["weights"].items()},
    }
    return {"right": right, "in_scope": fields["in_scope"], "curve": [dict(point) for point in fit.curve]}


def _arrays(answers: Sequence[Judged]) -> tuple[Array, Array, Array]:
    sure = np.clip([each.confidence for each in answers], _EDGE, 1 - _EDGE)
    return (
        np.array([each.right for each in answers], dtype=np.float64),
        np.asarray(np.log(sure / (1 - sure)), dtype=np.float64),
        np.array([each.weight for each in answers], dtype=np.float64),
    )


def _measured(
    right: Array, confidence: Array, weights: Array, given: NDArray[np.bool_], threshold: float
) -> Measured:
    sure = np.clip(confidence, _EDGE, 1 - _EDGE)
    losses = -(right * np.log(sure) + (1 - right) * np.log(1 - sure))
    row = weights[np.newaxis, :]
    wrong = float((weights * (1 - right))[given].sum())
    total = float(weights[given].sum())
    low, high = wilson(wrong / total * given.sum(), float(given.sum())) if total else (None, None)
    return Measured(
        log_loss=_rounded(np.average(losses, weights=weights)),
        brier=_rounded(brier(right, confidence, row)[0]),
        ece=_rounded(calibration_error(right, confidence, row)[0]),
        auroc=_rounded(auroc(right, confidence, row)[0]),
        answer_from=_rounded(threshold),
        coverage=_rounded(total / weights.sum()),
        risk=_rounded(wrong / total) if total else None,
        risk_low=_rounded(low) if low is not None else None,
        risk_high=_rounded(high) if high is not None else None,
    )


def _rounded(value: float) -> float:
    return round(float(value), 4)


def _pairs(confidence: Array, right: Array) -> list[tuple[float, float]]:
    return [(round(float(sure), 4), float(hit)) for sure, hit in zip(confidence, right, strict=True)]
