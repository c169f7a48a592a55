"""Run the cases of a suite side by side, keep each record at once, and go on where a run was cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from evals.cases.schema import Case
from evals.failures import TargetError
from evals.metrics.verdict import verdict
from evals.records.folder import RECORDS, Journal, read_records, write_lines
from evals.records.model import Record
from evals.running.asking import SEARCH_K, Asker, search_k

_LOST_IN_A_ROW = 12
"""Cases that end without a connection, one after another, before the run gives up."""

Key = tuple[str, int]


class Observer(Protocol):
    """Watches a run."""

    def start(self, total: int, done: Sequence[Record]) -> None:
        """Learn how many records there will be, and which are there already."""

    def add(self, record: Record) -> None:
        """See a record that is on the disk."""

    def close(self) -> None:
        """See the end, however the run ends."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked, in this order."""

    cases: tuple[Case, ...]
    repeat: int
    concurrency: int

    @property
    def keys(self) -> list[Key]:
        """Give the record that every case and repeat has to have; the repeats of a case stand together."""
        return [(case.id, repeat) for case in self.cases for repeat in range(self.repeat)]


async def run(plan: Plan, asker: Asker, folder: Path, observer: Observer) -> list[Record]:
    """Ask what is missing in ``folder``, and give all records in the order of the plan.

    Records that an earlier, interrupted run has left count where they ask the same; those that ended in an
    error are asked again. Raises ``TargetError`` when the connection is lost for good, and ``OSError`` when
    the disk does not take a record.
    """
    by_id = {case.id: case for case in plan.cases}
    kept = usable(read_records(folder), by_id, plan)
    observer.start(len(plan.keys), list(kept.values()))
    waiting = [key for key in plan.keys if key not in kept]
    journal = Journal(folder)
    try:
        worker = _Worker(asker, by_id, journal, observer, waiting)
        await _all(plan.concurrency, worker)
    finally:
        journal.close()
        observer.close()
    records = {**kept, **worker.records}
    ordered = [_judged(records[key], by_id[key[0]]) for key in plan.keys]
    write_lines(folder / RECORDS, [record.as_json() for record in ordered])
    return ordered


def usable(records: Sequence[Record], by_id: Mapping[str, Case], plan: Plan) -> dict[Key, Record]:
    """Give the records of an earlier run that answer what the plan asks."""
    return {
        record.key: record
        for record in records
        if record.error is None
        and record.case_id in by_id
        and record.asked_hash == by_id[record.case_id].asked_hash
        and record.repeat < plan.repeat
        and _ranks_far_enough(record, by_id[record.case_id])
    }


def _ranks_far_enough(record: Record, case: Case) -> bool:
    """Tell whether a case that looks further down a ranking than before finds enough of it."""
    passages = record.passages
    return passages is None or len(passages) < SEARCH_K or len(passages) >= search_k(case)


async def _all(concurrency: int, worker: _Worker) -> None:
    tasks = [asyncio.ensure_future(worker.work()) for _ in range(concurrency)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Worker:
    """Takes keys from a shared list until it is empty."""

    def __init__(
        self,
        asker: Asker,
        by_id: Mapping[str, Case],
        journal: Journal,
        observer: Observer,
        waiting: list[Key],
    ) -> None:
        self._asker = asker
        self._by_id = by_id
        self._journal = journal
        self._observer = observer
        self._waiting = waiting[::-1]
        self._lost = 0
        self.records: dict[Key, Record] = {}

    async def work(self) -> None:
        while self._waiting:
            case_id, repeat = self._waiting.pop()
            case = self._by_id[case_id]
            record = _judged(await self._asker.record(case, repeat), case)
            await self._journal.append(record)
            self.records[record.key] = record
            self._observer.add(record)
            self._watch_connection(record)

    def _watch_connection(self, record: Record) -> None:
        lost = record.error is not None and record.error.kind == "connection"
        self._lost = self._lost + 1 if lost else 0
        if self._lost >= _LOST_IN_A_ROW:
            message = record.error.message if record.error else ""
            raise TargetError(
                f"The last {self._lost} cases got no connection: {message}.",
                remedy="Bring the server back and run the same command again: what is answered is kept.",
            )


def _judged(record: Record, case: Case) -> Record:
    record.verdict = verdict(case, record)
    return record
