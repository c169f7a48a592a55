import math

import pytest

from evals.intervals import (
    difference_of_means,
    mean_over_groups,
    mean_with_interval,
    paired_difference,
    percentile_with_interval,
)


def test_the_interval_holds_the_mean_and_narrows_with_more_questions():
    few = mean_with_interval([0.0, 1.0] * 5)
    many = mean_with_interval([0.0, 1.0] * 500)

    assert few.low <= few.mean <= few.high
    assert many.high - many.low < few.high - few.low


def test_the_interval_of_a_share_is_as_wide_as_its_standard_error_says():
    # 100 yes of 400: standard error sqrt(.25 * .75 / 400) = .02165, 95 % is 1.96 of them to either side.
    share = mean_with_interval([1.0] * 100 + [0.0] * 300)

    assert share.mean == 0.25
    assert share.high - share.low == pytest.approx(2 * 1.96 * 0.02165, rel=0.08)


def test_the_ends_of_a_percentile_are_values_around_it():
    # Of 20 values one is above p95: its upper end is the largest value, however far off that is.
    latencies = [10.0 * number for number in range(1, 20)] + [9000.0]
    p50, p95 = percentile_with_interval(latencies, 50), percentile_with_interval(latencies, 95)

    assert (p50.low, p50.mean, p50.high) == (60.0, 105.0, 150.0)
    assert (p95.low, p95.high) == (180.0, 9000.0)
    assert percentile_with_interval([7.0], 95) == (7.0, 7.0, 7.0)


def test_nothing_measured_is_not_a_number():
    assert all(map(math.isnan, mean_with_interval([])))
    assert all(map(math.isnan, percentile_with_interval([], 95)))
    assert all(map(math.isnan, difference_of_means([], [1.0])))


def test_each_set_counts_once_however_many_questions_it_has():
    # Pooled, the mean would be 91 / 101.
    over_sets = mean_over_groups([[1.0] * 90 + [0.0] * 10, [1.0], []])

    assert over_sets.mean == pytest.approx((0.9 + 1.0) / 2)
    assert over_sets.high <= 1.0


def test_paired_differences_are_taken_question_by_question():
    # Shared: a +1, b -.5, c 0; d and e have no partner.
    first = {"a": 1.0, "b": 0.5, "c": 1.0, "d": 1.0}
    second = {"a": 0.0, "b": 1.0, "c": 1.0, "e": 1.0}

    n, gap = paired_difference(first, second)

    assert n == 3
    assert gap.mean == pytest.approx(0.5 / 3)
    assert -0.5 <= gap.low < gap.high <= 1.0


def test_a_constant_gain_is_certain_when_paired_and_not_when_the_samples_are_independent():
    before = {str(n): float(n % 2) / 2 for n in range(50)}
    after = {query_id: value + 0.25 for query_id, value in before.items()}

    _, paired = paired_difference(after, before)
    independent = difference_of_means(list(after.values()), list(before.values()))

    assert paired == pytest.approx((0.25, 0.25, 0.25))
    assert independent.mean == pytest.approx(0.25)
    assert independent.high - independent.low > 0.1
