"""Intervals of 95 %: Wilson for shares, the bootstrap over conversations for everything else.

All measures of a run share the same draws, made from a seed and from the sorted names of the clusters, so the
order of cases changes nothing. Sources: Wilson 1927; Efron and Tibshirani 1993, chapter 13 (percentiles).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.metrics.model import Metric, Observation, Values

DRAWS = 1000
_EDGES = (0.025, 0.975)
_Z = 1.959963984540054
_DIGITS = 6

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval over ``n`` cases; None where there is nothing to measure."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None

    def as_dict(self) -> dict[str, float | int | None]:
        """Give the estimate for JSON, rounded so that the last bits of a machine do not show."""
        return {
            "value": rounded(self.value),
            "n": self.n,
            "low": rounded(self.low),
            "high": rounded(self.high),
        }


def rounded(value: float | None) -> float | None:
    """Round for JSON; NaN, which JSON does not have, becomes None."""
    return None if value is None or not math.isfinite(value) else round(value, _DIGITS) + 0.0


def wilson(successes: float, n: float) -> tuple[float, float]:
    """Give the Wilson interval of a share.

    >>> [round(edge, 3) for edge in wilson(90, 100)]
    [0.826, 0.945]
    """
    if n <= 0:
        return math.nan, math.nan
    share, spread = successes / n, _Z * _Z / n
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))


class Draws:
    """How often each cluster is drawn in each of ``DRAWS`` samples, shape (DRAWS, clusters)."""

    def __init__(self, observed: Sequence[Observation], seed: int) -> None:
        """Draw clusters with replacement."""
        self._index = {name: at for at, name in enumerate(sorted({item.cluster for item in observed}))}
        self._column = {item.case.id: self._index[item.cluster] for item in observed}
        self._weight = {item.case.id: item.case.weight for item in observed}
        count = len(self._index)
        self.counts: Array = np.zeros((DRAWS, 0))
        if count:
            rng = np.random.default_rng(seed)
            self.counts = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS).astype(np.float64)

    def columns(self, cases: Sequence[str]) -> Array:
        """Give how often each case is drawn, shape (DRAWS, cases)."""
        drawn: Array = self.counts[:, [self._column[case] for case in cases]]
        return drawn

    def estimates(self, metrics: Sequence[Metric], values: Mapping[str, Values]) -> dict[str, Estimate]:
        """Give the mean of each measure with its interval."""
        sums = np.zeros((len(self._index), 2 * len(metrics)))
        for at, metric in enumerate(metrics):
            for case, value in values[metric.name].items():
                weight = self._weight[case] if metric.weighted else 1.0
                sums[self._column[case], 2 * at] += weight * value
                sums[self._column[case], 2 * at + 1] += weight
        rows = np.flatnonzero(sums.any(axis=1))
        drawn = self.counts[:, rows] @ sums[rows]
        return {
            metric.name: self._estimate(
                metric, values[metric.name], sums[:, 2 * at : 2 * at + 2], drawn[:, 2 * at : 2 * at + 2]
            )
            for at, metric in enumerate(metrics)
        }

    def _estimate(self, metric: Metric, values: Values, sums: Array, drawn: Array) -> Estimate:
        if not values:
            return Estimate(None, 0)
        total, weight = sums.sum(axis=0)
        mean = float(total / weight)
        clusters = np.count_nonzero(sums[:, 1])
        constant = len(set(values.values())) == 1
        single = clusters == len(values) and set(values.values()) <= {0.0, 1.0}
        if metric.share and (single or constant):
            # Kish's effective size: with equal weights it is the number of clusters itself.
            size = float(weight**2 / np.square(sums[:, 1]).sum())
            low, high = wilson(mean * size, size)
            return Estimate(mean, len(values), low, high)
        return Estimate(mean, len(values), *interval(drawn[:, 0], drawn[:, 1]))


def interval(numerators: Array, denominators: Array) -> tuple[float, float]:
    """Give the percentiles of the drawn ratios; draws in which nothing was measured do not count."""
    measured = denominators > 0
    if not measured.any():
        return math.nan, math.nan
    low, high = np.quantile(numerators[measured] / denominators[measured], _EDGES)
    return float(low), float(high)


def edges(drawn: Array) -> tuple[float, float]:
    """Give the percentiles of drawn values, those that are defined."""
    known = drawn[np.isfinite(drawn)]
    if not known.size:
        return math.nan, math.nan
    low, high = np.quantile(known, _EDGES)
    return float(low), float(high)
