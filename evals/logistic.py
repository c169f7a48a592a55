"""A logistic whose weights are never negative, and the threshold that keeps to a risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from evals.abstention_measures import Values

_SHRINKAGE = 1.0
"""Weight of the squared coefficients of the standardised signals."""
_DIGITS = 4
RISKS = (0.02, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""Accepted shares of wrong answers that a curve has a threshold for."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted logistic over named signals."""

    intercept: float
    weights: Mapping[str, float]

    def chances(self, signals: Sequence[Mapping[str, float]]) -> Values:
        """Give the chance of each case, shape (n,)."""
        z = self.intercept + _matrix(signals, tuple(self.weights)) @ np.array(tuple(self.weights.values()))
        return chance(z)

    def content(self) -> dict[str, Any]:
        """Give it as a confidence file holds it."""
        return {"intercept": self.intercept, "weights": dict(self.weights)}


def fit(
    signals: Sequence[Mapping[str, float]],
    right: Values,
    weights: Values,
    names: Sequence[str],
) -> Fitted:
    """Fit P(right) from the signals ``names``, none of which may speak against an answer.

    ``weights``, shape (n,), is what each case counts. Coefficients come in the units of their signals.
    """
    x = _matrix(signals, names)
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = (x - mean) / spread
    found = likeliest(
        z,
        right,
        weights,
        ridge=np.array([0.0, *[_SHRINKAGE] * len(names)]),
        towards=np.zeros(len(names) + 1),
        least=0.0,
    )
    slopes = found[1:] / spread
    return Fitted(
        intercept=round(float(found[0] - slopes @ mean), _DIGITS),
        weights={name: round(float(slope), _DIGITS) for name, slope in zip(names, slopes, strict=True)},
    )


def likeliest(
    x: Values, right: Values, weights: Values, *, ridge: Values, towards: Values, least: float
) -> Values:
    """Give intercept and slopes, shape (columns + 1,), under which ``right`` is likeliest.

    ``x`` has a row for each case, shape (n, columns), and ``weights``, shape (n,), what it counts. ``ridge``
    draws each number ``towards`` its own; no slope falls below ``least``.
    """
    counted = weights / weights.mean()

    def loss(p: Values) -> tuple[float, Values]:
        logit = x @ p[1:] + p[0]
        each = np.logaddexp(0, -logit) * right + np.logaddexp(0, logit) * (1 - right)
        slope = (chance(logit) - right) * counted
        gradient = np.concatenate(([slope.sum()], x.T @ slope)) + ridge * (p - towards)
        return float((each * counted).sum() + (ridge * (p - towards) ** 2).sum() / 2), gradient

    bounds = [(None, None), *[(least, None)] * x.shape[1]]
    found: Values = minimize(loss, towards, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found


def chance(odds: Values) -> Values:
    """Give the chances that log odds stand for."""
    return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)


def _matrix(signals: Sequence[Mapping[str, float]], names: Sequence[str]) -> Values:
    return np.array([[each[name] for name in names] for each in signals], dtype=np.float64).reshape(
        len(signals), len(names)
    )


def threshold_for(right: Values, confidence: Values, weights: Values, risk: float) -> tuple[float, float]:
    """Give the lowest confidence from which at most ``risk`` of the weighted answers are wrong.

    The second value is the weighted share of questions at or above it. (1, 0) where no confidence will do.
    """
    order = np.argsort(-confidence, kind="stable")
    counted = np.cumsum(weights[order])
    wrong = np.cumsum((weights * (1 - right))[order])
    fits = np.flatnonzero(wrong / counted <= risk)
    if not fits.size:
        return 1.0, 0.0
    last = int(fits[-1])
    return round(float(confidence[order[last]]), _DIGITS), round(float(counted[last] / counted[-1]), 3)


def curve(right: Values, confidence: Values, weights: Values) -> list[dict[str, float]]:
    """Give threshold and coverage for each accepted risk; equal risks give equal thresholds."""
    points = []
    lowest = 1.0
    for risk in RISKS:
        threshold, coverage = threshold_for(right, confidence, weights, risk)
        lowest = min(lowest, threshold)
        points.append({"max_risk": risk, "answer_from": lowest, "coverage": coverage})
    return points
