"""What the grounding check is measured on: passages, and sentences that people wrote about them."""

from __future__ import annotations

import json
import random
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.benchmark_data import page_source
from evals.grounding_edits import Passage
from evals.server import EvalError

PARTS = ("fit", "report")
PARAPHRASE = "human paraphrase"

_LATIN_NAME = re.compile(r"(?<![A-Za-z`])[A-Z][A-Za-z]{2,}(?![A-Za-z`(])")
_HANGUL_NAME = re.compile(r"[가-힣]{2,7}")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(*`\d-])|\n+")
_SHORTEST_PASSAGE = 200
_SHORTEST_CLAIM = 20


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence about passages, and what it is."""

    kind: str
    text: str
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """Passages of one set, and what people say about them."""

    name: str
    lang: str
    passages: tuple[Passage, ...]
    titles: tuple[str, ...]
    claims: tuple[Claim, ...] = ()
    is_edited: bool = False
    """Whether sentences of the passages are edited."""
    is_markdown: bool = False


def part_of(name: str) -> str:
    """Tell which half a passage belongs to: rules are chosen on ``fit``, figures are of ``report``."""
    return PARTS[zlib.crc32(name.encode()) % len(PARTS)]


def load_materials(data: Path, *, part: str, per_set: int, seed: int) -> list[Material]:
    """Read up to ``per_set`` passages of every set from the half ``part``."""
    folder = data / "retrieval"
    chooser = _Chooser(part, per_set, seed)
    return [
        _question_set(folder / "squad_v2_dev", "en", chooser),
        _question_set(folder / "korquad_v1_dev", "ko", chooser),
        _docs(folder / "docs_enko", "en", chooser),
        _docs(folder / "docs_enko", "ko", chooser),
        _long_answers(folder / "clapnq_dev", chooser),
        _conversations(folder / "mtrag_cloud", chooser),
        _pairs(folder / "klue_nli" / "dev.jsonl", "ko", chooser),
        _pairs(folder / "halueval_qa" / "test.jsonl", "en", chooser),
    ]


def write_pages(materials: Sequence[Material], target: Path) -> dict[str, str]:
    """Write one page per passage into ``target``; give the path of each passage by its set and name."""
    paths: dict[str, str] = {}
    for material in materials:
        pairs = zip(material.passages, material.titles, strict=True)
        for number, (passage, title) in enumerate(pairs):
            path = f"{material.name.replace('/', '-')}/{number:05}/page.md"
            source = page_source({"title": title, "text": passage.text}, markdown=material.is_markdown)
            (target / path).parent.mkdir(parents=True)
            (target / path).write_text(source, encoding="utf-8")
            paths[f"{material.name}\n{passage.name}"] = path
    return paths


@dataclass(frozen=True, slots=True)
class _Chooser:
    part: str
    count: int
    seed: int

    def choose(self, records: Sequence[dict[str, Any]], key: str) -> list[dict[str, Any]]:
        """Draw records of this half, the same ones for the same seed."""
        mine = [record for record in records if part_of(str(record[key])) == self.part]
        rng = random.Random(self.seed)  # noqa: S311 - a measurement, not a secret
        return rng.sample(mine, min(self.count, len(mine)))


def _question_set(folder: Path, lang: str, chooser: _Chooser) -> Material:
    """Take paragraphs; in Korean the answers of their questions are the names that can be exchanged."""
    names: dict[str, list[str]] = {}
    for query in _lines(folder / "queries.jsonl"):
        known = names.setdefault(query.get("context_id", ""), [])
        known += [answer for answer in query.get("answers", ()) if _HANGUL_NAME.fullmatch(answer)]
    records = chooser.choose(list(_lines(folder / "corpus.jsonl")), "_id")
    return Material(
        name=folder.name,
        lang=lang,
        passages=tuple(_passage(r, lang, tuple(names.get(r["_id"], ()))) for r in records),
        titles=tuple(record["title"] for record in records),
        is_edited=True,
    )


def _docs(folder: Path, lang: str, chooser: _Chooser) -> Material:
    long = [r for r in _lines(folder / f"corpus.{lang}.jsonl") if len(r["text"]) >= _SHORTEST_PASSAGE]
    records = chooser.choose(long, "_id")
    return Material(
        name=f"{folder.name}/{lang}",
        lang=lang,
        passages=tuple(_passage(r, lang, _latin_names(r["text"], lang)) for r in records),
        titles=tuple(record["title"] for record in records),
        is_edited=True,
        is_markdown=True,
    )


def _long_answers(folder: Path, chooser: _Chooser) -> Material:
    passages = {record["_id"]: record for record in _lines(folder / "corpus.jsonl")}
    answered = [query for query in _lines(folder / "queries.jsonl") if query["answerable"]]
    queries = chooser.choose(answered, "context_id")
    claims = [
        Claim(PARAPHRASE, text, (query["context_id"],))
        for query in queries
        for text in _split(query["answers"][0])
    ]
    cited = list(dict.fromkeys(query["context_id"] for query in queries))
    return Material(
        name=folder.name,
        lang="en",
        passages=tuple(_passage(passages[name], "en") for name in cited),
        titles=tuple(passages[name]["title"] for name in cited),
        claims=tuple(claims),
    )


def _conversations(folder: Path, chooser: _Chooser) -> Material:
    passages = {record["_id"]: record for record in _lines(folder / "corpus.jsonl")}
    tasks = [
        task
        for task in _lines(folder / "tasks_all.jsonl")
        if task["answerable"] and set(task.get("reference_ids", ())) & passages.keys()
    ]
    claims = []
    for task in chooser.choose(tasks, "_id"):
        cited = tuple(name for name in dict.fromkeys(task["reference_ids"]) if name in passages)
        claims += [Claim(PARAPHRASE, text, cited) for text in _split(task["answers"][0])]
    used = list(dict.fromkeys(name for claim in claims for name in claim.passages))
    return Material(
        name=folder.name,
        lang="en",
        passages=tuple(_passage(passages[name], "en") for name in used),
        titles=tuple(passages[name]["title"] for name in used),
        claims=tuple(claims),
        is_markdown=True,
    )


def _pairs(path: Path, lang: str, chooser: _Chooser) -> Material:
    """Take pairs of a text and a sentence with a label; a question belongs to the text."""
    records = [_pair(record) for record in _lines(path)]
    texts = chooser.choose([{"text": text} for text in dict.fromkeys(r["text"] for r in records)], "text")
    chosen = {record["text"]: f"{number}" for number, record in enumerate(texts)}
    return Material(
        name=path.parent.name,
        lang=lang,
        passages=tuple(Passage(name, text, lang) for text, name in chosen.items()),
        titles=("",) * len(chosen),
        claims=tuple(
            Claim(r["label"], r["claim"], (chosen[r["text"]],)) for r in records if r["text"] in chosen
        ),
    )


def _pair(record: dict[str, Any]) -> dict[str, str]:
    if "premise" in record:
        return {"text": record["premise"], "claim": record["hypothesis"], "label": record["label"]}
    text = f"{record['context']}\n\n{record['question']}"
    return {"text": text, "claim": record["answer"], "label": record["label"]}


def _passage(record: dict[str, Any], lang: str, names: tuple[str, ...] = ()) -> Passage:
    return Passage(record["_id"], record["text"], lang, names)


def _latin_names(text: str, lang: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_LATIN_NAME.findall(text))) if lang == "ko" else ()


def _split(answer: str) -> list[str]:
    """Cut a written answer into sentences and list items.

    >>> _split("It has two keys. Both are short and never change.")
    ['Both are short and never change.']
    """
    return [part.strip() for part in _SENTENCE_END.split(answer) if len(part.strip()) >= _SHORTEST_CLAIM]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise EvalError(f"{path} is missing.")
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())
