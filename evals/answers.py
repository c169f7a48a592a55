"""Measure what the answers hold: ``python -m evals.answers``.

Everything is asked over HTTP. ``squad_v2_dev`` and ``korquad_v1_dev`` have a gold answer in one paragraph:
once only that paragraph is visible (``given``), once the whole set (``whole``). It is looked for in the
answer, and in the sentences that the ranking puts first, also where it shows fewer or refuses. ``clapnq_dev``
has written answers to long passages. The docs sets list the facts that an answer must hold, and are compared
with the best passage verbatim, cut at as many words as the answer has.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals import tables
from evals.answer_measures import (
    FACT_COLUMNS,
    LONG_COLUMNS,
    SENTENCE_COLUMNS,
    Answer,
    fact_values,
    long_values,
    ranking_values,
    sentence_values,
)
from evals.asking import Asker
from evals.benchmark_data import Benchmark, retrieval_folder, sample, write_corpus
from evals.docs_sets import SETS, data_folder, load_questions
from evals.runs import Row, write_rows
from evals.server import EvalError, ingest, serving
from evals.views import views
from evals.weighing import weighed

GOLD_SETS = {"squad_v2_dev": "en", "korquad_v1_dev": "ko"}
LONG_SETS = {"clapnq_dev": "en"}
BENCHMARK_SETS = GOLD_SETS | LONG_SETS
GIVEN, WHOLE = "given", "whole"
SLICES = ("en", "ko", "ko-en", "en-ko")

Record = Mapping[str, Any]
Values = dict[str, dict[str, float]]


def load_records(retrieval: Path, name: str, count: int | None, seed: int) -> list[Record]:
    """Read the answerable questions of a benchmark set, or ``count`` of them."""
    lines = (retrieval / name / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines if line.strip()]
    known = {record["_id"]: record for record in records if record["answerable"]}
    return [known[query_id] for query_id in sample(list(known), count, seed=seed)]


def by_measure(values: Mapping[str, Mapping[str, float]]) -> Values:
    """Turn values by question and measure into values by measure and question."""
    turned: Values = {}
    for query_id, measured in values.items():
        for name, value in measured.items():
            turned.setdefault(name, {})[query_id] = value
    return turned


def _bodies(records: Sequence[Record], paths: Mapping[str, str], *, given: bool) -> dict[str, dict[str, Any]]:
    """Word the questions; ``given`` hides every page but the one that a question was written for."""
    bodies: dict[str, dict[str, Any]] = {record["_id"]: {"question": record["text"]} for record in records}
    if given:
        for record in records:
            bodies[record["_id"]]["filters"] = {"path_prefix": paths[record["context_id"]]}
    return bodies


def _ranked(
    name: str, data_dir: Path, bodies: Mapping[str, Mapping[str, Any]], records: Sequence[Record]
) -> dict[str, dict[str, float]]:
    """Give the values of the ranking of each question with a gold answer, by its id."""
    if name not in GOLD_SETS:
        return {}
    found = weighed(data_dir, [{"id": key, **body} for key, body in bodies.items()])
    return {
        record["_id"]: ranking_values(found.get(record["_id"], {"units": ()})["units"], record["answers"])
        for record in records
    }


def measure_benchmark(name: str, retrieval: Path, work: Path, options: argparse.Namespace) -> list[Row]:
    """Ingest one benchmark set and ask its questions, with the paragraph given and on the whole set."""
    records = load_records(retrieval, name, options.queries, options.seed)
    benchmark = Benchmark(name, name, ("corpus.jsonl",), (), markdown=False)
    passages = write_corpus(benchmark, retrieval, work / name / "corpus")
    paths = {passage: path for path, passage in passages.items()}
    ingest(work / name / "corpus", work / name / "data")
    value_of: Callable[[Answer, Sequence[str]], dict[str, float]] = (
        long_values if name in LONG_SETS else sentence_values
    )
    rows = []
    with serving(work / name / "data") as server, Asker(server.url) as asker:
        for mode in options.pages:
            print(f"{name}: {mode}, {len(records)} questions", file=sys.stderr)
            bodies = _bodies(records, paths, given=mode == GIVEN)
            answers = asker.answers(bodies)
            ranked = _ranked(name, work / name / "data", bodies, records)
            values = {
                r["_id"]: value_of(answers[r["_id"]], r["answers"]) | ranked.get(r["_id"], {})
                for r in records
            }
            rows.append(Row(name, BENCHMARK_SETS[name], mode, by_measure(values)))
    return rows


def measure_docs(name: str, data: Path, work: Path) -> list[Row]:
    """Ingest one docs set and ask the questions whose facts are known; give all, then the answered ones."""
    ingest(data / "docs" / name / "corpus", work / name)
    rows = []
    with serving(work / name) as server, Asker(server.url) as asker:
        for view in views(load_questions(data / "docs" / name)):
            asked = [question for question in view.questions if question.facts]
            if view.name not in SLICES or not asked:
                continue
            answers = asker.answers({q.query_id: {"question": q.text} for q in asked})
            passages = asker.passages({q.query_id: {"query": q.text, "top_k": 1} for q in asked})
            values = {}
            for question in asked:
                answer, found = answers[question.query_id], passages[question.query_id]
                top_chunk = found[0]["text"] if found else ""
                values[question.query_id] = fact_values(answer, top_chunk, question.facts)
            rows.append(Row(name, view.name, "all", by_measure(values)))
            answered = {query_id: each for query_id, each in values.items() if each["answered"]}
            rows.append(Row(name, view.name, "answered", by_measure(answered)))
    return rows


def show(rows: Sequence[Row]) -> None:
    """Print one table for each kind of set."""
    docs = [row for row in rows if row.set not in BENCHMARK_SETS]
    for title, chosen, columns in (
        ("Gold answers", [row for row in rows if row.set in GOLD_SETS], SENTENCE_COLUMNS),
        ("Written answers", [row for row in rows if row.set in LONG_SETS], LONG_COLUMNS),
        ("Facts in the answer, and in the best passage cut at its length", docs, FACT_COLUMNS),
    ):
        if chosen:
            print(f"\n{title}")
            tables.show(chosen, columns, pool=chosen is docs)
    if docs:
        print("\nFacts in the answer minus those in the best passage, paired by question")
        tables.show_differences(docs, "facts", "verbatim")


def main() -> int:
    """Measure the named sets and print the tables; ``--json`` also writes the value of every question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with docs/ and retrieval/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=[*BENCHMARK_SETS, *SETS])
    parser.add_argument(
        "--pages", nargs="+", default=[GIVEN, WHOLE], choices=[GIVEN, WHOLE], help="of benchmark sets"
    )
    parser.add_argument("--queries", type=int, help="ask only so many questions of each benchmark set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--work", type=Path, help="keep the indexes here, so that a second run need not encode"
    )
    parser.add_argument("--json", type=Path, help="write all rows to this file")
    options = parser.parse_args()
    rows: list[Row] = []
    try:
        data = data_folder(options.data)
        with tempfile.TemporaryDirectory() as scratch:
            work = options.work or Path(scratch)
            for name in options.sets:
                if name in BENCHMARK_SETS:
                    rows += measure_benchmark(name, retrieval_folder(data), work, options)
                else:
                    rows += measure_docs(name, data, work)
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    if options.json:
        write_rows(options.json, rows, command="evals.answers", queries=options.queries, seed=options.seed)
    show(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
