"""Measure retrieval on benchmark sets: ``python -m evals.benchmark_sets``.

Each passage of a set becomes a page of its own, all pages are ingested and served, and the questions are
asked over HTTP. A page that was cut into several chunks counts once, at the rank of its best one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from evals import tables
from evals.asking import MODES, Asker
from evals.benchmark_data import (
    BENCHMARKS,
    Benchmark,
    Task,
    keep_passages,
    load_qrels,
    load_queries,
    retrieval_folder,
    sample,
    write_corpus,
)
from evals.docs_sets import data_folder
from evals.measures import RANKED_COLUMNS, ranked_measures
from evals.runs import Row, fold_to_pages, fuse_reciprocal_ranks, write_rows
from evals.server import EvalError, ingest, serving

_RANKS = 10
_FIRST_DEPTH = 40
_FULL_DEPTH = 100
"""Passages that one request gives at most."""

Ranked = dict[str, list[str]]


def rank_pages(asker: Asker, queries: Mapping[str, str], mode: str) -> Ranked:
    """Rank pages for every question; where few pages fill the list, ask for as much as there is."""
    found = _ask(asker, queries, mode, _FIRST_DEPTH)
    short = {
        query_id: queries[query_id]
        for query_id, paths in found.items()
        if len(paths) == _FIRST_DEPTH and len(fold_to_pages(paths)) < _RANKS
    }
    found |= _ask(asker, short, mode, _FULL_DEPTH)
    return {query_id: fold_to_pages(paths) for query_id, paths in found.items()}


def _ask(asker: Asker, queries: Mapping[str, str], mode: str, depth: int) -> Ranked:
    bodies = {name: {"query": text, "mode": mode, "top_k": depth} for name, text in queries.items()}
    found = asker.passages(bodies)
    return {name: [passage["path"] for passage in passages] for name, passages in found.items()}


def measure_task(
    asker: Asker, label: tuple[str, str], queries: Mapping[str, str], qrels: Mapping[str, Mapping[str, int]]
) -> list[Row]:
    """Ask the questions in every mode; ``qrels`` names pages by path."""
    runs = {mode: rank_pages(asker, queries, mode) for mode in MODES}
    runs["rrf"] = {
        name: fuse_reciprocal_ranks([runs["lexical"][name], runs["dense"][name]]) for name in queries
    }
    first = {mode: {name: pages[:_RANKS] for name, pages in run.items()} for mode, run in runs.items()}
    return [Row(*label, mode, ranked_measures(qrels, run)) for mode, run in first.items()]


def measure(benchmark: Benchmark, retrieval: Path, work: Path, options: argparse.Namespace) -> list[Row]:
    """Ingest and serve one corpus and ask all its tasks."""
    tasks = {task: _questions(benchmark, task, retrieval, options) for task in benchmark.tasks}
    judged = {passage for _, qrels in tasks.values() for grades in qrels.values() for passage in grades}
    keep = keep_passages(benchmark, retrieval, judged, options.passages, seed=options.seed)
    folder = work / benchmark.name
    passages = write_corpus(benchmark, retrieval, folder / "corpus", keep=keep)
    ingested = ingest(folder / "corpus", folder / "data")
    counts = {key: ingested[key] for key in ("documents", "chunks", "encoded", "failed", "seconds")}
    print(f"{benchmark.name}: {len(passages)} passages, {counts}", file=sys.stderr)
    path_of = {passage: path for path, passage in passages.items()}
    rows: list[Row] = []
    with serving(folder / "data") as server, Asker(server.url) as asker:
        for task, (queries, qrels) in tasks.items():
            by_path = {
                name: {path_of.get(passage, passage): grade for passage, grade in grades.items()}
                for name, grades in qrels.items()
            }
            print(f"  {task.name}: {len(queries)} questions", file=sys.stderr)
            rows += measure_task(asker, (benchmark.name, task.name), queries, by_path)
    return rows


def _questions(
    benchmark: Benchmark, task: Task, retrieval: Path, options: argparse.Namespace
) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    qrels = load_qrels(benchmark, task, retrieval)
    queries = load_queries(benchmark, task, retrieval, qrels)
    chosen = sample(list(queries), options.queries, seed=options.seed)
    return {name: queries[name] for name in chosen}, {name: qrels[name] for name in chosen}


def _chosen(names: Sequence[str]) -> list[Benchmark]:
    known = {benchmark.folder for benchmark in BENCHMARKS}
    for name in names:
        if name not in known:
            raise EvalError(f"{name!r} is no benchmark set; there are: {', '.join(sorted(known))}.")
    return [benchmark for benchmark in BENCHMARKS if not names or benchmark.folder in names]


def main() -> int:
    """Measure the named sets and print the tables; ``--json`` also writes the value of every question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds retrieval/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=[], help="folders below retrieval/; default: all")
    parser.add_argument(
        "--queries", type=int, help="ask only so many questions of each task, drawn by --seed"
    )
    parser.add_argument(
        "--passages", type=int, help="keep only the judged passages and so many others: an easier task"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--work", type=Path, help="keep the indexes here, so that a second run need not encode"
    )
    parser.add_argument("--json", type=Path, help="write all rows to this file")
    options = parser.parse_args()
    try:
        retrieval = retrieval_folder(data_folder(options.data))
        with tempfile.TemporaryDirectory() as scratch:
            work = options.work or Path(scratch)
            rows = [
                row
                for benchmark in _chosen(options.sets)
                for row in measure(benchmark, retrieval, work, options)
            ]
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    drawn = {"queries": options.queries, "passages": options.passages, "seed": options.seed}
    if options.json:
        write_rows(options.json, rows, command="evals.benchmark_sets", **drawn)
    if options.queries or options.passages:
        print(f"Samples: {drawn} (a smaller corpus is an easier one)")
    tables.show(rows, RANKED_COLUMNS, pool=False)
    tables.show_against_single_runs(rows, RANKED_COLUMNS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
