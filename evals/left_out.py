"""Measure a fit of the confidence on sets that it has not seen: ``python -m evals.left_out CASES``.

``CASES`` is what ``python -m evals.calibrate --json`` wrote. Each set is judged by a fit on the other sets;
the thresholds are those of the curve that would be shipped. Questions with hidden pages and about other
products are told apart from real ones; headings are only fitted on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from evals.abstention_data import HEADING, HIDDEN_HEADING, OTHER_PRODUCT, REMOVED
from evals.abstention_measures import Values, auroc, calibration_error, calibration_floor
from evals.abstention_sets import BENCHMARK_SETS
from evals.calibrate import KINDS, RIGHT, calibrate, counts, kind_of
from evals.judged import Judged, arrays
from evals.logistic import fit
from evals.server import EvalError

RISKS = (0.1, 0.2)
_COLUMNS = ("wrong", "kept", "refused")


class Left(NamedTuple):
    """One case as a fit without its set sees it."""

    case: Judged
    confidence: float
    given: tuple[bool, ...]
    """Whether it is answered, by ``RISKS``."""


def judge_left_out(judged: Sequence[Judged]) -> list[Left]:
    """Give every case the confidence of a fit that has not seen its set; raises ``EvalError``."""
    kinds = calibrate(judged)["kinds"]
    confidence: dict[int, float] = {}
    for kind in KINDS:
        cases = [case for case in judged if case.drafted and kind_of(case) == kind]
        for name in sorted({case.set for case in cases}):
            seen = [case for case in cases if case.set != name]
            right, weights = arrays(seen)[0], counts(kind, seen)
            fitted = fit([case.signals for case in seen], right, weights, RIGHT[kind])
            unseen = [case for case in cases if case.set == name]
            chances = fitted.chances([case.signals for case in unseen]).tolist()
            confidence |= {id(case): chance for case, chance in zip(unseen, chances, strict=True)}
    return [_left(case, confidence.get(id(case), 0.0), kinds[kind_of(case)]["curve"]) for case in judged]


def _left(case: Judged, confidence: float, curve: Sequence[Mapping[str, float]]) -> Left:
    thresholds = {point["max_risk"]: point["answer_from"] for point in curve}
    return Left(case, confidence, tuple(case.drafted and confidence >= thresholds[risk] for risk in RISKS))


def slices(left: Sequence[Left]) -> dict[str, list[Left]]:
    """Group the cases: benchmark sets, the docs sets by language, and what was made of these."""
    found: dict[str, list[Left]] = {}
    for each in left:
        case = each.case
        if case.kind in {HEADING, HIDDEN_HEADING} and case.set not in BENCHMARK_SETS:
            continue
        if case.set in BENCHMARK_SETS:
            found.setdefault(case.set, []).append(each)
            continue
        across = "across, " if "@" in case.case_id else ""
        made = "made, " if case.kind in {REMOVED, OTHER_PRODUCT} else ""
        found.setdefault(f"{across}{made}docs {case.lang}", []).append(each)
        if not across and not made:
            found.setdefault(f"  {case.set} {case.lang}", []).append(each)
    return dict(sorted(found.items(), key=lambda item: item[0].strip()))


def show(groups: Mapping[str, Sequence[Left]]) -> None:
    """Print what the confidence is worth on each slice, and what an accepted risk gives."""
    heads = "  ".join(f"{f'at {risk}: ' + ', '.join(_COLUMNS):^26}" for risk in RISKS)
    print(f"{'set':<26} {'n':>5} {'AUROC':>6} {'ECE':>6} {'chance':>7}  {heads}")
    for name, cases in groups.items():
        right = np.array([each.case.right for each in cases], dtype=np.float64)
        confidence = np.array([each.confidence for each in cases])
        worth = (
            auroc(right, confidence),
            calibration_error(right, confidence),
            calibration_floor(confidence),
        )
        cells = "  ".join(f"{_setting(cases, right, at):^26}" for at in range(len(RISKS)))
        print(f"{name:<26} {len(cases):>5} {worth[0]:>6.3f} {worth[1]:>6.3f} {worth[2]:>7.3f}  {cells}")


def _setting(cases: Sequence[Left], right: Values, at: int) -> str:
    given = np.array([each.given[at] for each in cases])
    answerable = np.array([each.case.is_answerable for each in cases])
    shares = (1 - right[given], given[answerable], ~given[~answerable])
    return "  ".join(f"{float(share.mean()):.3f}" if share.size else "  –  " for share in shares)


def _read(path: Path) -> list[Judged]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise EvalError(f"{path} cannot be read: {error.strerror}.") from error
    records: list[dict[str, Any]] = [json.loads(line) for line in lines if line.strip()]
    return [Judged(**record) for record in records]


def main() -> int:
    """Read the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path, nargs="+", help="files that evals.calibrate --json wrote")
    options = parser.parse_args()
    try:
        left = judge_left_out([case for path in options.cases for case in _read(path)])
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    show(slices(left))
    return 0


if __name__ == "__main__":
    sys.exit(main())
