"""Measure quality on the evaluation data by suites of cases: ``python -m evals.quality``.

Every set becomes a suite whose cases name pages of the data by path. Each suite is run by ``kb eval run`` and
held by ``kb eval gate`` to what must hold on any data; the grounding check is measured on edited sentences.
One table has all sets, English and Korean apart; the same stands in ``quality.md`` and ``quality.json``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.docs_sets import SETS, data_folder
from evals.failures import EXIT_BAD_INPUT, EXIT_FINDINGS, EXIT_INFRASTRUCTURE, EXIT_OK
from evals.grounding import Verdict
from evals.grounding import measure as measure_grounding
from evals.metrics.uncertainty import wilson
from evals.quality_suites import SUITES, Budget, write_suite
from evals.quality_tables import LEAST, Cell, Row, as_records, markdown, means, rows_of
from evals.records.folder import RUN, read_json, write_json, write_text
from evals.server import EvalError, kb_eval

GROUNDING = "grounding"
"""Not a suite: sentences that are edited so that their passage does not say them any more."""
_QUICK_SETS = ("frigate", "obsidian", "portone", "squad_v2_dev", "korquad_abstain", GROUNDING)
_QUICK = Budget(questions=40, passages=300)
_RUN_SECONDS = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of one suite."""

    rows: list[Row]
    passed: bool
    about: Mapping[str, Any]


def measure_suite(name: str, data: Path, work: Path, budget: Budget) -> Measured:
    """Write a suite, run it and hold it against its gate; raises ``EvalError`` where it cannot be run."""
    suite = write_suite(SUITES[name](data, work / "pages", budget), work / "suites" / name)
    run = work / "runs" / name
    asked = (str(suite), "--out", str(run), "--data-dir", str(work / "data"), "--overwrite")
    kb_eval("run", *asked, seconds=_RUN_SECONDS, shows=True)
    allowed = (EXIT_OK, EXIT_FINDINGS)
    gate = kb_eval("gate", str(run), seconds=_RUN_SECONDS, allowed=allowed, shows=True)
    sys.stderr.write(gate.stdout)
    target = read_json(run / RUN)["target"]
    about = {key: target[key] for key in ("server_version", "build", "index_version", "documents")}
    return Measured(rows_of(name, run, any_place=name in SETS), gate.returncode == EXIT_OK, about)


def grounding_rows(verdicts: Sequence[Verdict]) -> list[Row]:
    """Give a row for each language, with the share of flagged sentences of each kind."""
    found = []
    for lang in ("en", "ko"):
        mine = [verdict for verdict in verdicts if verdict.lang == lang]
        kinds = dict.fromkeys(verdict.kind for verdict in mine)
        cells = {kind: _flagged([each for each in mine if each.kind == kind]) for kind in kinds}
        if cells:
            found.append(Row(GROUNDING, lang, cells, {}))
    return found


def _flagged(verdicts: Sequence[Verdict]) -> Cell:
    flagged, n = sum(verdict.is_flagged for verdict in verdicts), len(verdicts)
    return Cell(flagged / n, *wilson(flagged, n), n)


def measure(options: argparse.Namespace, data: Path) -> bool:
    """Measure the sets one by one and write what is known after each; tell whether every gate is open."""
    rows: list[Row] = []
    closed: list[str] = []
    abouts: dict[str, Any] = {}
    budget = Budget(options.questions, options.passages, options.seed)
    for name in options.sets:
        print(f"{name}:", file=sys.stderr, flush=True)
        if name == GROUNDING:
            per_set = 200 if budget.questions is None else budget.questions
            verdicts = measure_grounding(
                data, options.work / name, part="report", per_set=per_set, per_passage=2, seed=budget.seed
            )
            rows += grounding_rows(verdicts)
        else:
            measured = measure_suite(name, data, options.work, budget)
            rows += measured.rows
            abouts[name] = measured.about
            closed += [] if measured.passed else [name]
        shown = [*rows, *means(rows, SETS, "docs, mean of sets")]
        _write(options, shown, abouts, closed)
    sys.stdout.write((options.work / "quality.md").read_text(encoding="utf-8"))
    return not closed


def _write(
    options: argparse.Namespace, rows: Sequence[Row], abouts: Mapping[str, Any], closed: Sequence[str]
) -> None:
    asked = (
        "all questions" if options.questions is None else f"about {options.questions} questions of each set"
    )
    kept = "" if options.passages is None else f", large sets cut to {options.passages} other passages"
    gates = f"The gate fails: {', '.join(closed)}." if closed else "The gate is open in every suite."
    counts = f"A set counts in a mean where {LEAST} of its questions have a value."
    notes = [f"`python -m evals.quality`: {asked}{kept}, seed {options.seed}. {gates} {counts}"]
    write_text(options.work / "quality.md", markdown(rows, notes))
    drawn = {"questions": options.questions, "passages": options.passages, "seed": options.seed}
    content = {"about": drawn | {"suites": abouts, "gates_that_fail": list(closed)}, "rows": as_records(rows)}
    write_json(options.work / "quality.json", content)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder that holds docs/ and retrieval/; default: KB_EVAL_DATA"
    )
    parser.add_argument("--work", type=Path, required=True, help="suites, indexes, runs and tables go here")
    parser.add_argument("--sets", nargs="+", choices=[*SUITES, GROUNDING], help="default: all of them")
    parser.add_argument("--quick", action="store_true", help="a sample of six sets, in minutes")
    parser.add_argument(
        "--questions", type=int, help="ask about so many questions of each set, drawn by --seed"
    )
    parser.add_argument(
        "--passages", type=int, help="keep only so many passages of a large set beside the right ones"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.quick:
        options.questions = options.questions or _QUICK.questions
        options.passages = options.passages or _QUICK.passages
    options.sets = options.sets or list(_QUICK_SETS if options.quick else [*SUITES, GROUNDING])
    return options


def main() -> int:
    """Measure and print; 1 where a gate fails, 2 without data, 3 where a set could not be measured."""
    options = _options()
    try:
        data = data_folder(options.data)
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    try:
        options.work.mkdir(parents=True, exist_ok=True)
        return EXIT_OK if measure(options, data) else EXIT_FINDINGS
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return EXIT_INFRASTRUCTURE


if __name__ == "__main__":
    sys.exit(main())
