"""What every report tells of a run: its cases, the rules of its gate, and what changed since another run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.comparing.comparison import Comparison, compare
from evals.comparing.sides import FinishedRun, Side, read_run, read_side
from evals.failures import BadSuiteError
from evals.gating.baseline import baseline_of, suite_of
from evals.gating.rules import Outcome, judge
from evals.metrics.model import Observation


@dataclass(frozen=True, slots=True)
class Content:
    """What is reported."""

    run: FinishedRun
    outcomes: Sequence[Outcome]
    """Rules of the gate; empty where the suite of the run is not there or has changed."""
    comparison: Comparison | None
    no_gate: str = ""
    """Why the gate was not asked."""

    @property
    def closed(self) -> bool:
        """Tell whether a rule of the gate fails."""
        return any(not outcome.passed for outcome in self.outcomes)


def read_content(folder: Path, *, against: Path | None, suite: str | None) -> Content:
    """Read what is reported of a run; compared with ``against``, else with the baseline of its suite."""
    run = read_run(folder)
    other: Side | None = read_side(against) if against is not None else None
    outcomes: Sequence[Outcome] = ()
    no_gate = ""
    try:
        found = suite_of(run, suite)
        baseline = baseline_of(found)
        outcomes = judge(run, found.config, baseline)
        other = other or baseline
    except BadSuiteError as error:
        if suite is not None:
            raise
        no_gate = error.message
    comparison = compare(other, run.side, seed=run.side.seed) if other is not None else None
    return Content(run, outcomes, comparison, no_gate)


def broken(item: Observation) -> list[str]:
    """List the expectations that a case broke, each once, whatever the repeat."""
    texts = [
        f"{check.name}: {check.detail}"
        for record in item.records
        for check in (record.verdict.checks if record.verdict else ())
        if not check.passed
    ]
    return list(dict.fromkeys(texts))


def repeats(item: Observation) -> str:
    """Say how many repeats passed, where a case was asked more than once."""
    passed = sum(record.passed for record in item.records)
    return f"passed {passed} of {len(item.records)} times" if len(item.records) > 1 else ""
