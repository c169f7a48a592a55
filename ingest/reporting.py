"""Tell a person how an ingest is going: a bar on a terminal, lines in a pipe, or nothing but trouble."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ingest.report import FileWarning, FlaggedPlace, IngestReport
from ingest.summary import summary_of

SECONDS_BETWEEN_LINES = 5.0


class Reporter(Protocol):
    """Where an ingest sends its news; every call is cheap and none may fail the run."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` steps of ``stage`` are behind us."""

    def note(self, line: str) -> None:
        """Show what is good to know while a person looks on."""

    def trouble(self, line: object) -> None:
        """Show what the user must see in every mode."""

    def warn(self, warning: FileWarning | FlaggedPlace) -> None:
        """Show a hint for writers."""

    def finish(self, report: IngestReport) -> None:
        """Close the display and print the summary."""

    def close(self) -> None:
        """Close the display without a summary."""


class QuietReporter:
    """For ``--json``: only trouble, on ``errors``."""

    def __init__(self, errors: TextIO) -> None:
        """Write trouble to ``errors``."""
        self._errors = errors

    def progress(self, stage: str, done: int, total: int) -> None:
        """Say nothing."""

    def note(self, line: str) -> None:
        """Say nothing."""

    def trouble(self, line: object) -> None:
        """Print ``line``."""
        print(line, file=self._errors, flush=True)

    def warn(self, warning: FileWarning | FlaggedPlace) -> None:
        """Say nothing: the report counts warnings and lists flagged places."""

    def finish(self, report: IngestReport) -> None:
        """Say nothing: the caller prints the report as JSON."""

    def close(self) -> None:
        """Have nothing to close."""


class PlainReporter:
    """Lines without control characters, for pipes and logs."""

    def __init__(self, errors: TextIO, output: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Write progress and trouble to ``errors``, the summary to ``output``; ``clock`` counts seconds."""
        self._errors = errors
        self._output = output
        self._clock = clock
        self._stage = ""
        self._started = self._printed = 0.0

    def progress(self, stage: str, done: int, total: int) -> None:
        """Print a line when a stage begins and ends, and every five seconds between."""
        now = self._clock()
        begins = stage != self._stage
        if begins:
            self._stage, self._started = stage, now
        if begins or done >= total or now - self._printed >= SECONDS_BETWEEN_LINES:
            self._printed = now
            pace = pace_of(done, total, now - self._started)
            print(f"{stage}: {done}/{total}{pace}", file=self._errors, flush=True)

    def note(self, line: str) -> None:
        """Print ``line``."""
        print(line, file=self._errors, flush=True)

    def trouble(self, line: object) -> None:
        """Print ``line``."""
        print(line, file=self._errors, flush=True)

    def warn(self, warning: FileWarning | FlaggedPlace) -> None:
        """Print the warning."""
        print(warning, file=self._errors, flush=True)

    def finish(self, report: IngestReport) -> None:
        """Print the summary."""
        for line in summary_of(report):
            print(line, file=self._output, flush=True)

    def close(self) -> None:
        """Have nothing to close."""


class TerminalReporter:
    """A progress bar with rate and remaining time."""

    def __init__(self, errors: Console, output: Console) -> None:
        """Draw the bar on ``errors``, print the summary on ``output``."""
        self._errors = errors
        self._output = output
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def progress(self, stage: str, done: int, total: int) -> None:
        """Move the bar of ``stage``."""
        if self._bar is None:
            self._bar = Progress(
                TextColumn("{task.description:<10}"),
                BarColumn(),
                MofNCompleteColumn(),
                _RateColumn(),
                TimeRemainingColumn(compact=True),
                console=self._errors,
                transient=True,
            )
            self._bar.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._bar.add_task(stage, total=total)
        self._bar.update(self._tasks[stage], completed=done, total=total)

    def note(self, line: str) -> None:
        """Print ``line`` above the bar."""
        self._errors.print(Text(line, style="dim"), soft_wrap=True)

    def trouble(self, line: object) -> None:
        """Print ``line`` above the bar."""
        self._errors.print(Text(str(line), style="red"), soft_wrap=True)

    def warn(self, warning: FileWarning | FlaggedPlace) -> None:
        """Print the warning above the bar."""
        self._errors.print(Text(str(warning), style="yellow"), soft_wrap=True)

    def finish(self, report: IngestReport) -> None:
        """Remove the bar and print the summary."""
        self.close()
        for line in summary_of(report):
            self._output.print(Text(line), soft_wrap=True)

    def close(self) -> None:
        """Remove the bar, so that the next text starts on a clean line."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            self._tasks.clear()


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f}/s", style="progress.data.speed")


def pace_of(done: int, total: int, seconds: float) -> str:
    """Give rate and remaining time, or nothing while nothing is known.

    >>> pace_of(100, 300, 10.0)
    ' (10/s, 20 s left)'
    >>> pace_of(300, 300, 10.0)
    ' (30/s)'
    >>> pace_of(0, 300, 0.0)
    ''
    """
    if done <= 0 or seconds < 1:
        return ""
    rate = done / seconds
    left = f", {(total - done) / rate:.0f} s left" if done < total else ""
    return f" ({rate:.0f}/s{left})"
