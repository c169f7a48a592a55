"""Fit what confidence is estimated with: ``python -m evals.calibrate --out confidence.json``.

Every case is asked over HTTP with ``explain``; the signals of the drafted answer and whether it was right are
all that the fit sees. The curve that maps the accepted risk to a threshold comes from confidences of cases
whose product, or whose tenth of a benchmark set, was left out of the fit.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.abstention_data import HEADING, HIDDEN_HEADING, OTHER_PRODUCT, REMOVED, SMALL_TALK
from evals.abstention_measures import Values, auroc, calibration_error
from evals.abstention_sets import ALL_SETS, BENCHMARK_SETS, judge_sets
from evals.docs_sets import data_folder
from evals.judged import Judged, arrays, write_judged
from evals.logistic import curve, fit
from evals.server import EvalError

KINDS = ("en", "ko", "cross")
RIGHT = {
    "en": ("likeness", "meaning_lead", "own_share", "page_coverage", "unrivalled", "said", "familiar"),
    "ko": ("apart", "page_lead", "words", "weight", "unrivalled", "named", "familiar", "titled"),
    "cross": ("page_lead", "own_share", "words", "page_coverage"),
}
"""Signals of each kind's confidence; chosen by the likelihood of sets that were left out of the fit."""
SCOPE = {
    "en": ("cosine", "known", "weight"),
    "ko": ("cosine", "known", "weight"),
    "cross": ("cosine", "known"),
}
_MADE = {
    "en": {REMOVED: 0.05, OTHER_PRODUCT: 0.05},
    "ko": {REMOVED: 0.05, OTHER_PRODUCT: 0.05},
    "cross": {REMOVED: 0.06, OTHER_PRODUCT: 0.03},
}
"""What the made cases of a docs set count beside its real questions, of which about a twelfth has no answer:
as much as gives nearly a tenth more. The more they count, the oftener real answers are right beyond what
is said."""
_HEADINGS = {HEADING: 0.2, HIDDEN_HEADING: 0.1}
"""What headings count. They are only fitted on: easier than questions, they would lower the curve."""
_DOCS_SHARE = 3.0
"""What all docs sets together count beside one benchmark set."""


def kind_of(case: Judged) -> str:
    """Give the kind of confidence that judges a case: ``cross``, or the language of the question."""
    return "cross" if case.cross else case.lang


def counts(kind: str, cases: Sequence[Judged]) -> Values:
    """Give what each case counts, shape (n,): a set as much as another, whatever its size."""
    made = _MADE[kind] | _HEADINGS
    each = np.array([1.0 if case.set in BENCHMARK_SETS else made.get(case.kind, 1.0) for case in cases])
    group = np.array([case.set if case.set in BENCHMARK_SETS else "docs" for case in cases])
    for name in np.unique(group):
        each[group == name] *= (_DOCS_SHARE if name == "docs" else 1.0) / each[group == name].sum()
    return np.asarray(each * len(cases) / each.sum())


def held_out(cases: Sequence[Judged], weights: Values, names: Sequence[str]) -> Values:
    """Give the confidence of every case by a fit that has not seen its fold, shape (n,)."""
    right = arrays(cases)[0]
    folds = np.array([case.fold.rpartition("/")[2] for case in cases])
    confidence = np.zeros(len(cases))
    for fold in np.unique(folds):
        out = folds == fold
        seen, unseen = _signals(cases, ~out), _signals(cases, out)
        confidence[out] = fit(seen, right[~out], weights[~out], names).chances(unseen)
    return confidence


def _signals(cases: Sequence[Judged], chosen: NDArray[np.bool_]) -> list[Mapping[str, float]]:
    return [case.signals for case, is_chosen in zip(cases, chosen.tolist(), strict=True) if is_chosen]


def calibrate(judged: Sequence[Judged]) -> dict[str, Any]:
    """Fit all kinds and give the content of a confidence file."""
    kinds, about = {}, {}
    for kind in KINDS:
        cases = [case for case in judged if kind_of(case) == kind and case.drafted]
        if len({case.right for case in cases}) != 2:  # noqa: PLR2004 - right and wrong
            raise EvalError(f"The {kind!r} cases are not of both sorts, right and wrong: add questions.")
        kinds[kind], about[kind] = _fitted(kind, cases)
    return {"provenance": {"command": "python -m evals.calibrate", "fit": about}, "kinds": kinds}


def _fitted(kind: str, cases: Sequence[Judged]) -> tuple[dict[str, Any], dict[str, Any]]:
    right, weights = arrays(cases)[0], counts(kind, cases)
    signals = [case.signals for case in cases]
    confidence = held_out(cases, weights, RIGHT[kind])
    asked = np.array([case.kind not in _HEADINGS for case in cases])
    in_scope = np.array([case.kind not in {SMALL_TALK, OTHER_PRODUCT} for case in cases], dtype=np.float64)
    balanced = np.where(in_scope > 0, 1 / max(in_scope.sum(), 1), 1 / max((1 - in_scope).sum(), 1))
    content = {
        "right": fit(signals, right, weights, RIGHT[kind]).content(),
        "in_scope": fit(signals, in_scope, balanced, SCOPE[kind]).content(),
        "curve": curve(right[asked], confidence[asked], weights[asked]),
    }
    return content, {
        "sets": sorted({case.set for case in cases}),
        "cases": dict(Counter(case.kind for case in cases)),
        "right": round(float(right.mean()), 3),
        "held_out_auroc": round(auroc(right[asked], confidence[asked]), 3),
        "held_out_calibration_error": round(calibration_error(right[asked], confidence[asked]), 3),
    }


def main() -> int:
    """Ask, fit, and write the confidence file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=list(ALL_SETS), help="docs or benchmark sets")
    parser.add_argument(
        "--work", type=Path, help="keep the indexes here, so that a second run need not encode"
    )
    parser.add_argument("--queries", type=int, help="ask so many questions of each benchmark set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="write the confidence file here")
    parser.add_argument("--json", type=Path, help="also write every case to this file, one a line")
    options = parser.parse_args()
    try:
        data = data_folder(options.data)
        with tempfile.TemporaryDirectory() as scratch:
            work = options.work or Path(scratch)
            judged = judge_sets(
                data, work, options.sets, seed=options.seed, mixed=True, queries=options.queries
            )
        if options.json:
            write_judged(options.json, judged)
        content = calibrate(judged)
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    options.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for kind, about in content["provenance"]["fit"].items():
        print(f"{kind:<6} {about}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
