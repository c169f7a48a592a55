"""Points of the plots of a report: what a confidence was worth, answer by answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evals.metrics.answer import rightness
from evals.metrics.model import Observation

BINS = 10


class Judged(NamedTuple):
    """A given answer: its confidence, and whether it was right."""

    confidence: float
    right: bool


class Bar(NamedTuple):
    """Answers of one tenth of the confidences."""

    low: float
    right: int
    wrong: int
    refused: int


def judged(observed: Sequence[Observation]) -> list[Judged]:
    """Give every answer that has a confidence and can be judged, the surest first."""
    found = [
        Judged(record.reply.confidence, right)
        for item in observed
        for record in item.records
        if record.reply is not None
        and record.reply.confidence is not None
        and (right := rightness(item.case, record)) is not None
    ]
    return sorted(found, key=lambda each: -each.confidence)


def risk_coverage(answers: Sequence[Judged]) -> list[tuple[float, float]]:
    """Give coverage and share of wrong answers above each confidence; equal ones belong together.

    >>> risk_coverage([Judged(0.9, True), Judged(0.5, False)])
    [(0.5, 0.0), (1.0, 0.5)]
    """
    points = []
    wrong = 0
    for count, answer in enumerate(answers, start=1):
        wrong += not answer.right
        if count == len(answers) or answers[count].confidence != answer.confidence:
            points.append((count / len(answers), wrong / count))
    return points


def reliability(answers: Sequence[Judged]) -> list[tuple[float, float, int]]:
    """Give mean confidence, share of right answers and count of up to ten bins of equal size.

    >>> reliability([Judged(0.75, True), Judged(0.25, False)])
    [(0.25, 0.0, 1), (0.75, 1.0, 1)]
    """
    ordered = answers[::-1]
    count = min(BINS, len(ordered))
    bins = [ordered[len(ordered) * at // count : len(ordered) * (at + 1) // count] for at in range(count)]
    return [
        (
            sum(each.confidence for each in part) / len(part),
            sum(each.right for each in part) / len(part),
            len(part),
        )
        for part in bins
    ]


def histogram(observed: Sequence[Observation]) -> list[Bar]:
    """Count right, wrong and refused answers by tenths of the confidence, but for what cannot be judged."""
    counts = [[0, 0, 0] for _ in range(BINS)]
    for item in observed:
        for record in item.records:
            if record.reply is None or record.reply.confidence is None:
                continue
            right = rightness(item.case, record)
            if right is None and record.reply.answers:
                continue
            kind = 2 if right is None else int(not right)
            counts[min(BINS - 1, max(0, int(record.reply.confidence * BINS)))][kind] += 1
    return [Bar(at / BINS, *count) for at, count in enumerate(counts)]
