"""Means and differences with 95 % percentile-bootstrap intervals (Efron and Tibshirani 1993, chapter 13).

Shares have Wilson's: where all questions agree, every draw does, and the bootstrap claims to be certain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evals.metrics.uncertainty import wilson

_SAMPLES = 2000
_EDGES = (0.025, 0.975)
_DEVIATIONS = 1.96
"""Standard deviations of a normal distribution on either side that hold 95 %."""

Values = NDArray[np.float64]


class Estimate(NamedTuple):
    """A value with the two ends of its 95 % interval; NaN where there is nothing to measure."""

    mean: float
    low: float
    high: float


_NOTHING = Estimate(float("nan"), float("nan"), float("nan"))


def mean_with_interval(values: Sequence[float], *, seed: int = 0) -> Estimate:
    """Give the mean over questions; where each value is 0 or 1, it is a share.

    >>> mean_with_interval([2.0, 2.0])
    Estimate(mean=2.0, low=2.0, high=2.0)
    >>> mean_with_interval([1.0] * 16) == share_with_interval([True] * 16)
    True
    """
    if len(values) and set(values) <= {0.0, 1.0}:
        return share_with_interval([value == 1 for value in values])
    return mean_over_groups([values], seed=seed)


def share_with_interval(flags: Sequence[bool]) -> Estimate:
    """Give the share of questions that something is true of; of none NaN.

    >>> round(share_with_interval([True] * 20).low, 3)
    0.839
    """
    if not flags:
        return _NOTHING
    return Estimate(sum(flags) / len(flags), *wilson(sum(flags), len(flags)))


def percentile_with_interval(values: Sequence[float], percent: float) -> Estimate:
    """Give the ``percent`` percentile, 0 to 100, of values; of none NaN.

    Its ends are two of the values themselves, whatever their distribution (Conover 1999, section 3.2).

    >>> percentile_with_interval(range(1, 101), 95)
    Estimate(mean=95.05, low=91.0, high=100.0)
    """
    if not len(values):
        return _NOTHING
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    share = percent / 100
    below = ordered.size * share
    margin = _DEVIATIONS * math.sqrt(below * (1 - share))
    low, high = (
        ordered[min(max(math.ceil(rank), 1), ordered.size) - 1] for rank in (below - margin, below + margin)
    )
    return Estimate(float(np.percentile(ordered, percent)), float(low), float(high))


def mean_over_groups(groups: Sequence[Sequence[float]], *, seed: int = 0) -> Estimate:
    """Give the mean of the groups' means, each group counting once; questions are drawn within their group.

    >>> mean_over_groups([[1.0, 1.0, 1.0], [0.0]]).mean
    0.5
    """
    samples = [np.asarray(values, dtype=np.float64) for values in groups if len(values)]
    if not samples:
        return _NOTHING
    rng = np.random.default_rng(seed)
    drawn = np.mean([_drawn_means(sample, rng) for sample in samples], axis=0)
    return _estimate(float(np.mean([sample.mean() for sample in samples])), drawn)


def paired_difference(
    first: Mapping[str, float], second: Mapping[str, float], *, seed: int = 0
) -> tuple[int, Estimate]:
    """Give how many questions both have, and the mean of ``first - second`` over them.

    >>> paired_difference({"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 0.0, "c": 1.0})[1].mean
    0.5
    """
    shared = [query_id for query_id in first if query_id in second]
    return len(shared), mean_over_groups([[first[key] - second[key] for key in shared]], seed=seed)


def difference_of_means(first: Sequence[float], second: Sequence[float], *, seed: int = 0) -> Estimate:
    """Give the difference of the means of two independent samples.

    >>> difference_of_means([1.0], [0.25, 0.75]).mean
    0.5
    """
    if not len(first) or not len(second):
        return _NOTHING
    rng = np.random.default_rng(seed)
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    drawn = _drawn_means(one, rng) - _drawn_means(other, rng)
    return _estimate(float(one.mean() - other.mean()), drawn)


def _drawn_means(sample: Values, rng: np.random.Generator) -> Values:
    """Give the means of samples drawn with replacement, shape (_SAMPLES,).

    How often each distinct value is drawn is multinomial, and measures have few distinct values: a draw of
    counts costs far less than one of questions.
    """
    distinct, counts = np.unique(sample, return_counts=True)
    drawn = rng.multinomial(sample.size, counts / sample.size, size=_SAMPLES)
    means: Values = drawn @ distinct / sample.size
    return means


def _estimate(mean: float, drawn: Values) -> Estimate:
    low, high = np.quantile(drawn, _EDGES)
    return Estimate(mean, float(low), float(high))
