"""The blessed baseline of a suite: what the next run must not fall behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evals.cases.suite import Suite, load_suite
from evals.comparing.sides import BASELINE, FinishedRun, Side, read_side
from evals.counting import counted
from evals.failures import BadSuiteError
from evals.metrics.summary import ALL
from evals.records.folder import SCORES, write_json, write_lines
from evals.records.model import SCHEMA

FOLDER = "baseline"


def suite_of(run: FinishedRun, named: str | None) -> Suite:
    """Give the suite of a run, as it is now.

    Raises ``BadSuiteError`` where it is not found, or its cases have changed since the run.
    """
    there = Path(str(run.about.get("suite_folder", "")))
    suite = load_suite(named or (there if there.parts and there.is_dir() else run.side.suite))
    if suite.hash != run.side.suite_hash:
        raise BadSuiteError(
            f"{run.folder} is a run of other cases than {suite.folder} holds now: "
            f"{run.side.suite} {run.side.suite_hash}, there {suite.name} {suite.hash}.",
            remedy="Run the suite again, or name the right one with --suite.",
        )
    return suite


def baseline_of(suite: Suite) -> Side | None:
    """Give the baseline of a suite, if it has one."""
    folder = suite.folder / FOLDER
    return read_side(folder) if (folder / BASELINE).is_file() else None


def bless(run: FinishedRun, suite: Suite) -> Path:
    """Make a run the baseline of its suite, and give the folder: the same files for the same run.

    Raises ``BadSuiteError`` for a run of some cases only, or one with errors.
    """
    if not run.whole:
        asked = run.summary["suite"]
        raise BadSuiteError(
            f"{run.folder} holds {asked['selected']} of the {counted(asked['cases'], 'case')} of the suite.",
            remedy="Run the suite without --filter.",
        )
    if run.summary["errors"]:
        raise BadSuiteError(
            f"{run.folder} holds errors: {run.summary['errors']}.",
            remedy="The same `kb eval run` command asks them again.",
        )
    folder = suite.folder / FOLDER
    folder.mkdir(exist_ok=True)
    write_lines(folder / SCORES, [case.as_json() for case in run.side.cases.values()])
    write_json(folder / BASELINE, _about(run))
    return folder


def _about(run: FinishedRun) -> dict[str, Any]:
    """Name what was measured, and keep the figures that people read in a diff."""
    metrics = run.summary["metrics"]
    return {
        "schema": SCHEMA,
        "suite": {name: run.summary["suite"][name] for name in ("name", "hash", "cases")},
        "target": run.about["target"],
        "query": run.about["query"],
        "repeat": run.side.repeat,
        "seed": run.side.seed,
        "verdicts": run.summary["verdicts"],
        "metrics": {name: part[ALL] for name, metric in metrics.items() if (part := metric["slices"])},
    }
