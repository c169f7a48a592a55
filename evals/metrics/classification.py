"""How well labels are given: precision, recall and F1 of each, and their mean over the labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class LabelScore(NamedTuple):
    """What one label got."""

    precision: float
    recall: float
    f1: float
    support: int
    """How many times it was right to give it."""


def label_scores(pairs: Sequence[tuple[str, str]]) -> dict[str, LabelScore]:
    """Give the scores of each label that was wanted or given; ``pairs`` are (wanted, given).

    >>> label_scores([("a", "a"), ("a", "b"), ("b", "b")])["a"]
    LabelScore(precision=1.0, recall=0.5, f1=0.6666666666666666, support=2)
    """
    wanted, given = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    hits = Counter(first for first, second in pairs if first == second)
    return {
        label: LabelScore(
            hits[label] / given[label] if given[label] else 0.0,
            hits[label] / wanted[label] if wanted[label] else 0.0,
            2 * hits[label] / (wanted[label] + given[label]),
            wanted[label],
        )
        for label in sorted(wanted | given)
    }


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Give the mean F1 over the labels that were wanted or given; NaN of nothing.

    >>> round(macro_f1([("a", "a"), ("a", "b"), ("b", "b")]), 3)
    0.667
    """
    scores = label_scores(pairs)
    return sum(score.f1 for score in scores.values()) / len(scores) if scores else float("nan")
