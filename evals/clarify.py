"""Measure when the server asks back: ``python -m evals.clarify``.

*Real questions* of the docs sets have one reading: asking back is a false alarm. *Two products* are made of
the pages that answer them (see ``ambiguous``). A question that names none is asked in each product alone:
where both answer and differ, it must be asked back; where they say the same, where one product lacks the
page, where the question names a product and where a filter does, it must be answered. *Single words* stand
in the headings of many pages, of one, or are a page's title. Each choice is sent back: it must be answered
from the product or page that it names.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals import tables
from evals.ambiguous import (
    OTHER_NAME,
    heading_words,
    own_page,
    product_name,
    renamed,
    single_page_questions,
    write_products,
)
from evals.asking import Asker
from evals.benchmark_data import sample
from evals.docs_sets import LANGUAGES, SETS, Question, data_folder, load_questions
from evals.runs import Row, write_rows
from evals.server import EvalError, ingest, serving

COLUMNS = ("asked_back", "answered")
CHOICE_COLUMNS = ("choice_answered", "choice_own")
_STATES = ("differs", "same", "lacks")
_MANY_PAGES = 4
"""Pages with a word in their headings from which on the word alone says too little."""
_MODES = _DIFFER, _SAME, _ONE, _NAMING, _FILTERED = (
    "products differ",
    "products the same",
    "one has the page",
    "one is named",
    "one is filtered",
)
_NAMED = {"en": "{question} (I use {product})", "ko": "{product}에서 {question}"}

Answer = Mapping[str, Any]
Bodies = Mapping[str, Mapping[str, Any]]


def of_choice(choice: Mapping[str, Any], got: Answer) -> dict[str, float]:
    """Value a choice by the answer to its question with its filters."""
    paths = [citation["path"] for citation in got["citations"]]
    wanted = choice["filters"].get("path")
    folder = {OTHER_NAME: "second/"}.get(choice["filters"].get("product", ""), "first/")
    own = [path == wanted if wanted else path.startswith(folder) for path in paths]
    return {"choice_answered": got["status"] == "answered", "choice_own": bool(own) and all(own)}


def measure(name: str, lang: str, mode: str, asker: Asker, bodies: Bodies) -> list[Row]:
    """Ask, and send every choice back."""
    answers = asker.answers(bodies)
    choices = {
        f"{key}#{place}": choice
        for key, answer in answers.items()
        for place, choice in enumerate(answer["choices"])
    }
    got = asker.answers(
        {key: {"question": c["question"], "filters": c["filters"]} for key, c in choices.items()}
    )
    values = {
        key: {"asked_back": a["status"] == "clarify", "answered": a["status"] == "answered"}
        for key, a in answers.items()
    }
    for key, answer in answers.items():
        if answer["status"] == "clarify":
            labels = " | ".join(choice["label"] for choice in answer["choices"])
            print(f"{name} {lang} {mode}: {bodies[key]['question']}  ->  {labels}", file=sys.stderr)
    of_choices = {key: of_choice(choice, got[key]) for key, choice in choices.items()}
    return [Row(name, lang, mode, _by_measure(v)) for v in (values, of_choices) if v]


def _by_measure(values: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    turned: dict[str, dict[str, float]] = {}
    for key, measured in values.items():
        for measure_name, value in measured.items():
            turned.setdefault(measure_name, {})[key] = float(value)
    return turned


def measure_questions(name: str, asker: Asker, questions: Iterable[Question]) -> list[Row]:
    """Ask the questions of a set as they are."""
    rows: list[Row] = []
    for lang in LANGUAGES:
        bodies = {q.query_id: {"question": q.text} for q in questions if q.lang == lang and q.answerable}
        if bodies:
            rows += measure(name, lang, "real question", asker, bodies)
    return rows


def measure_words(name: str, corpus: Path, asker: Asker, options: argparse.Namespace) -> list[Row]:
    """Ask single words of headings."""
    rows: list[Row] = []
    for lang in LANGUAGES:
        words = heading_words(corpus, lang)
        kinds = {
            "word, many pages": [w.text for w in words if w.pages >= _MANY_PAGES and not w.is_title],
            "word, one page": [w.text for w in words if w.pages == 1 and not w.is_title],
            "word, a title": [w.text for w in words if w.is_title],
        }
        for mode, texts in kinds.items():
            chosen = sample(texts, options.words, seed=options.seed)
            if chosen:
                rows += measure(name, lang, mode, asker, {text: {"question": text} for text in chosen})
    return rows


def measure_products(name: str, data: Path, work: Path, options: argparse.Namespace) -> list[Row]:
    """Make two products of a set's pages and ask the questions that its pages answer."""
    folder = data / "docs" / name
    questions = single_page_questions(load_questions(folder))
    chosen = [
        question
        for lang in LANGUAGES
        for question in _sampled([q for q in questions if q.lang == lang], options)
        if product_name(name).casefold() not in question.text.casefold()
    ]
    pages = sorted({own_page(question) for question in chosen})
    states = random.Random(options.seed).choices(_STATES, weights=(4, 1, 2), k=len(pages))  # noqa: S311 - a seed
    second = dict(zip(pages, states, strict=True))
    write_products(name, folder / "corpus", second, work / f"{name}-pages")
    ingest(work / f"{name}-pages", work / f"{name}-products")
    rows: list[Row] = []
    with serving(work / f"{name}-products") as server, Asker(server.url) as asker:
        for lang in LANGUAGES:
            asked = [question for question in chosen if question.lang == lang]
            for mode, bodies in _product_bodies(name, asker, asked, second).items():
                rows += measure(name, lang, mode, asker, bodies)
    return rows


