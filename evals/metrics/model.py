"""What a measure is, what it is computed from, and how records that ended in an error count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evals.cases.schema import Case
from evals.records.model import Record

Values = dict[str, float]
"""Value of one measure by the id of the case; a case to which it does not apply is absent."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure by name."""

    name: str
    group: str
    better: Literal["higher", "lower"]
    about: str
    """One sentence for reports."""
    share: bool = False
    """Whether each case counts 0 or 1, so that the mean is a share of the cases."""
    weighted: bool = False
    """Whether the weights of the cases count."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A case with its records, one for each repeat."""

    case: Case
    records: tuple[Record, ...]
    product: str = ""

    @property
    def verdict(self) -> str:
        """Give ``pass``, ``fail``, ``error`` (each time), or ``flaky`` where the repeats differ."""
        kinds = {_kind(record) for record in self.records}
        return kinds.pop() if len(kinds) == 1 else "flaky"

    @property
    def cluster(self) -> str:
        """Name what is drawn as one: the cases of a conversation are not independent."""
        return self.case.conversation or self.case.id


def _kind(record: Record) -> str:
    if record.error is not None:
        return "error"
    return "pass" if record.passed else "fail"


def observations(
    cases: Iterable[Case], records: Sequence[Record], products: Mapping[str, str]
) -> list[Observation]:
    """Put the records to their cases; a case without any record is left out."""
    by_case: dict[str, list[Record]] = {}
    for record in records:
        by_case.setdefault(record.case_id, []).append(record)
    return [
        Observation(case, tuple(by_case[case.id]), products.get(case.id, ""))
        for case in cases
        if case.id in by_case
    ]


def averaged(
    observed: Sequence[Observation],
    measure: Callable[[Case, Record], float | None],
    *,
    applies: Callable[[Case], bool] = lambda _: True,
    on_error: float | None = None,
) -> Values:
    """Measure every record and give the mean over the repeats of a case.

    ``applies`` alone decides whether a case is in the denominator, so an error counts as ``on_error``; with
    None (measures of given answers only) it has no value.
    """
    values: Values = {}
    for item in observed:
        if not applies(item.case):
            continue
        found = [
            on_error if record.error is not None else measure(item.case, record) for record in item.records
        ]
        known = [value for value in found if value is not None]
        if known:
            values[item.case.id] = sum(known) / len(known)
    return values
