"""Whether a difference between two runs of the same cases is more than chance.

Sources: McNemar 1947 in its exact form; Fisher's paired randomisation test as in Smucker et al. 2007; Holm
1979; Tarone 1990 for measures in which too little differs; Miettinen 1968 for the size of a paired sample.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evals.metrics.uncertainty import DRAWS, Array, interval

RANDOMISATIONS = 10_000
ALPHA = 0.05
_POWER = 0.8
_CHUNK = 1000
_EXACT_UP_TO = 13
"""Differences whose signs can be listed in full: 2 ** 13 is below ``RANDOMISATIONS``."""
_SLACK = 1e-9
"""Sums of the same differences in another order are equal."""


def mcnemar(worse: int, better: int, *, one_sided: bool = False) -> float:
    """Give the exact p-value of cases that flipped both ways; one-sided: that it did not get worse.

    >>> mcnemar(5, 0), mcnemar(5, 0, one_sided=True), mcnemar(0, 0)
    (0.0625, 0.03125, 1.0)
    """
    flips = worse + better
    extreme = worse if one_sided else max(worse, better)
    tail = sum(math.comb(flips, count) for count in range(extreme, flips + 1)) / float(2**flips)
    return min(1.0, tail if one_sided else 2 * tail)


def randomisation(drops: Sequence[float], *, seed: int = 0, one_sided: bool = False) -> float:
    """Give the p-value of paired differences whose signs are drawn; one-sided: of a sum above zero.

    ``drops`` holds one difference for each independent unit. Of up to 13 all signs are listed, so the p-value
    is exact; else 10,000 draws from the seed, the data themselves counted as one of them.

    >>> randomisation([1.0, 1.0, 1.0, 1.0, 1.0]), randomisation([1.0, 1.0, -1.0], one_sided=True)
    (0.0625, 0.5)
    """
    values = np.array([value for value in drops if value], dtype=np.float64)
    if not values.size:
        return 1.0
    observed = float(values.sum()) if one_sided else abs(float(values.sum()))
    reached = total = 0
    for signs in _signs(values.size, seed):
        sums = signs @ values
        reached += int(np.count_nonzero((sums if one_sided else np.abs(sums)) >= observed - _SLACK))
        total += len(signs)
    exact = values.size <= _EXACT_UP_TO
    return reached / total if exact else (reached + 1) / (total + 1)


def _signs(size: int, seed: int) -> Sequence[Array]:
    if size <= _EXACT_UP_TO:
        codes = np.arange(2**size)[:, None] >> np.arange(size)
        return [_as_signs(codes & 1)]
    rng = np.random.default_rng(seed)
    chunks = RANDOMISATIONS // _CHUNK
    return [_as_signs(rng.integers(0, 2, size=(_CHUNK, size))) for _ in range(chunks)]


def _as_signs(bits: NDArray[np.int64]) -> Array:
    signs: Array = 1.0 - 2.0 * bits.astype(np.float64)
    return signs


def least_p(units: int, *, one_sided: bool = False) -> float:
    """Give the smallest p-value that so many units that differ can have, whatever their directions.

    >>> least_p(5), least_p(5, one_sided=True), least_p(0)
    (0.0625, 0.03125, 1.0)
    """
    return min(1.0, 0.5**units * (1 if one_sided else 2))


def holm(p_values: Mapping[str, float], least: Mapping[str, float]) -> dict[str, float]:
    """Adjust p-values for being many; ``least`` is the smallest that each could have been.

    A test that cannot become significant, so few units differ in it, does not count among the many (Tarone
    1990, with Holm's steps as in Hommel and Krummenauer 1998). That is known from how many differ alone, not
    from where they went, so the chance of any false alarm stays below ``ALPHA``.

    >>> holm({"a": 0.01, "b": 0.04, "c": 0.5}, {"a": 0.001, "b": 0.001, "c": 0.5})
    {'a': 0.02, 'b': 0.04, 'c': 1.0}
    """
    many = _counted(least)
    adjusted = {name: min(1.0, p * len(p_values)) for name, p in p_values.items()}
    testable = sorted((p, name) for name, p in p_values.items() if least[name] <= ALPHA / many)
    highest = 0.0
    for rank, (p, name) in enumerate(testable):
        highest = max(highest, min(1.0, p * max(many - rank, 1)))
        adjusted[name] = highest
    return adjusted


def _counted(least: Mapping[str, float]) -> int:
    """Give the smallest number that is not below that of the tests that could reach ALPHA over it."""
    return next(
        (
            many
            for many in range(1, len(least) + 1)
            if sum(each <= ALPHA / many for each in least.values()) <= many
        ),
        1,
    )


def difference_interval(numerators: Array, denominators: Array, *, seed: int = 0) -> tuple[float, float]:
    """Give the 95 % bootstrap interval of a ratio of sums over independent units, each of shape (units,)."""
    units = len(numerators)
    counts = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=DRAWS)
    return interval(counts @ numerators, counts @ denominators)


def cases_needed(difference: float, flips: float) -> float:
    """Give how many cases show a difference of shares with 80 % power, where this share of them flips.

    >>> round(cases_needed(0.05, 0.1))
    312
    """
    normal = NormalDist()
    alpha, power = normal.inv_cdf(1 - ALPHA / 2), normal.inv_cdf(_POWER)
    spread = alpha * math.sqrt(flips) + power * math.sqrt(max(0.0, flips - difference**2))
    return (spread / difference) ** 2


def smallest_share(cases: int, flips: float) -> float:
    """Give the smallest difference of shares that so many cases show with 80 % power, as a share up to 1.

    ``flips`` is the share of cases whose verdict differs, whatever the direction; where the difference itself
    is larger, every flip goes one way.
    """
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if cases_needed(middle, max(flips, middle)) <= cases:
            high = middle
        else:
            low = middle
    return high


def smallest_mean(differences: Sequence[float]) -> float | None:
    """Give the smallest mean difference that such a sample shows with 80 % power; None below two."""
    if len(differences) <= 1:
        return None
    normal = NormalDist()
    reach = normal.inv_cdf(1 - ALPHA / 2) + normal.inv_cdf(_POWER)
    return reach * float(np.std(differences, ddof=1)) / math.sqrt(len(differences))