def _product_bodies(
    name: str, asker: Asker, questions: Sequence[Question], second: Mapping[str, str]
) -> dict[str, Bodies]:
    """Sort the questions by what the two products answer when each is asked alone."""
    bodies: dict[str, dict[str, Mapping[str, Any]]] = {mode: {} for mode in _MODES}
    both = [question for question in questions if second[own_page(question)] != "lacks"]
    alone = {
        product: asker.answers(
            {q.query_id: {"question": q.text, "filters": {"product": product}} for q in both}
        )
        for product in (product_name(name), OTHER_NAME)
    }
    for question in questions:
        key = question.query_id
        body: Mapping[str, Any] = {"question": question.text}
        answers = [of.get(key) for of in alone.values()]
        if second[own_page(question)] == "lacks":
            bodies[_ONE][key] = body
        elif all(answer and answer["status"] == "answered" for answer in answers):
            first, other = (_unnamed(answer["text"], name) for answer in answers if answer)
            bodies[_SAME if first == other else _DIFFER][key] = body
    for key, body in bodies[_DIFFER].items():
        lang = next(question.lang for question in questions if question.query_id == key)
        named = _NAMED[lang].format(question=body["question"], product=OTHER_NAME)
        bodies[_NAMING][key] = {"question": named}
        bodies[_FILTERED][key] = {**body, "filters": {"product": OTHER_NAME}}
    return {mode: of_mode for mode, of_mode in bodies.items() if of_mode}


def _unnamed(text: str, name: str) -> str:
    return " ".join(renamed(text, name, differs=False).replace(OTHER_NAME, "").split())


def _sampled(questions: Sequence[Question], options: argparse.Namespace) -> list[Question]:
    by_id = {question.query_id: question for question in questions}
    return [by_id[key] for key in sample(list(by_id), options.questions, seed=options.seed)]


def main() -> int:
    """Measure the named sets and print the tables; what is asked back goes to standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--parts", nargs="+", default=["real", "products", "words"])
    parser.add_argument(
        "--questions", type=int, default=40, help="of each set and language, for two products"
    )
    parser.add_argument("--words", type=int, default=25, help="of each kind, set and language")
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
            for name in options.sets:
                rows += measure_set(name, data, options.work or Path(scratch), options)
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    if options.json:
        write_rows(options.json, rows, command="evals.clarify", seed=options.seed)
    for title, columns in (("Asked back", COLUMNS), ("Choices, each sent back", CHOICE_COLUMNS)):
        print(f"\n{title}")
        tables.show([row for row in rows if columns[0] in row.values], columns)
    return 0


def measure_set(name: str, data: Path, work: Path, options: argparse.Namespace) -> list[Row]:
    """Measure the parts that ``options`` name on one set."""
    folder = data / "docs" / name
    rows: list[Row] = []
    if {"real", "words"} & set(options.parts):
        ingest(folder / "corpus", work / name)
        with serving(work / name) as server, Asker(server.url) as asker:
            if "real" in options.parts:
                rows += measure_questions(name, asker, load_questions(folder))
            if "words" in options.parts:
                rows += measure_words(name, folder / "corpus", asker, options)
    if "products" in options.parts:
        rows += measure_products(name, data, work, options)
    return rows


if __name__ == "__main__":
    sys.exit(main())
