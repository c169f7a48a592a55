"""Tell a person how a run is going: a bar with the pass rate on a terminal, a line now and then in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from evals.records.model import Record
from evals.running.runner import Observer

_SECONDS_BETWEEN_LINES = 5.0
_SHARES = 10
"""Lines of a long run, beside those that come by time."""


class _Tally:
    def __init__(self) -> None:
        self.total = self.done = self.passed = self.errors = 0

    def add(self, record: Record) -> None:
        self.done += 1
        self.passed += record.passed
        self.errors += record.error is not None

    @property
    def rate(self) -> str:
        share = f"{100 * self.passed / self.done:.1f} %" if self.done else "–"
        return f"{share} pass" + (f", {self.errors} errors" if self.errors else "")


class PlainProgress:
    """Lines without control characters."""

    def __init__(self, errors: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Write to ``errors``; ``clock`` counts seconds."""
        self._errors = errors
        self._clock = clock
        self._tally = _Tally()
        self._shown_at = 0.0
        self._shown_share = 0

    def start(self, total: int, done: Sequence[Record]) -> None:
        """Say how much there is to do."""
        self._tally.total = total
        for record in done:
            self._tally.add(record)
        self._shown_at = self._clock()
        self._shown_share = _SHARES * len(done) // total if total else 0
        kept = f", {len(done)} already there" if done else ""
        self._line(f"{total} to ask{kept}")

    def add(self, record: Record) -> None:
        """Count a record, and say so now and then."""
        self._tally.add(record)
        share = _SHARES * self._tally.done // max(self._tally.total, 1)
        if share > self._shown_share or self._clock() - self._shown_at >= _SECONDS_BETWEEN_LINES:
            self._shown_share, self._shown_at = share, self._clock()
            self._line(f"{self._tally.done}/{self._tally.total}  {self._tally.rate}")

    def close(self) -> None:
        """Have nothing to close."""

    def _line(self, text: str) -> None:
        print(f"eval: {text}", file=self._errors, flush=True)


class TerminalProgress:
    """A bar with the running pass rate."""

    def __init__(self, console: Console) -> None:
        """Draw on ``console``."""
        self._tally = _Tally()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
        )
        self._task: TaskID | None = None

    def start(self, total: int, done: Sequence[Record]) -> None:
        """Show the bar."""
        for record in done:
            self._tally.add(record)
        self._bar.start()
        self._task = self._bar.add_task("asking", total=total, completed=len(done), rate=self._tally.rate)

    def add(self, record: Record) -> None:
        """Move the bar."""
        self._tally.add(record)
        if self._task is not None:
            self._bar.update(self._task, completed=self._tally.done, rate=self._tally.rate)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.stop()


def progress_for(errors: TextIO | None = None) -> Observer:
    """Choose by where the error output goes."""
    stream = errors or sys.stderr
    if stream.isatty():
        return TerminalProgress(Console(file=stream))
    return PlainProgress(stream)
