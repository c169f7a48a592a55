"""Measure how well the right page and section are found: ``python -m evals.retrieval``.

Each set is ingested into its own index, served, and asked over HTTP, once per mode: the hybrid ranking and,
from the same index, its lexical and its dense stage alone. ``rrf`` fuses these two by reciprocal ranks, and
``langchain`` is the plain recipe of LangChain and Chroma on the same files.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals import tables
from evals.asking import MODES, Asker
from evals.docs_sets import SETS, data_folder, load_questions
from evals.measures import PAGE_COLUMNS, Passage, question_values
from evals.runs import Row, fuse_reciprocal_ranks, write_rows
from evals.server import EvalError, ingest, serving
from evals.views import View, views

LANGCHAIN = "langchain"
_TOP_K = 10
_FUSED_DEPTH = 100
"""Passages of each list that the fusion by reciprocal ranks sees; as many as one request gives."""

Found = dict[str, list[Passage]]


def ask(asker: Asker, view: View, mode: str) -> Found:
    """Ask the questions of a view in one mode."""
    depth = _TOP_K if mode == "hybrid" else _FUSED_DEPTH
    body: dict[str, Any] = {"mode": mode, "top_k": depth}
    if view.pages:
        body["filters"] = {"lang": view.pages}
    return asker.passages({q.query_id: {**body, "query": q.text} for q in view.questions})


def fuse(lexical: Found, dense: Found) -> Found:
    """Fuse two runs by reciprocal ranks of their passages."""
    fused: Found = {}
    for query_id in lexical:
        by_id = {hit["chunk_id"]: hit for run in (lexical, dense) for hit in run[query_id]}
        ranked = fuse_reciprocal_ranks(
            [[hit["chunk_id"] for hit in run[query_id]] for run in (lexical, dense)]
        )
        fused[query_id] = [by_id[chunk_id] for chunk_id in ranked[:_TOP_K]]
    return fused


def measure_view(asker: Asker, set_name: str, view: View, modes: Sequence[str]) -> list[Row]:
    """Ask one view in every mode."""
    runs = {mode: ask(asker, view, mode) for mode in modes}
    if {"lexical", "dense"} <= runs.keys():
        runs["rrf"] = fuse(runs["lexical"], runs["dense"])
    return [row(set_name, view, mode, found) for mode, found in runs.items()]


def row(set_name: str, view: View, mode: str, found: Mapping[str, Sequence[Passage]]) -> Row:
    """Score the first ten passages of every question."""
    first = {query_id: passages[:_TOP_K] for query_id, passages in found.items()}
    return Row(set_name, view.name, mode, question_values(view.questions, first))


def measure_set(folder: Path, data_dir: Path, modes: Sequence[str]) -> list[Row]:
    """Ingest, serve and ask one set; give a row per view and mode."""
    found = views(load_questions(folder))
    ingested = ingest(folder / "corpus", data_dir)
    counts = {
        key: ingested[key] for key in ("version", "documents", "chunks", "encoded", "failed", "seconds")
    }
    print(f"{folder.name}: {counts}", file=sys.stderr)
    with serving(data_dir) as server, Asker(server.url) as asker:
        return [row for view in found for row in measure_view(asker, folder.name, view, modes)]


def measure_langchain(folder: Path, work: Path) -> list[Row]:
    """Ask the plain recipe of LangChain and Chroma the same questions."""
    from evals.langchain_baseline import PlainIndex  # noqa: PLC0415 - needs the extra `bench`

    index = PlainIndex(folder / "corpus", work)
    rows = []
    for view in views(load_questions(folder)):
        found = {q.query_id: index.search(q.text, _TOP_K, lang=view.pages) for q in view.questions}
        rows.append(row(folder.name, view, LANGCHAIN, found))
    return rows


def measure(data: Path, work: Path, options: argparse.Namespace) -> list[Row]:
    """Measure the sets of the command line."""
    rows: list[Row] = []
    for name in options.sets:
        rows += measure_set(data / "docs" / name, work / name, options.modes)
        if options.langchain:
            rows += measure_langchain(data / "docs" / name, work / LANGCHAIN)
    return rows


def main() -> int:
    """Measure the named sets and print the tables; ``--json`` also writes the value of every question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--modes", nargs="+", default=list(MODES), choices=MODES)
    parser.add_argument(
        "--langchain", action="store_true", help="also measure plain LangChain + Chroma (extra `bench`)"
    )
    parser.add_argument(
        "--work", type=Path, help="keep the indexes here, so that a second run need not encode"
    )
    parser.add_argument("--json", type=Path, help="write all rows to this file")
    options = parser.parse_args()
    try:
        data = data_folder(options.data)
        with tempfile.TemporaryDirectory() as scratch:
            rows = measure(data, options.work or Path(scratch), options)
        twin_ids = tables.twin_ids((name, load_questions(data / "docs" / name)) for name in options.sets)
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    if options.json:
        write_rows(options.json, rows, command="evals.retrieval", sets=options.sets)
    tables.show(rows, PAGE_COLUMNS)
    tables.show_means_over_sets(rows, PAGE_COLUMNS)
    tables.show_against_single_runs(rows, PAGE_COLUMNS)
    tables.show_language_gap(rows, PAGE_COLUMNS, twin_ids)
    return 0


if __name__ == "__main__":
    sys.exit(main())
