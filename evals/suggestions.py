"""Ask every suggested question: ``python -m evals.suggestions``.

A suggestion holds when the same server answers it within the same filters, first from the page and section
whose heading or title it is. Questions of the docs sets are asked as they are and, where a set has pages in
both languages, once more with the pages narrowed to the asker's language.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals import tables
from evals.asking import Asker
from evals.benchmark_data import sample
from evals.docs_sets import LANGUAGES, SETS, Question, data_folder, load_questions, plain
from evals.runs import Row, write_rows
from evals.server import EvalError, ingest, serving

ANSWER_COLUMNS = ("any", "count", "offers_ms")
SUGGESTION_COLUMNS = ("answered", "own_section", "own_language", "new")
_HANGUL_SHARE = 0.1

Answer = Mapping[str, Any]


def names_place(suggestion: str, citation: Mapping[str, Any]) -> bool:
    """Tell whether a suggestion is made of the title and headings of the cited section.

    >>> names_place("Sync: Limits", {"title": "Sync", "heading_path": ["2. Limits", "Files"]})
    True
    """
    place = plain(" ".join([citation["title"], *citation["heading_path"]]))
    title = f"{plain(citation['title'])}: "
    return plain(suggestion).removeprefix(title) in place


def language_of(text: str) -> str:
    """Name the language of a text by its share of Hangul letters.

    >>> language_of("Obsidian 설정"), language_of("Settings")
    ('ko', 'en')
    """
    letters = [sign for sign in text if sign.isalpha()]
    hangul = sum("가" <= sign <= "힣" for sign in letters)
    return "ko" if letters and hangul >= _HANGUL_SHARE * len(letters) else "en"


def suggestion_values(suggestion: str, asked: Answer, got: Answer) -> dict[str, float]:
    """Value one suggestion of the answer ``asked`` by what it ``got`` when it was asked itself."""
    citations = got["citations"]
    return {
        "answered": got["status"] == "answered",
        "own_section": bool(citations) and names_place(suggestion, citations[0]),
        "own_language": language_of(suggestion) == asked["language"],
        "new": plain(suggestion) not in {plain(text) for text in (asked["question"], *asked["others"])},
    }


def answer_values(answer: Answer) -> dict[str, float]:
    """Value what one answer offers."""
    count = len(answer["suggestions"])
    return {"any": count > 0, "count": count, "offers_ms": answer["timings_ms"]["offers"]}


def _measure(
    name: str, mode: str, asker: Asker, questions: Sequence[Question], filters: Mapping[str, str]
) -> list[Row]:
    answers = asker.answers({q.query_id: {"question": q.text, "filters": filters} for q in questions})
    asked = {
        f"{question.query_id}#{place}": (text, question, answers[question.query_id])
        for question in questions
        for place, text in enumerate(answers[question.query_id]["suggestions"])
    }
    got = asker.answers({key: {"question": text, "filters": filters} for key, (text, _, _) in asked.items()})
    rows = []
    for status in ("answered", "abstained"):
        of_answers = {key: answer_values(a) for key, a in answers.items() if a["status"] == status}
        of_suggestions = {
            key: suggestion_values(
                text,
                {**answer, "question": question.text, "others": _others(answer, text)},
                got[key],
            )
            for key, (text, question, answer) in asked.items()
            if answer["status"] == status
        }
        for values in (of_answers, of_suggestions):
            if values:
                lang = questions[0].lang
                rows.append(Row(name, lang, f"{status}{mode}", _by_measure(values)))
    return rows


def _others(answer: Answer, text: str) -> list[str]:
    others = list(answer["suggestions"])
    others.remove(text)
    return others


def _by_measure(values: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    turned: dict[str, dict[str, float]] = {}
    for key, measured in values.items():
        for measure, value in measured.items():
            turned.setdefault(measure, {})[key] = float(value)
    return turned


def measure_set(name: str, data: Path, work: Path, options: argparse.Namespace) -> list[Row]:
    """Ingest one docs set, ask its questions and then all that was suggested."""
    ingest(data / "docs" / name / "corpus", work / name)
    questions = load_questions(data / "docs" / name)
    rows: list[Row] = []
    with serving(work / name) as server, Asker(server.url) as asker:
        for lang in LANGUAGES:
            of_lang = {q.query_id: q for q in questions if q.lang == lang}
            chosen = [of_lang[key] for key in sample(list(of_lang), options.queries, seed=options.seed)]
            if not chosen:
                continue
            print(f"{name}: {lang}, {len(chosen)} questions", file=sys.stderr)
            rows += _measure(name, "", asker, chosen, {})
            if name in options.filtered:
                rows += _measure(name, " lang", asker, chosen, {"lang": lang})
    return rows


def main() -> int:
    """Measure the named sets and print two tables; ``--json`` also writes the value of every question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument(
        "--filtered", nargs="*", default=["obsidian"], help="sets asked once more with a filter on lang"
    )
    parser.add_argument("--queries", type=int, help="ask only so many questions of each set and language")
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
        write_rows(
            options.json, rows, command="evals.suggestions", queries=options.queries, seed=options.seed
        )
    for title, columns in (
        ("Answers: how many come with suggestions, how many each, time for them", ANSWER_COLUMNS),
        ("Suggestions, each asked itself", SUGGESTION_COLUMNS),
    ):
        print(f"\n{title}")
        tables.show([row for row in rows if columns[0] in row.values], columns)
    return 0


if __name__ == "__main__":
    sys.exit(main())
