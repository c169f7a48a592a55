"""Questions with and without an answer, and the pages that they are asked of.

Every case names the pages that answer it; a case without any must be refused. The Korean set and the cases
with hidden pages are made when they are needed, from sets that stay where they are.
"""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evals.benchmark_data import Benchmark, Task, retrieval_folder, write_corpus
from evals.docs_sets import LANGUAGES, SETS, folder_language, load_questions
from evals.server import EvalError

ANSWERABLE = "answerable"
UNANSWERABLE = "unanswerable"
"""Asked of the right product, which does not say."""
REMOVED = "removed"
"""Answered by pages that are not there."""
HEADING = "heading"
"""A heading as it stands on its page."""
HIDDEN_HEADING = "hidden heading"
SMALL_TALK = "small talk"
OTHER_PRODUCT = "other product"

KOREAN_SET = "korquad_abstain"
_REMOVED_SHARE = 0.25
"""Share of the titles whose paragraphs the Korean set leaves out, as in ``emanual_abstain``."""
_KOREAN_COUNTS = {ANSWERABLE: 600, REMOVED: 150, SMALL_TALK: 150}
_KINDS = {"in_corpus": ANSWERABLE, "doc_removed": REMOVED, "chitchat": SMALL_TALK}
_FOLDS = 10


@dataclass(frozen=True, slots=True)
class Case:
    """One question; any of ``pages`` is right, none means that nothing answers it."""

    case_id: str
    text: str
    lang: str
    kind: str
    fold: str
    """Cases of one fold speak of the same thing: fitted on together or not at all."""
    pages: frozenset[str] = frozenset()
    answers: tuple[str, ...] = ()
    """Where not empty, the text of a right answer also holds one of them."""
    filters: Mapping[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseSet:
    """Cases that are asked of one corpus."""

    name: str
    corpus: Path
    cases: tuple[Case, ...]


def docs_set(
    data: Path, name: str, *, hidden: bool, others: int = 0, headings: int = 0, seed: int = 0
) -> CaseSet:
    """Give the questions of a docs set.

    With ``hidden`` every answerable one comes once more where its pages are filtered out. Along come
    ``others`` questions about each of the other products, and ``headings`` of the pages in each language,
    as they stand and where their page is hidden.
    """
    folder = data / "docs" / name
    cases = list(_docs_cases(folder, name))
    if hidden:
        cases += [_without_pages(case) for case in cases if case.pages and len(case.pages) <= _MOST_FILTERS]
    for other in SETS if others else ():
        if other != name and (data / "docs" / other).is_dir():
            foreign = [case for case in _docs_cases(data / "docs" / other, other) if case.pages]
            cases += [
                Case(f"{name}<{case.case_id}", case.text, case.lang, OTHER_PRODUCT, name)
                for case in _drawn(foreign, others, seed)
            ]
    if headings:
        cases += _heading_cases(folder / "corpus", name, headings, seed)
    return CaseSet(name, folder / "corpus", tuple(cases))


_HEADING_LINE = re.compile(r"^#{2,6} +(.+?)(?: *\{[^}]*\})? *#*$", re.MULTILINE)
_FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)
_LEAST_WORDS = 2


def _heading_cases(corpus: Path, name: str, count: int, seed: int) -> Iterator[Case]:
    """Ask headings that stand on one page alone."""
    pages: dict[str, set[str]] = {}
    for file in sorted(corpus.rglob("*.md*")):
        for heading in _HEADING_LINE.findall(_FENCED.sub("", file.read_text(encoding="utf-8"))):
            text = re.sub(r"[`*]|<[^>]*>", "", heading).strip()
            pages.setdefault(text, set()).add(unicodedata.normalize("NFC", str(file.relative_to(corpus))))
    alone = sorted(text for text, on in pages.items() if len(on) == 1 and len(text.split()) >= _LEAST_WORDS)
    for lang in LANGUAGES:
        for text in _drawn([text for text in alone if _language(text) == lang], count, seed):
            case = Case(f"{name}/heading/{text}", text, lang, HEADING, name, frozenset(pages[text]))
            yield case
            yield replace(_without_pages(case), kind=HIDDEN_HEADING)


def _language(text: str) -> str:
    return "ko" if re.search("[가-힣]", text) else "en"


_MOST_FILTERS = 50
"""Values that one filter of a request takes."""


def _docs_cases(folder: Path, name: str) -> Iterator[Case]:
    for question in load_questions(folder):
        yield Case(
            f"{name}/{question.query_id}",
            question.text,
            question.lang,
            ANSWERABLE if question.answerable else UNANSWERABLE,
            fold=name,
            pages=frozenset(item.path for item in question.relevant),
        )


def _without_pages(case: Case) -> Case:
    return Case(
        f"{case.case_id}#hidden",
        case.text,
        case.lang,
        REMOVED,
        case.fold,
        filters={"path!": sorted(case.pages)},
    )


