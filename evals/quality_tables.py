"""One row for each set and language of a quality run, and the tables of them as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.grounding import VERBATIM
from evals.grounding_data import PARAPHRASE
from evals.grounding_edits import EDITORS
from evals.intervals import Estimate, mean_over_groups
from evals.records.folder import SCORES, SUMMARY, read_json

_TAG = "tag:"
LANGUAGES = ("en", "ko", "ko-en", "en-ko")
LEAST = 5
"""Questions with a value that a set needs to count in a mean."""
_OF_ALL_PLACES = frozenset({"ndcg_at_10", "recall_at_5", "recall_at_10"})
"""They miss whatever of the right places is not found: wrong where any one of them will do."""

TABLES: Mapping[str, Mapping[str, str]] = {
    "Retrieval": {
        "right page first": "success_at_1",
        "among five": "success_at_5",
        "RR@10": "rr_at_10",
        "nDCG@10": "ndcg_at_10",
        "R@10": "recall_at_10",
    },
    "Answers and their sources": {
        "right page cited": "cites_right_place",
        "facts": "nuggets_all",
        "content recall": "content_recall",
        "RougeL": "rouge_l",
        "claims that hold": "groundedness",
        "citation recall": "citation_recall",
        "citation precision": "citation_precision",
        "quotes that stand": "citation_integrity",
        "right language": "language_match",
    },
    "Refusals": {
        "refused without an answer": "abstain_recall",
        "refused with one": "over_abstention",
        "wrong of the given": "wrong_answers",
        "truthfulness": "truthfulness",
        "AUROC of answerable": "auroc_answerable",
        "ECE": "ece",
    },
    "Sentences that the grounding check flags": {kind: kind for kind in (*EDITORS, PARAPHRASE, VERBATIM)},
}
"""Columns of each table and the measure behind each; the manual describes the measures."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with its 95 % interval over ``n`` questions."""

    value: float
    low: float | None
    high: float | None
    n: int

    def __str__(self) -> str:
        """Give it for a table.

        >>> str(Cell(0.5, 0.25, 0.75, 8))
        '.50 [.25, .75] n=8'
        """
        interval = (
            "" if self.low is None or self.high is None else f" [{_short(self.low)}, {_short(self.high)}]"
        )
        return f"{_short(self.value)}{interval} n={self.n}"


def _short(value: float) -> str:
    text = f"{value:.2f}"
    return text[1:] if text.startswith("0.") else text.replace("-0.", "-.")


@dataclass(frozen=True, slots=True)
class Row:
    """What one set got in one language."""

    set: str
    lang: str
    cells: Mapping[str, Cell]
    """By measure."""
    values: Mapping[str, Sequence[float]]
    """Of each question, for means over sets."""


def rows_of(name: str, run: Path, *, any_place: bool) -> list[Row]:
    """Read a finished run; one row for each language, or pair of languages, that it asks in.

    With ``any_place``, each of the places that a case names is as good as all of them.
    """
    left_out = _OF_ALL_PLACES if any_place else frozenset()
    metrics = read_json(run / SUMMARY)["metrics"]
    lines = [json.loads(line) for line in (run / SCORES).read_text(encoding="utf-8").splitlines()]
    found = []
    for lang in LANGUAGES:
        mine = [line for line in lines if _TAG + lang in line["slices"]]
        if mine:
            cells = {
                measure: _cell(metric["slices"][_TAG + lang])
                for measure, metric in metrics.items()
                if measure not in left_out and _is_measured(metric["slices"].get(_TAG + lang))
            }
            values = {measure: each for measure, each in _values(mine).items() if measure in cells}
            found.append(Row(name, lang, cells, values))
    return found


def _is_measured(estimate: Mapping[str, Any] | None) -> bool:
    return estimate is not None and estimate["value"] is not None


def _cell(estimate: Mapping[str, Any]) -> Cell:
    return Cell(estimate["value"], estimate["low"], estimate["high"], estimate["n"])


def _values(lines: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for line in lines:
        for measure, value in line["values"].items():
            found.setdefault(measure, []).append(value)
    return found


def means(rows: Sequence[Row], sets: Sequence[str], name: str) -> list[Row]:
    """Give the means over the named sets, each set counting once; ``n`` counts the questions of all.

    A set with fewer than ``LEAST`` questions for a measure is left out of it: one answer would weigh as much
    as all those of another set.
    """
    found = []
    for lang in LANGUAGES:
        members = [row for row in rows if row.lang == lang and row.set in sets]
        if len(members) > 1:
            measures = dict.fromkeys(measure for row in members for measure in row.values)
            groups = {
                m: [row.values[m] for row in members if len(row.values.get(m, ())) >= LEAST] for m in measures
            }
            cells = {m: _of_mean(mean_over_groups(each), each) for m, each in groups.items() if each}
            found.append(Row(name, lang, cells, {}))
    return found


def _of_mean(mean: Estimate, groups: Sequence[Sequence[float]]) -> Cell:
    return Cell(mean.mean, mean.low, mean.high, sum(map(len, groups)))


def markdown(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """Give all tables; a column that no row has is left out."""
    parts = [*notes]
    for title, columns in TABLES.items():
        shown = {head: m for head, m in columns.items() if any(m in row.cells for row in rows)}
        mine = [row for row in rows if any(m in row.cells for m in shown.values())]
        if mine:
            parts += ["", f"## {title}", "", *_table(mine, shown)]
    return "\n".join(parts) + "\n"


def _table(rows: Sequence[Row], columns: Mapping[str, str]) -> Iterator[str]:
    yield f"| set | questions | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 2) + "|"
    for row in rows:
        cells = [str(row.cells[measure]) if measure in row.cells else "" for measure in columns.values()]
        yield f"| {row.set} | {row.lang} | {' | '.join(cells)} |"


def as_records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Give the rows for JSON."""
    return [
        {
            "set": row.set,
            "questions": row.lang,
            "measures": {
                name: {"value": cell.value, "low": cell.low, "high": cell.high, "n": cell.n}
                for name, cell in row.cells.items()
            },
        }
        for row in rows
    ]
