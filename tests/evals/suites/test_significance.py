"""Tests of differences: against hand-worked figures, against scipy, and by their properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evals.comparing.significance import (
    ALPHA,
    cases_needed,
    difference_interval,
    holm,
    least_p,
    mcnemar,
    randomisation,
    smallest_mean,
    smallest_share,
)

differences = st.lists(st.sampled_from([-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0]), min_size=2, max_size=11)


def test_six_flips_to_none_are_significant_and_five_are_not() -> None:
    # 2 / 2**6 and 2 / 2**5
    assert mcnemar(6, 0) == pytest.approx(0.03125)
    assert mcnemar(5, 0) == pytest.approx(0.0625)
    assert mcnemar(0, 6, one_sided=True) == 1.0


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_binomial_test_of_the_flips(worse: int, better: int) -> None:
    if worse + better:
        two = stats.binomtest(worse, worse + better, 0.5).pvalue
        one = stats.binomtest(worse, worse + better, 0.5, alternative="greater").pvalue
        assert mcnemar(worse, better) == pytest.approx(two)
        assert mcnemar(worse, better, one_sided=True) == pytest.approx(one)


@given(differences)
def test_few_differences_are_tested_exactly_as_scipy_does(values: list[float]) -> None:
    for one_sided, alternative in ((True, "greater"), (False, "two-sided")):
        oracle = stats.permutation_test(
            (np.array(values),),
            np.sum,
            permutation_type="samples",
            n_resamples=np.inf,
            alternative=alternative,
        )
        assert randomisation(values, one_sided=one_sided) == pytest.approx(oracle.pvalue)


def test_many_differences_are_drawn_from_the_seed() -> None:
    values = [0.5] * 20 + [-0.5] * 8 + [0.0] * 100
    exact = mcnemar(20, 8)

    first, again, other = (randomisation(values, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert first == pytest.approx(exact, abs=0.01)


@given(differences)
def test_both_directions_are_told_apart(values: list[float]) -> None:
    up = randomisation(values, one_sided=True)
    down = randomisation([-value for value in values], one_sided=True)

    assert up + down >= 1.0
    assert randomisation(values) == pytest.approx(min(1.0, 2 * min(up, down)), abs=1e-9) or sum(values) == 0


def test_holm_by_hand_leaves_out_what_did_not_change() -> None:
    # 0.01 * 3, then max(0.03, 0.02 * 2), then max(0.04, 0.03 * 1)
    p_values = {"a": 0.02, "b": 0.01, "c": 0.03, "same": 1.0}

    assert holm(p_values, dict.fromkeys("abc", 0.0) | {"same": 1.0}) == pytest.approx(
        {"a": 0.04, "b": 0.03, "c": 0.04, "same": 1.0}
    )


def test_what_cannot_become_significant_does_not_count_among_the_many() -> None:
    # Of six flips all are worse; of four, which could at best give 1 / 2**4, all are worse too.
    p_values = {"a": mcnemar(6, 0, one_sided=True), "b": mcnemar(4, 0, one_sided=True)}
    least = {"a": least_p(6, one_sided=True), "b": least_p(4, one_sided=True)}

    assert holm(p_values, least) == {"a": 1 / 2**6, "b": 2 / 2**4}


def test_a_test_that_could_have_become_significant_counts_although_nothing_got_worse() -> None:
    p_values = {"worse": mcnemar(5, 0, one_sided=True), "better": mcnemar(0, 8, one_sided=True)}
    least = {"worse": least_p(5, one_sided=True), "better": least_p(8, one_sided=True)}

    # 1 / 2**5 alone is below .05; times two it is not.
    assert holm(p_values, least) == {"worse": 2 / 2**5, "better": 1.0}


@given(st.lists(st.integers(0, 14), min_size=1, max_size=8), st.booleans())
def test_false_alarms_stay_below_the_level_whatever_the_number_of_flips(
    flips: list[int], one_sided: bool
) -> None:
    least = {str(at): least_p(count, one_sided=one_sided) for at, count in enumerate(flips)}
    chance = 0.0
    for at, count in enumerate(flips):
        for worse in range(count + 1):
            p_values = dict.fromkeys(least, 1.0) | {
                str(at): mcnemar(worse, count - worse, one_sided=one_sided)
            }
            if holm(p_values, least)[str(at)] < ALPHA:
                chance += math.comb(count, worse) / 2**count

    assert chance <= ALPHA


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.floats(0, 1), max_size=8))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: dict[str, float]) -> None:
    adjusted = holm(p_values, dict.fromkeys(p_values, 0.0))

    assert all(p_values[name] <= adjusted[name] <= 1.0 for name in p_values)
    ordered = sorted(p_values, key=lambda name: p_values[name])
    assert [adjusted[name] for name in ordered] == sorted(adjusted.values())


def test_power_agrees_with_the_textbook() -> None:
    # (1.960 * sqrt(.1) + .8416 * sqrt(.1 - .0025))**2 / .0025
    assert cases_needed(0.05, 0.1) == pytest.approx(311.9, abs=0.5)
    assert smallest_share(312, 0.1) == pytest.approx(0.05, abs=0.001)
    # where nothing else flips: (1.960 * sqrt(.1) + .8416 * sqrt(.09))**2 / .01 = 76.1
    assert smallest_share(77, 0.0) == pytest.approx(0.1, abs=0.002)
    assert smallest_mean([0.0, 1.0] * 50) == pytest.approx(2.8016 * math.sqrt(0.25 * 100 / 99) / 10, rel=1e-4)
    assert smallest_mean([1.0]) is None


@given(st.integers(2, 5000), st.floats(0, 1))
def test_more_cases_never_show_less(cases: int, flips: float) -> None:
    assert smallest_share(2 * cases, flips) <= smallest_share(cases, flips) + 1e-9


def test_interval_of_the_difference_holds_it_and_is_narrow_where_all_agree() -> None:
    ones, mixed = np.ones(50), np.array([1.0] * 25 + [0.0] * 25)

    assert difference_interval(ones, ones) == (1.0, 1.0)
    low, high = difference_interval(mixed, ones)
    assert low < 0.5 < high
    # a share of one half over 50: half a width of 1.96 * .5 / sqrt(50) = .139
    assert high - low == pytest.approx(0.277, abs=0.05)
