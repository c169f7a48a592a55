"""Benchmark sets of passages, questions and judgements, made into a corpus that ``kb ingest`` reads.

A set is a folder below ``retrieval/`` with ``corpus*.jsonl`` (``_id``, ``title``, ``text``),
``queries*.jsonl`` (``_id``, ``text``) and ``qrels*.tsv`` (question, passage, grade). Each passage becomes one
page, named by its place in the corpus: an identifier in the path would be read as a title.
"""

from __future__ import annotations

import csv
import json
import random
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.server import EvalError

Qrels = Mapping[str, Mapping[str, int]]
"""Grade of a passage for a question, by question and passage."""


@dataclass(frozen=True, slots=True)
class Task:
    """One list of questions that is asked of a corpus."""

    name: str
    queries: str
    qrels: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One corpus and the tasks on it; ``folder`` is relative to ``retrieval/``."""

    name: str
    folder: str
    corpus: tuple[str, ...]
    tasks: tuple[Task, ...]
    markdown: bool
    """Whether the texts are Markdown; the marks of plain text are escaped."""


_ALL = Task("all", "queries.jsonl", "qrels.tsv")
BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark(
        "docs_enko/en",
        "docs_enko",
        ("corpus.en.jsonl",),
        (
            Task("en-en", "queries.en.jsonl", "qrels.en-en.tsv"),
            Task("ko-en", "queries.ko.jsonl", "qrels.ko-en.tsv"),
        ),
        markdown=True,
    ),
    Benchmark(
        "docs_enko/ko",
        "docs_enko",
        ("corpus.ko.jsonl",),
        (
            Task("ko-ko", "queries.ko.jsonl", "qrels.ko-ko.tsv"),
            Task("en-ko", "queries.en.jsonl", "qrels.en-ko.tsv"),
        ),
        markdown=True,
    ),
    Benchmark("korquad_v1_dev", "korquad_v1_dev", ("corpus.jsonl",), (_ALL,), markdown=False),
    Benchmark("squad_v2_dev", "squad_v2_dev", ("corpus.jsonl",), (_ALL,), markdown=False),
    Benchmark("emanual", "emanual", ("corpus.jsonl", "corpus.other_manuals.jsonl"), (_ALL,), markdown=False),
    Benchmark(
        "mtrag_cloud",
        "mtrag_cloud",
        ("corpus.jsonl",),
        (
            Task("last turn", "queries.jsonl", "qrels.tsv"),
            Task("rewrite", "queries.rewrite.jsonl", "qrels.tsv"),
        ),
        markdown=True,
    ),
)


def retrieval_folder(data: Path) -> Path:
    """Give the folder of the benchmark sets, or raise ``EvalError``."""
    folder = data / "retrieval"
    if not folder.is_dir():
        raise EvalError(f"No benchmark sets at {folder}: it must hold folders with corpus.jsonl.")
    return folder


def keep_passages(
    benchmark: Benchmark, retrieval: Path, judged: Collection[str], others: int | None, *, seed: int
) -> Collection[str] | None:
    """Choose the judged passages and ``others`` more at random; None keeps all."""
    if others is None:
        return None
    rest = [record["_id"] for record in _records(benchmark, retrieval) if record["_id"] not in judged]
    return {*judged, *sample(rest, others, seed=seed)}


def write_corpus(
    benchmark: Benchmark, retrieval: Path, target: Path, *, keep: Collection[str] | None = None
) -> dict[str, str]:
    """Write one page per passage into ``target``, made anew; give the passage of each path.

    ``keep`` names the passages to write, by default all. One without any text is left out: there is nothing
    to find.
    """
    shutil.rmtree(target, ignore_errors=True)
    passages: dict[str, str] = {}
    for number, record in enumerate(_records(benchmark, retrieval)):
        if record["text"].strip() and (keep is None or record["_id"] in keep):
            path = f"{number:06}/page.md"
            (target / path).parent.mkdir(parents=True)
            (target / path).write_text(page_source(record, markdown=benchmark.markdown), encoding="utf-8")
            passages[path] = record["_id"]
    return passages


def page_source(record: Mapping[str, Any], *, markdown: bool) -> str:
    r"""Give the Markdown of one passage; a title stands in the front matter where the set has one.

    >>> page_source({"title": "Keys", "text": "Press *."}, markdown=False)
    '---\ntitle: "Keys"\n---\n\nPress \\*.\n'
    """
    fields = {key: record[key] for key in ("title", "product") if record.get(key)}
    head = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())
    text = record["text"] if markdown else escape(record["text"])
    return (f"---\n{head}---\n\n" if head else "") + text + "\n"


def escape(text: str) -> str:
    r"""Escape what Markdown and its dialects would read as marks.

    >>> escape("1. Press [OK] <now>")
    '1\\. Press \\[OK\\] \\<now\\>'
    """
    inline = re.sub(r"([\\`*_{}\[\]<>|~&#!$%])", r"\\\1", text)
    lists = re.sub(r"(?m)^(\s*\d+)([.)])", r"\1\\\2", inline)
    # Indented text would be code.
    return re.sub(r"(?m)^[ \t]*([-+=:]?)", lambda found: "\\" + found[1] if found[1] else "", lists)


def _records(benchmark: Benchmark, retrieval: Path) -> Iterator[dict[str, Any]]:
    for name in benchmark.corpus:
        yield from _lines(retrieval / benchmark.folder / name)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise EvalError(f"{path} is missing.")
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def load_qrels(benchmark: Benchmark, task: Task, retrieval: Path) -> dict[str, dict[str, int]]:
    """Read the judgements of a task; the first line names the columns."""
    qrels: dict[str, dict[str, int]] = {}
    with (retrieval / benchmark.folder / task.qrels).open(encoding="utf-8", newline="") as lines:
        for query_id, passage_id, grade in list(csv.reader(lines, delimiter="\t"))[1:]:
            qrels.setdefault(query_id, {})[passage_id] = int(grade)
    return qrels


def load_queries(benchmark: Benchmark, task: Task, retrieval: Path, qrels: Qrels) -> dict[str, str]:
    """Read the questions of a task that have a judgement."""
    records = _lines(retrieval / benchmark.folder / task.queries)
    return {record["_id"]: record["text"] for record in records if record["_id"] in qrels}


def sample(query_ids: Sequence[str], count: int | None, *, seed: int) -> list[str]:
    """Give ``count`` of the questions at random, the same ones for the same seed, in their order.

    >>> sample(["a", "b", "c"], 5, seed=0)
    ['a', 'b', 'c']
    """
    if count is None or count >= len(query_ids):
        return list(query_ids)
    chosen = set(random.Random(seed).sample(sorted(query_ids), count))  # noqa: S311 - no secret
    return [query_id for query_id in query_ids if query_id in chosen]
