"""Measure how well the right page and section are found: ``python -m evals.retrieval``.

Each set is ingested into its own index, served, and asked over HTTP, once per mode: the hybrid ranking and,
from the same index, its lexical and its dense stage alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx

from evals.docs_sets import SETS, Question, data_folder, load_questions
from evals.measures import Passage, facts_hit, mean_with_interval, page_measures, section_hit
from evals.server import EvalError, ingest, serving

MODES = ("hybrid", "lexical", "dense")
COLUMNS = ("page@1", "page@5", "MRR@10", "section@5", "facts@5")
_TOP_K = 10

Row = dict[str, Any]


def search_all(
    client: httpx.Client, questions: Iterable[Question], mode: str
) -> dict[str, Sequence[Passage]]:
    """Ask every question in one mode; a failed request stops the measurement."""
    found: dict[str, Sequence[Passage]] = {}
    for question in questions:
        reply = client.post("/v1/search", json={"query": question.text, "top_k": _TOP_K, "mode": mode})
        if reply.status_code != httpx.codes.OK:
            raise EvalError(f"{question.query_id}: /v1/search gave {reply.status_code}: {reply.text[:300]}")
        found[question.query_id] = reply.json()["passages"]
    return found


def score(questions: Sequence[Question], found: dict[str, Sequence[Passage]]) -> dict[str, list[float]]:
    """Give the values of every column, one per question that has the label."""
    pages = page_measures(questions, found)
    columns: dict[str, list[float]] = {name: [] for name in COLUMNS}
    for question in questions:
        passages = found[question.query_id]
        for name, value in pages[question.query_id].items():
            columns[name].append(value)
        columns["section@5"].append(section_hit(question, passages))
        facts = facts_hit(question, passages)
        if facts is not None:
            columns["facts@5"].append(facts)
    return columns


def slices(questions: Sequence[Question]) -> dict[str, list[Question]]:
    """Group answerable questions: English, Korean, and those without a page in their language."""
    answerable = [question for question in questions if question.answerable]
    return {
        "en": [q for q in answerable if q.lang == "en" and not q.cross_lingual],
        "ko": [q for q in answerable if q.lang == "ko" and not q.cross_lingual],
        "cross": [q for q in answerable if q.cross_lingual],
    }


def measure_set(folder: Path, data_dir: Path, modes: Sequence[str]) -> list[Row]:
    """Ingest, serve and ask one set; give a row per slice and mode."""
    questions = load_questions(folder)
    ingested = ingest(folder / "corpus", data_dir)
    counts = {key: ingested[key] for key in ("documents", "chunks", "encoded", "failed", "seconds")}
    print(f"{folder.name}: {counts}", file=sys.stderr)
    rows: list[Row] = []
    with serving(data_dir) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        for mode in modes:
            found = search_all(client, questions, mode)
            for name, members in slices(questions).items():
                if members:
                    rows.append(
                        {"set": folder.name, "slice": name, "mode": mode, "n": len(members)}
                        | {"values": score(members, found)}
                    )
    return rows


def pooled(rows: Sequence[Row]) -> list[Row]:
    """Add a row per slice and mode over all sets, each question counting once."""
    merged: dict[tuple[str, str], Row] = {}
    for row in rows:
        total = merged.setdefault(
            (row["slice"], row["mode"]),
            {
                "set": "ALL",
                "slice": row["slice"],
                "mode": row["mode"],
                "n": 0,
                "values": {c: [] for c in COLUMNS},
            },
        )
        total["n"] += row["n"]
        for name in COLUMNS:
            total["values"][name] = total["values"][name] + row["values"][name]
    return [*rows, *merged.values()]


def show(rows: Sequence[Row]) -> None:
    """Print one line per row: mean and 95 % interval of every column."""
    print(f"{'set':<10} {'slice':<6} {'mode':<8} {'n':>4}  " + "  ".join(f"{name:^17}" for name in COLUMNS))
    for row in rows:
        cells = []
        for name in COLUMNS:
            mean, low, high = mean_with_interval(row["values"][name])
            cells.append(f"{mean:.3f} [{low:.2f},{high:.2f}]")
        print(f"{row['set']:<10} {row['slice']:<6} {row['mode']:<8} {row['n']:>4}  " + "  ".join(cells))


def main() -> int:
    """Measure the named sets and print the table; ``--json`` also writes the value of every question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--modes", nargs="+", default=list(MODES), choices=MODES)
    parser.add_argument(
        "--work", type=Path, help="keep the indexes here, so that a second run need not encode"
    )
    parser.add_argument("--json", type=Path, help="write all rows to this file")
    options = parser.parse_args()
    try:
        data = data_folder(options.data)
        with tempfile.TemporaryDirectory() as scratch:
            work = options.work or Path(scratch)
            rows = [
                row
                for name in options.sets
                for row in measure_set(data / "docs" / name, work / name, options.modes)
            ]
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    rows = pooled(rows)
    show(rows)
    if options.json:
        options.json.write_text(json.dumps(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
