"""Whether a system answers when it should, and whether its confidence tells.

Pooled measures belong to many answers together: they have no value for one case, only for a slice. Those of
right and wrong answers look at the given answers alone; to see the whole curve, run with ``max_risk = 1``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from evals.cases.schema import Case
from evals.metrics.answer import rightness
from evals.metrics.model import Metric, Observation, Values, averaged
from evals.metrics.selective import (
    Array,
    augrc,
    aurc,
    auroc,
    brier,
    calibration_error,
    coverage_at,
    e_aurc,
)
from evals.metrics.uncertainty import Draws, Estimate, edges
from evals.records.model import Record

_RISK = 0.1

METRICS = (
    Metric("status_accuracy", "abstention", "higher", "The status is one that the case expects.", share=True),
    Metric("abstain_recall", "abstention", "higher", "A question without an answer is refused.", share=True),
    Metric("over_abstention", "abstention", "lower", "An answerable question gets no answer.", share=True),
    Metric("wrong_answers", "abstention", "lower", "A given answer is wrong.", share=True),
)


@dataclass(frozen=True, slots=True)
class Pooled:
    """A measure of many answers: of what, and how."""

    metric: Metric
    sample: Callable[[Case, Record], tuple[float, float] | None]
    """What a record brings: right (1) or wrong (0), and its confidence."""
    measure: Callable[[Array, Array, Array], Array]


def values(observed: Sequence[Observation]) -> dict[str, Values]:
    """Give every measure of refusals and answers."""
    return {
        "status_accuracy": averaged(
            observed, _status, applies=lambda case: bool(case.expect.status), on_error=0.0
        ),
        "abstain_recall": averaged(
            observed, _refused, applies=lambda case: case.answerability == "unanswerable", on_error=0.0
        ),
        "over_abstention": averaged(
            observed, _refused, applies=lambda case: case.answerability == "answerable", on_error=1.0
        ),
        "wrong_answers": averaged(observed, _wrong),
    }


def _status(case: Case, record: Record) -> float | None:
    return None if record.reply is None else float(record.reply.status in case.expect.status)


def _refused(_: Case, record: Record) -> float | None:
    return None if record.reply is None else float(not record.reply.answers)


def _wrong(case: Case, record: Record) -> float | None:
    right = rightness(case, record)
    return None if right is None else float(not right)


def confusion(observed: Sequence[Observation]) -> dict[str, dict[str, int]]:
    """Count records by what the case asks for and what came: a status, or ``error``."""
    counts: dict[str, dict[str, int]] = {}
    for item in observed:
        row = counts.setdefault(item.case.answerability, {})
        for record in item.records:
            came = record.reply.status if record.reply else "error"
            row[came] = row.get(came, 0) + 1
    return counts


def _judged(case: Case, record: Record) -> tuple[float, float] | None:
    right = rightness(case, record)
    if right is None or record.reply is None or record.reply.confidence is None:
        return None
    return float(right), record.reply.confidence


def _answerable(case: Case, record: Record) -> tuple[float, float] | None:
    if case.answerability not in {"answerable", "unanswerable"} or record.reply is None:
        return None
    confidence = record.reply.confidence
    return None if confidence is None else (float(case.answerability == "answerable"), confidence)


def _pooled(
    metric: Metric,
    measure: Callable[[Array, Array, Array], Array],
    sample: Callable[[Case, Record], tuple[float, float] | None] = _judged,
) -> Pooled:
    return Pooled(metric, sample, measure)


_GROUP = "confidence"
POOLED = (
    _pooled(Metric("auroc", _GROUP, "higher", "A right answer is surer than a wrong one."), auroc),
    _pooled(
        Metric("auroc_answerable", _GROUP, "higher", "An answerable question is surer than another."),
        auroc,
        _answerable,
    ),
    _pooled(Metric("aurc", _GROUP, "lower", "Mean share of wrong answers over all coverages."), aurc),
    _pooled(Metric("e_aurc", _GROUP, "lower", "What AURC lacks to the best order."), e_aurc),
    _pooled(Metric("augrc", _GROUP, "lower", "Mean share of wrong answers among all, given or not."), augrc),
    _pooled(
        Metric("coverage_at_risk_10", _GROUP, "higher", "Share of answers to give with 10 % wrong."),
        partial(coverage_at, _RISK),
    ),
    _pooled(
        Metric("ece", _GROUP, "lower", "Distance of confidence and rightness, in bins."), calibration_error
    ),
    _pooled(Metric("brier", _GROUP, "lower", "Mean squared distance of confidence and rightness."), brier),
)


class Samples(NamedTuple):
    """The records that a pooled measure looks at, in the order of their ids."""

    cases: list[str]
    right: Array
    confidence: Array


def samples(
    observed: Sequence[Observation], sample: Callable[[Case, Record], tuple[float, float] | None]
) -> Samples:
    """Give the case, rightness and confidence of every record that has them."""
    found = [
        (item.case.id, record.repeat, pair)
        for item in observed
        for record in item.records
        if (pair := sample(item.case, record)) is not None
    ]
    found.sort(key=lambda row: row[:2])
    return Samples(
        [case for case, *_ in found],
        np.array([pair[0] for *_, pair in found]),
        np.array([pair[1] for *_, pair in found]),
    )


class PooledMeasures:
    """All pooled measures of a run, for any slice of it."""

    def __init__(self, observed: Sequence[Observation], draws: Draws) -> None:
        """Look at every record once."""
        self._samples = {sample: samples(observed, sample) for sample in {kind.sample for kind in POOLED}}
        self._draws = draws

    def estimates(self, inside: AbstractSet[str]) -> dict[str, Estimate]:
        """Give every measure of the cases ``inside`` with its interval; one that is not defined is None."""
        found: dict[str, Estimate] = {}
        narrowed = {sample: _narrowed(every, inside) for sample, every in self._samples.items()}
        columns = {sample: self._draws.columns(part.cases) for sample, part in narrowed.items()}
        for kind in POOLED:
            part = narrowed[kind.sample]
            found[kind.metric.name] = _estimate(kind, part, columns[kind.sample])
        return found


def _narrowed(every: Samples, inside: AbstractSet[str]) -> Samples:
    rows = [at for at, case in enumerate(every.cases) if case in inside]
    return Samples([every.cases[at] for at in rows], every.right[rows], every.confidence[rows])


def _estimate(kind: Pooled, part: Samples, columns: Array) -> Estimate:
    count = len(part.cases)
    if not count:
        return Estimate(None, 0)
    value = float(kind.measure(part.right, part.confidence, np.ones((1, count)))[0])
    if not np.isfinite(value):
        return Estimate(None, count)
    return Estimate(value, count, *edges(kind.measure(part.right, part.confidence, columns)))
