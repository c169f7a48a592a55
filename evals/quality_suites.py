"""Suites made from the evaluation data, where it lies: questions become cases, pages are named by path.

Nothing is copied but the passages of benchmark sets, which become pages. The docs sets ask what users asked;
a page that answers must be cited, a question that the pages do not answer must be refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from evals.abstention_data import ANSWERABLE, KOREAN_SET, KOREAN_SOURCE, SMALL_TALK, benchmark_set
from evals.benchmark_data import (
    BENCHMARKS,
    Benchmark,
    keep_passages,
    load_qrels,
    load_queries,
    retrieval_folder,
    sample,
    write_corpus,
)
from evals.cases.schema import Case
from evals.docs_sets import SETS, Question, load_questions
from evals.records.folder import write_lines, write_text
from evals.server import EvalError

REFUSED = ("abstained", "clarify", "handoff")
GIVEN = ("answered", "partial")
_DIALOGUES = "mtrag_cloud"
_OTHER = {"en": "ko", "ko": "en"}
_LONG_ANSWERS = frozenset({"clapnq_dev", "emanual_abstain"})
_GATE = """
[gate]
hard_zeros = ["citation_integrity", "missing_page"]

[gate.floors]
groundedness = 0.99
citation_recall = 0.99
"""
"""What has to hold on any data: an answer is never worth more than its sources."""

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of a set is asked; None takes all of it."""

    questions: int | None = None
    passages: int | None = None
    """Passages of a large benchmark set, beside those that are right for some question."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class DataSuite:
    """Cases over one corpus; the tag of a case says which language asks which: ``ko``, ``ko-en``."""

    name: str
    corpus: Path
    cases: tuple[Case, ...]


def docs_suite(data: Path, name: str, budget: Budget) -> DataSuite:
    """Give the questions of a docs set; the facts of an answer are measured and not demanded."""
    folder = data / "docs" / name
    if not folder.is_dir():
        raise EvalError(f"{folder} is missing.")
    questions = load_questions(folder)
    cases = [_case(_of_question(question, product=name)) for question in questions]
    return DataSuite(name, folder / "corpus", _drawn(cases, budget))


def _of_question(question: Question, *, product: str) -> Fields:
    crosses = question.answerable and question.cross_lingual
    pages = _OTHER[question.lang] if crosses else question.lang
    return {
        "id": question.query_id,
        "question": question.text,
        "lang": question.lang,
        "expect": _expected(
            [item.path for item in question.relevant],
            pages,
            nuggets=[{"text": fact, "weight": "okay"} for fact in question.facts],
        ),
        "tags": [f"{question.lang}-{pages}" if crosses else question.lang],
        "product": product,
    }


def _expected(paths: Sequence[str], lang: str, **fields: Any) -> Fields:
    if not paths:
        return {"status": list(REFUSED)}
    pages = [{"path": path} for path in dict.fromkeys(paths)]
    return {"status": list(GIVEN), "cite": {"any": pages}, "lang": lang, **fields}


def answers_suite(data: Path, name: str, work: Path, budget: Budget) -> DataSuite:
    """Give the questions of a set with gold answers, some without one; small talk is not asked."""
    made = benchmark_set(data, name, work, seed=budget.seed)
    source = KOREAN_SOURCE if name == KOREAN_SET else name
    gold = {
        f"{name}/{record['_id']}": record.get("answers", ())
        for record in _lines(retrieval_folder(data) / source / "queries.jsonl")
    }
    cases = []
    for case in made.cases:
        if case.kind == SMALL_TALK:
            continue
        fields: Fields = {"id": case.case_id, "question": case.text, "lang": case.lang, "tags": [case.lang]}
        answers = [answer for answer in gold.get(case.case_id, ()) if answer.strip()]
        spans = case.kind == ANSWERABLE and answers and name not in _LONG_ANSWERS
        nugget = [{"text": answers[0], "match": answers, "weight": "okay"}] if spans else []
        fields["expect"] = _expected(sorted(case.pages), case.lang, nuggets=nugget)
        if name in _LONG_ANSWERS and case.pages and answers:
            fields["reference"] = answers
        cases.append(_case(fields))
    return DataSuite(name, made.corpus, _drawn(cases, budget))


def ranking_suite(data: Path, benchmark: Benchmark, work: Path, budget: Budget) -> DataSuite:
    """Give the tasks of a benchmark set, all of whose questions have an answer."""
    retrieval = retrieval_folder(data)
    folder = work / benchmark.name
    tasks = {task: load_qrels(benchmark, task, retrieval) for task in benchmark.tasks}
    path_of = _pages(
        benchmark, retrieval, folder, budget, {p for q in tasks.values() for g in q.values() for p in g}
    )
    cases = []
    for task, qrels in tasks.items():
        asked, _, answering = task.name.rpartition("-")
        for name, text in load_queries(benchmark, task, retrieval, qrels).items():
            paths = [path_of[p] for p, grade in qrels[name].items() if grade and p in path_of]
            if paths:
                lang = answering if asked else "en"
                fields: Fields = {"id": f"{task.name}/{name}", "question": text, "lang": asked or "en"}
                fields |= {"tags": [asked if asked == answering else task.name] if asked else ["en"]}
                cases.append(_case(fields | {"expect": _expected(paths, lang)}))
    return DataSuite(benchmark.name.replace("/", "-"), folder / "corpus", _drawn(cases, budget))


def dialogue_suite(data: Path, work: Path, budget: Budget) -> DataSuite:
    """Give the tasks of conversations with the turns before them, as people wrote them."""
    retrieval = retrieval_folder(data)
    benchmark = next(each for each in BENCHMARKS if each.folder == _DIALOGUES)
    tasks = list(_lines(retrieval / _DIALOGUES / "tasks_all.jsonl"))
    judged = {passage for task in tasks for passage in task.get("reference_ids", ())}
    path_of = _pages(benchmark, retrieval, work / _DIALOGUES, budget, judged)
    cases = []
    for task in tasks:
        paths = [path_of[passage] for passage in task.get("reference_ids", ()) if passage in path_of]
        if task["answerable"] and not paths:
            continue
        turns = [
            {
                "role": "assistant" if turn["role"] in {"agent", "assistant"} else "user",
                "content": turn["text"],
            }
            for turn in task["history"]
        ]
        fields: Fields = {"id": task["_id"], "turns": [*turns, {"role": "user", "content": task["text"]}]}
        fields |= {"lang": "en", "tags": ["en"], "conversation": str(task["conversation_id"])}
        fields["expect"] = _expected(paths if task["answerable"] else [], "en")
        if task["answerable"]:
            fields["reference"] = task["answers"]
        cases.append(_case(fields))
    return DataSuite(_DIALOGUES, work / _DIALOGUES / "corpus", _drawn(cases, budget))


def _pages(
    benchmark: Benchmark, retrieval: Path, folder: Path, budget: Budget, judged: set[str]
) -> dict[str, str]:
    keep = keep_passages(benchmark, retrieval, judged, budget.passages, seed=budget.seed)
    written = write_corpus(benchmark, retrieval, folder / "corpus", keep=keep)
    return {passage: path for path, passage in written.items()}


def _case(fields: Fields) -> Case:
    return Case.model_validate(fields)


def _drawn(cases: Sequence[Case], budget: Budget) -> tuple[Case, ...]:
    """Draw by language and by whether there is an answer, so that a small sample has all kinds."""
    if budget.questions is None:
        return tuple(cases)
    kinds: dict[tuple[str, str], list[str]] = {}
    for case in cases:
        kinds.setdefault((case.tags[0], case.answerability), []).append(case.id)
    share = -(-budget.questions // len(kinds)) if kinds else 0
    chosen = {name for ids in kinds.values() for name in sample(ids, share, seed=budget.seed)}
    return tuple(case for case in cases if case.id in chosen)


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    if not path.is_file():
        raise EvalError(f"{path} is missing.")
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


Maker = Callable[[Path, Path, Budget], DataSuite]


def _docs(name: str, data: Path, _: Path, budget: Budget) -> DataSuite:
    return docs_suite(data, name, budget)


def _answers(name: str, data: Path, work: Path, budget: Budget) -> DataSuite:
    return answers_suite(data, name, work, budget)


def _ranking(benchmark: Benchmark, data: Path, work: Path, budget: Budget) -> DataSuite:
    return ranking_suite(data, benchmark, work, budget)


SUITES: Mapping[str, Maker] = {
    **{name: partial(_docs, name) for name in SETS},
    **{name: partial(_answers, name) for name in ("squad_v2_dev", KOREAN_SET, *sorted(_LONG_ANSWERS))},
    _DIALOGUES: dialogue_suite,
    **{
        each.name.replace("/", "-"): partial(_ranking, each)
        for each in BENCHMARKS
        if each.folder in {"docs_enko", "emanual"}
    },
}
"""How each suite is made, by its name."""


def write_suite(suite: DataSuite, folder: Path) -> Path:
    """Write a suite for ``kb eval run``; a baseline that lies in the folder stays."""
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / "cases.jsonl", [case.as_json() for case in suite.cases])
    config = f"name = {json.dumps(suite.name)}\ncorpus = {json.dumps(str(suite.corpus.resolve()))}\n"
    write_text(folder / "suite.toml", config + _GATE)
    return folder
