"""Fit what each feature of a unit counts, which ``kb_server/answering/quoting/weights.json`` holds.

Questions with known answers are searched in this machine's own process, and ``kb_server.weighed_units`` tells
which sentences, items, rows and blocks were weighed, by which features. Gold are the units that hold the
facts of a docs set, or, where a question has none, those of its section; those that a case of the manual
names, unless it is held out; and those with the gold answer of one half of the benchmark sets. Printed is
how often gold comes first, and among the first three, on what a fit has not seen.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.answer_measures import says_any
from evals.answers import load_records
from evals.benchmark_data import Benchmark, retrieval_folder, write_corpus
from evals.cases.matching import found_at
from evals.cases.schema import Case
from evals.cases.suite import load_suite
from evals.docs_sets import SETS, Question, data_folder, load_questions, plain
from evals.server import EvalError, ingest
from evals.unit_fit import Lesson, by_hand, fit, judged
from evals.weighing import Unit, weighed

Gold = Callable[[Unit], float]

BENCHMARKS = {"squad_v2_dev": 500, "korquad_v1_dev": 600, "clapnq_dev": 300}
"""How many questions of each are asked."""
ALL_SETS = (*SETS, "manual", *BENCHMARKS)
_SEED = 7
_GIVEN_ONLY = ("clapnq_dev",)
"""Sets whose passage is always given: the others are asked once so, and once on all passages."""
_ON_PAGE, _ANYWHERE = 0.6, 0.15
"""What a fact counts on the right page outside the right section, and elsewhere."""
_SECTION_COUNTS = 0.5
"""What a question counts of which only the section is known."""
_SAME_SENTENCE = 0.6
_DIGITS = 3


def lesson(found: Mapping[str, Any], gold: Gold, **labels: Any) -> Lesson | None:
    """Make a lesson of the units of a question; None where none of them is gold."""
    worth = np.array([gold(unit) for unit in found["units"]])
    if worth.max() <= 0:
        return None
    x = np.array([list(unit["features"].values()) for unit in found["units"]])
    names = tuple(found["units"][0]["features"])
    return Lesson(lang=found["lang"], names=names, x=x, gold=worth, **labels)


def docs_lessons(name: str, data: Path, work: Path) -> Iterator[Lesson | None]:
    """Give the lessons of one docs set."""
    folder = data / "docs" / name
    ingest(folder / "corpus", work / name)
    questions = [question for question in load_questions(folder) if question.answerable]
    found = weighed(work / name, [{"id": q.query_id, "question": q.text} for q in questions])
    for question in questions:
        if question.query_id in found:
            labels = {"set": name if question.facts else f"{name} sections"}
            counts = 1.0 if question.facts else _SECTION_COUNTS
            yield lesson(found[question.query_id], gold_of_docs(question), **labels, counts=counts)


def gold_of_docs(question: Question) -> Gold:
    """Give what a unit is worth: its share of the facts, more where the question's labels say it stands."""

    def gold(unit: Unit) -> float:
        headings = {plain(heading) for heading in unit["heading_path"]}
        places = [item for item in question.relevant if item.path == unit["path"]]
        inside = any(not item.heading or plain(item.heading) in headings for item in places)
        if not question.facts:
            return float(inside)
        text = plain(unit["text"])
        held = sum(plain(fact) in text for fact in question.facts) / len(question.facts)
        return held * (1.0 if inside else _ON_PAGE if places else _ANYWHERE)

    return gold


def manual_lessons(work: Path) -> Iterator[Lesson | None]:
    """Give the lessons of the manual's suite; no fit sees what is held out."""
    suite = load_suite("manual")
    if suite.corpus is None:
        raise EvalError("The suite 'manual' names no corpus.")
    ingest(suite.corpus, work / "manual")
    cases = [case for case in suite.cases if case.question and case.expect.answers]
    asked = [{"id": case.id, "question": case.question, "filters": case.filters} for case in cases]
    found = weighed(work / "manual", asked)
    for case in cases:
        if case.id in found:
            yield lesson(found[case.id], gold_of_case(case), set="manual", fitted="held-out" not in case.tags)


