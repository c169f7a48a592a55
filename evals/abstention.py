"""Measure when the server answers and when it is silent: ``python -m evals.abstention``.

The docs sets are asked as they are. ``korquad_abstain`` is made from KorQuAD with a quarter of its articles
left out, and Korean small talk. An answer is right where it cites a right page and, in KorQuAD and SQuAD,
holds the gold answer; any answer to a question without one is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from evals.abstention_measures import (
    aurc,
    auroc,
    brier,
    calibration_error,
    calibration_floor,
    coverage_at,
    risk_coverage,
    with_interval,
)
from evals.abstention_sets import ALL_SETS, BENCHMARK_SETS, judge_sets
from evals.calibrate import RIGHT
from evals.docs_sets import data_folder
from evals.intervals import Estimate, share_with_interval
from evals.judged import Judged, arrays
from evals.logistic import fit
from evals.server import EvalError

_RISK = 0.1
_RISKS = (0.05, 0.1, 0.2, 0.3)
_MEASURES = {
    "AUROC": auroc,
    "AURC": aurc,
    "coverage@10%": lambda right, confidence: coverage_at(right, confidence, _RISK),
    "ECE": calibration_error,
    "Brier": brier,
}
_COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_FOLDS = 5
_KEPT = 0.86
"""Share of the answerable questions to keep, at which refusals are told."""

Slices = dict[str, list[Judged]]


def slices(judged: Sequence[Judged]) -> Slices:
    """Group by set, and the docs sets also by the language of the question."""
    found: Slices = {}
    for case in judged:
        names = [case.set] if case.set in BENCHMARK_SETS else [case.set, f"docs {case.lang}"]
        for name in names:
            found.setdefault(name, []).append(case)
    return found


def show_confidence(groups: Slices) -> None:
    """Print what the confidence is worth."""
    print("What the confidence is worth")
    names = "  ".join(f"{name:^20}" for name in _MEASURES)
    print(f"{'set':<18} {'n':>5} {'right':>6}  {names}  ECE by chance")
    for name, cases in groups.items():
        right, confidence = arrays(cases)
        cells = [_cell(with_interval(measure, right, confidence)) for measure in _MEASURES.values()]
        row = "  ".join(f"{cell:<20}" for cell in (*cells, f"{calibration_floor(confidence):.3f}"))
        print(f"{name:<18} {len(cases):>5} {right.mean():>6.3f}  {row}")


def show_setting(groups: Slices) -> None:
    """Print what the server's own setting gives."""
    print("\nAt the setting of the server")
    names = ("wrong of the given", "unanswerable refused", "answerable kept")
    print(f"{'set':<18} {'given':>6}  " + "  ".join(f"{name:^26}" for name in names))
    for name, cases in groups.items():
        columns = (
            [not case.right for case in cases if case.given],
            [not case.given for case in cases if not case.is_answerable],
            [case.given for case in cases if case.is_answerable],
        )
        given = sum(case.given for case in cases) / len(cases)
        cells = [f"{_cell(share_with_interval(values))} n={len(values)}" for values in columns]
        print(f"{name:<18} {given:>6.3f}  " + "  ".join(f"{cell:<26}" for cell in cells))


def show_risks(groups: Slices, risks: Sequence[float]) -> None:
    """Print how many answers are wrong where so much is accepted, and how far that is from the setting."""
    print("\nShare of wrong answers at each accepted risk, minus that risk, and share of questions answered")
    print(f"{'set':<18} " + "  ".join(f"{f'at {risk:g}':^38}" for risk in risks))
    for name, cases in groups.items():
        print(f"{name:<18} " + "  ".join(f"{_at_risk(cases, risk):<38}" for risk in risks))


def _at_risk(cases: Sequence[Judged], risk: float) -> str:
    wrong = [not case.right for case in cases if case.given_at[str(risk)]]
    if not wrong:
        return "nothing answered"
    value = share_with_interval(wrong)
    return f"{_cell(value)} {value.mean - risk:+.3f} of {len(wrong) / len(cases):.3f}"