def across_languages(case_set: CaseSet) -> CaseSet:
    """Give the answerable questions of a parallel set where only pages of the other language are visible."""
    cases = []
    for case in case_set.cases:
        other = "en" if case.lang == "ko" else "ko"
        pages = frozenset(path for path in case.pages if folder_language(path) == other)
        if case.kind == ANSWERABLE and pages:
            cases.append(
                Case(
                    f"{case.case_id}@{other}",
                    case.text,
                    case.lang,
                    ANSWERABLE,
                    case.fold,
                    pages,
                    filters={"lang": other},
                )
            )
            cases.append(
                Case(
                    f"{case.case_id}@{other}#hidden",
                    case.text,
                    case.lang,
                    REMOVED,
                    case.fold,
                    filters={"lang": other, "path!": sorted(case.pages)},
                )
            )
    return CaseSet(case_set.name, case_set.corpus, tuple(cases))


def benchmark_set(data: Path, name: str, work: Path, *, count: int | None = None, seed: int = 0) -> CaseSet:
    """Write the passages of a benchmark set as pages and give its questions, ``count`` of them at random."""
    retrieval = retrieval_folder(data)
    source = KOREAN_SOURCE if name == KOREAN_SET else name
    records = list(_lines(retrieval / source / "queries.jsonl"))
    titles = {
        record["_id"]: record.get("title", "") for record in _lines(retrieval / source / "corpus.jsonl")
    }
    removed = _removed_titles(titles.values(), seed) if name == KOREAN_SET else frozenset()
    keep = {passage for passage, title in titles.items() if title not in removed}
    benchmark = Benchmark(name, source, ("corpus.jsonl",), (_ALL,), markdown=False)
    folder = work / name / "corpus"
    path_of = {
        passage: path for path, passage in write_corpus(benchmark, retrieval, folder, keep=keep).items()
    }
    qrels = _right_passages(retrieval / source / "qrels.tsv")
    cases = [_benchmark_case(name, record, qrels, path_of, titles) for record in records]
    if name == KOREAN_SET:
        cases = _korean_mix(cases, data, seed)
    return CaseSet(name, folder, tuple(_drawn(cases, count, seed) if count else cases))


KOREAN_SOURCE = "korquad_v1_dev"
_ALL = Task("all", "queries.jsonl", "qrels.tsv")
_ANSWERS_ARE_SPANS = frozenset({KOREAN_SET, "squad_v2_dev"})


def _benchmark_case(
    name: str,
    record: Mapping[str, Any],
    qrels: Mapping[str, Sequence[str]],
    path_of: Mapping[str, str],
    titles: Mapping[str, str],
) -> Case:
    passages = qrels.get(record["_id"], ())
    pages = frozenset(path_of[passage] for passage in passages if passage in path_of)
    kind = _KINDS.get(record.get("kind", ""), ANSWERABLE if passages else UNANSWERABLE)
    topic = titles.get(record.get("context_id", ""), record.get("product") or record["_id"])
    return Case(
        f"{name}/{record['_id']}",
        record["text"],
        record["lang"],
        kind if pages or not passages else REMOVED,
        fold=f"{name}/{random.Random(topic).randrange(_FOLDS)}",  # noqa: S311 - no secret
        pages=pages,
        answers=tuple(record.get("answers", ())) if pages and name in _ANSWERS_ARE_SPANS else (),
    )


def _korean_mix(cases: Sequence[Case], data: Path, seed: int) -> list[Case]:
    """Take questions with and without their paragraph, and small talk."""
    chat = [
        Case(f"ko_chatbot/{number}", record["q"], "ko", SMALL_TALK, f"ko_chatbot/{number % _FOLDS}")
        for number, record in enumerate(_lines(data / "support" / "ko_chatbot" / "qa.jsonl"))
    ]
    pool = [*cases, *chat]
    return [
        case
        for kind, count in _KOREAN_COUNTS.items()
        for case in _drawn([case for case in pool if case.kind == kind], count, seed)
    ]


def _removed_titles(titles: Iterable[str], seed: int) -> frozenset[str]:
    distinct = sorted(set(titles))
    return frozenset(_drawn(distinct, round(_REMOVED_SHARE * len(distinct)), seed))


def _drawn(items: Sequence[Any], count: int, seed: int) -> list[Any]:
    """Give ``count`` items at random, the same ones for the same seed, in their order."""
    places = random.Random(seed).sample(range(len(items)), min(count, len(items)))  # noqa: S311 - no secret
    return [items[place] for place in sorted(places)]


def _right_passages(path: Path) -> dict[str, list[str]]:
    right: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        query, passage, grade = line.split("\t")
        if int(grade) > 0:
            right.setdefault(query, []).append(passage)
    return right


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise EvalError(f"{path} is missing.")
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())