def gold_of_case(case: Case) -> Gold:
    """Give what a unit is worth: its share of what the answer must say, in a place that may be cited."""
    expect = case.expect
    wanted = [[text] for text in expect.contains] + [list(nugget.match) for nugget in expect.nuggets]
    wanted += [list(expect.contains_any)] if expect.contains_any else []

    def gold(unit: Unit) -> float:
        if expect.cite.any and not any(found_at(place, [unit]) for place in expect.cite.any):
            return 0.0
        held = sum(any(text in unit["text"] for text in either) for either in wanted)
        return held / len(wanted) if wanted else 0.0

    return gold


def benchmark_lessons(name: str, data: Path, work: Path) -> Iterator[Lesson | None]:
    """Give the lessons of one benchmark set; the fit sees every second one."""
    retrieval = retrieval_folder(data)
    records = load_records(retrieval, name, BENCHMARKS[name], _SEED)
    benchmark = Benchmark(name, name, ("corpus.jsonl",), (), markdown=False)
    passages = write_corpus(benchmark, retrieval, work / name / "corpus")
    paths = {passage: path for path, passage in passages.items()}
    ingest(work / name / "corpus", work / name / "data")
    asked = [
        {"id": record["_id"], "question": record["text"]} | _given(record, paths, given=given)
        for given in ((True,) if name in _GIVEN_ONLY else (True, False))
        for record in records
    ]
    half = len(records)
    for part in (asked[:half], asked[half:]):
        found = weighed(work / name / "data", part) if part else {}
        for place, record in enumerate(records):
            if record["_id"] in found:
                yield lesson(found[record["_id"]], gold_of_record(record), set=name, fitted=place % 2 == 0)


def _given(record: Mapping[str, Any], paths: Mapping[str, str], *, given: bool) -> dict[str, Any]:
    return {"filters": {"path_prefix": paths[record["context_id"]]}} if given else {}


def gold_of_record(record: Mapping[str, Any]) -> Gold:
    """Give 1.0 for a unit with a gold answer, or where there is a long one, with a sentence behind it."""
    behind = [set(plain(text).split()) for part in record.get("selected_sentences", []) for text in part]

    def gold(unit: Unit) -> float:
        text = plain(unit["text"])
        if not behind:
            return float(says_any(unit["text"], record["answers"]))
        words = set(text.split())
        return float(any(len(words & other) > _SAME_SENTENCE * len(words | other) for other in behind))

    return gold


def gather(names: Sequence[str], data: Path, work: Path) -> list[Lesson]:
    """Ingest the named sets and give the lessons of all."""
    lessons: list[Lesson | None] = []
    for name in names:
        print(f"units: {name}", file=sys.stderr)
        if name in SETS:
            lessons += docs_lessons(name, data, work)
        elif name in BENCHMARKS:
            lessons += benchmark_lessons(name, data, work)
        else:
            lessons += manual_lessons(work)
    return [each for each in lessons if each is not None]


def show(values: Mapping[tuple[str, str], Sequence[tuple[float, ...]]]) -> None:
    """Print one line for each set and language."""
    print("| | n | first, by hand | fitted | first three, by hand | fitted |\n| --- |" + " --- |" * 5)
    for (name, lang), each in sorted(values.items()):
        means = " | ".join(f"{value:.3f}" for value in np.array(each).mean(axis=0))
        print(f"| {name}, {lang} | {len(each)} | {means} |")


def main() -> int:
    """Fit the weights, print what they find on unseen questions, and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with docs/ and retrieval/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=ALL_SETS, choices=ALL_SETS)
    parser.add_argument("--work", type=Path, help="keep the indexes here")
    parser.add_argument("--out", type=Path, help="file for the weights")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            lessons = gather(options.sets, data_folder(options.data), options.work or Path(scratch))
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    return report(lessons, options.out)


def report(lessons: Sequence[Lesson], out: Path | None) -> int:
    """Print what the fit finds, and write its weights to ``out``."""
    names = lessons[0].names
    prior = by_hand(names)
    show(judged(lessons, prior, {f"{name}{part}": name for name in SETS for part in ("", " sections")}))
    weights = fit([each for each in lessons if each.fitted], prior)
    content = {"weights": {name: round(float(w), _DIGITS) for name, w in zip(names, weights, strict=True)}}
    text = json.dumps(content, indent=2) + "\n"
    if out is None:
        print(text)
    else:
        out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