def show_reasons(groups: Slices) -> None:
    """Print why questions were refused at the setting of the server, with and without an answer."""
    print("\nWhy questions were refused at that setting")
    for name, cases in groups.items():
        for asked, wanted in (("answerable", True), ("unanswerable", False)):
            reasons = Counter(
                case.reason for case in cases if not case.given and case.is_answerable == wanted
            )
            told = ", ".join(f"{reason or 'asked back'} {count}" for reason, count in reasons.most_common())
            print(f"{name:<18} {asked:<13} {told or 'none'}")


def show_curves(groups: Slices) -> None:
    """Print the risk of answering the surest part of the questions."""
    print("\nShare of wrong answers when the surest part of the questions is answered")
    print(f"{'set':<18} " + " ".join(f"{coverage:>6.0%}" for coverage in _COVERAGES))
    for name, cases in groups.items():
        points = risk_coverage(*arrays(cases))
        risks = [next(p.risk for p in points if p.coverage >= coverage - 1e-9) for coverage in _COVERAGES]
        print(f"{name:<18} " + " ".join(f"{risk:>6.3f}" for risk in risks))


def show_answerability(name: str, cases: Sequence[Judged]) -> None:
    """Print what the signals of the shipped confidence tell of answerability, fitted on other folds."""
    known = [case for case in cases if case.drafted]
    answerable = np.array([case.is_answerable for case in known], dtype=np.float64)
    fold = np.random.default_rng(0).permutation(len(known)) % _FOLDS
    chance = np.zeros(len(known))
    for out in range(_FOLDS):
        seen = [case.signals for case, at in zip(known, fold, strict=True) if at != out]
        unseen = [case.signals for case, at in zip(known, fold, strict=True) if at == out]
        fitted = fit(seen, answerable[fold != out], np.ones(len(seen)), RIGHT["en"])
        chance[fold == out] = fitted.chances(unseen)
    refused = share_with_interval((chance[answerable == 0] < 0.5).tolist())  # noqa: PLR2004
    kept = share_with_interval((chance[answerable == 1] >= 0.5).tolist())  # noqa: PLR2004
    print(f"\n{name}: answerable or not, {_FOLDS}-fold on the set itself, n={len(known)}")
    print(f"AUROC {auroc(answerable, chance):.3f}, refused {_cell(refused)}, kept {_cell(kept)}")
    lowest = np.quantile(chance[answerable == 1], 1 - _KEPT)
    at_kept = share_with_interval((chance[answerable == 0] < lowest).tolist())
    print(f"Where {_KEPT:.0%} of the answerable are kept: refused {_cell(at_kept)}")


def _cell(value: Estimate) -> str:
    return f"{value.mean:.3f} [{value.low:.3f},{value.high:.3f}]"


def main() -> int:
    """Measure the named sets and print the tables; ``--json`` also writes every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=list(ALL_SETS), help="docs or benchmark sets")
    parser.add_argument(
        "--work", type=Path, help="keep the indexes here, so that a second run need not encode"
    )
    parser.add_argument("--queries", type=int, help="ask so many questions of each benchmark set")
    parser.add_argument(
        "--risks",
        nargs="*",
        type=float,
        default=_RISKS,
        help="accepted risks at which everything is asked too",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write every case to this file")
    options = parser.parse_args()
    try:
        data = data_folder(options.data)
        with tempfile.TemporaryDirectory() as scratch:
            work = options.work or Path(scratch)
            judged = judge_sets(
                data,
                work,
                options.sets,
                seed=options.seed,
                mixed=False,
                queries=options.queries,
                risks=options.risks,
            )
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    if options.json:
        options.json.write_text(
            json.dumps([asdict(case) for case in judged], ensure_ascii=False), encoding="utf-8"
        )
    groups = slices(judged)
    show_confidence(groups)
    show_setting(groups)
    if options.risks:
        show_risks(groups, options.risks)
    show_reasons(groups)
    show_curves(groups)
    if "clapnq_dev" in groups:
        show_answerability("clapnq_dev", groups["clapnq_dev"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
