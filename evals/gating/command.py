"""``kb eval gate`` and ``kb eval bless``: from a folder to an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from evals.comparing.sides import FinishedRun, read_run, read_side
from evals.counting import counted
from evals.failures import EXIT_FINDINGS, EXIT_OK
from evals.gating.baseline import baseline_of, bless, suite_of
from evals.gating.rules import Outcome, judge


def gate_command(folder: Path, *, suite: str | None, baseline: Path | None, as_json: bool) -> int:
    """Print every rule of the gate of a suite and what became of it; 1 when one fails."""
    run = read_run(folder)
    found = suite_of(run, suite)
    against = read_side(baseline) if baseline is not None else baseline_of(found)
    outcomes = judge(run, found.config, against)
    passed = all(outcome.passed for outcome in outcomes)
    if as_json:
        about = {"suite": found.name, "folder": str(folder), "passed": passed}
        content = about | {"cases": run.summary["suite"], "rules": [asdict(each) for each in outcomes]}
        sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(lines(run, outcomes)) + "\n")
    return EXIT_OK if passed else EXIT_FINDINGS


def lines(run: FinishedRun, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Give the outcome as lines for a terminal, what failed last."""
    for outcome in sorted(outcomes, key=lambda each: not each.passed):
        yield f"{word(outcome):<7} {outcome.rule}: {outcome.detail}"
    failed = sum(not outcome.passed for outcome in outcomes)
    asked = run.summary["suite"]
    some = "" if run.whole else f" ({asked['selected']} of {counted(asked['cases'], 'case')})"
    yield ""
    yield f"{run.side.suite}{some}: " + (
        counted(failed, "rule fails", "rules fail") if failed else "the gate is open"
    )


def word(outcome: Outcome) -> str:
    """Name the outcome of a rule in one word.

    >>> word(Outcome("rule", passed=False, detail=""))
    'FAIL'
    """
    if outcome.skipped:
        return "skipped"
    return "ok" if outcome.passed else "FAIL"


def bless_command(folder: Path, *, suite: str | None, as_json: bool) -> int:
    """Make a run the baseline of its suite."""
    run = read_run(folder)
    written = bless(run, suite_of(run, suite))
    if as_json:
        sys.stdout.write(json.dumps({"baseline": str(written), "suite": run.side.suite}) + "\n")
    else:
        cases = counted(len(run.side.cases), "case is", "cases are")
        sys.stdout.write(f"{run.side.suite}: {cases} the baseline in {written}\n")
    return EXIT_OK
