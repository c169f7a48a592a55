"""Measure how pages that disagree are reported: ``python -m evals.conflicts``.

First every question of the docs sets is asked as the docs are; each reported conflict is printed, to be
judged by eye. Then pages are copied with a number changed, a sentence turned round, an amount changed
together with its unit, or a changed number on a page with another title (``elsewhere``). The corpus is
ingested once more, and the questions are asked again: a conflict is found where the answer cites the copy as
disagreeing. A conflict that cites no copy is a false one, and so is one with a copy that only says the same
amount in another unit (``alike``).
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from evals.docs_sets import SETS, Question, data_folder, load_questions
from evals.intervals import mean_with_interval
from evals.seeded_pages import KINDS, Seed, plant
from evals.server import EvalError, ingest, serving

Answer = Mapping[str, Any]


def ask_all(url: str, questions: Sequence[Question]) -> dict[str, Answer]:
    """Give the answer to each question, by its id."""
    answers: dict[str, Answer] = {}
    with httpx.Client(base_url=url, timeout=60) as client:
        for question in questions:
            reply = client.post("/v1/query", json={"question": question.text})
            if reply.status_code != httpx.codes.OK:
                raise EvalError(f"/v1/query gave {reply.status_code} for {question.text!r}")
            answers[question.query_id] = reply.json()
    return answers


def disagreeing(answer: Answer) -> list[list[str]]:
    """Give the paths that each conflict of an answer cites."""
    paths = {citation["id"]: citation["path"] for citation in answer["citations"]}
    return [[paths[cited] for cited in conflict["citations"]] for conflict in answer["conflicts"]]


def outcome(seed: Seed, answer: Answer) -> dict[str, Any]:
    """Say whether the copy was read at all, and whether the answer reports it."""
    cited = {citation["path"] for citation in answer["citations"]}
    found = [paths for paths in disagreeing(answer) if seed.path in paths]
    expected = "polarity" if seed.kind == "polarity" else "number"
    kinds = [
        c["kind"] for c, paths in zip(answer["conflicts"], disagreeing(answer), strict=True) if paths in found
    ]
    return {
        **asdict(seed),
        "answered": answer["status"] == "answered",
        "found": bool(found),
        "right_kind": expected in kinds,
        "cites_copy": seed.path in cited,
        "others": len(answer["conflicts"]) - len(found),
    }


def measure_set(folder: Path, work: Path, *, seeds: int, rng: random.Random) -> dict[str, Any]:
    """Ask a set as it is and with up to ``seeds`` copies of each kind."""
    questions = [question for question in load_questions(folder) if question.answerable]
    corpus = work / "corpus"
    shutil.copytree(folder / "corpus", corpus)
    ingest(corpus, work / "data")
    with serving(work / "data") as server:
        before = ask_all(server.url, questions)
    planted = _plant(corpus, questions, before, seeds, rng)
    ingest(corpus, work / "data")
    asked = {seed.query_id for seed in planted}
    with serving(work / "data") as server:
        after = ask_all(server.url, [question for question in questions if question.query_id in asked])
    return {
        "set": folder.name,
        "questions": len(questions),
        "answered": sum(answer["status"] == "answered" for answer in before.values()),
        "reported": [_shown(query_id, answer) for query_id, answer in before.items() if answer["conflicts"]],
        "seeded": [outcome(seed, after[seed.query_id]) for seed in planted],
    }


def _plant(
    corpus: Path, questions: Sequence[Question], answers: Mapping[str, Answer], count: int, rng: random.Random
) -> list[Seed]:
    """Change each page once, so that no copy agrees with another."""
    planted: list[Seed] = []
    used: set[str] = set()
    order = list(questions)
    rng.shuffle(order)
    for kind in KINDS:
        for lang in ("en", "ko"):
            made = 0
            for question in order:
                answer = answers[question.query_id]
                if made == count or question.query_id in used or not answer["citations"]:
                    continue
                paths = {citation["path"] for citation in answer["citations"]}
                if answer["language"] != lang or paths & used:
                    continue
                seed = plant(corpus, answer, kind, question, rng)
                if seed:
                    planted.append(seed)
                    used |= {question.query_id, *paths}
                    made += 1
    return planted


def _shown(query_id: str, answer: Answer) -> dict[str, Any]:
    quotes = {citation["id"]: (citation["path"], citation["quote"]) for citation in answer["citations"]}
    return {
        "query_id": query_id,
        "conflicts": [
            {**conflict, "quotes": [quotes[cited] for cited in conflict["citations"]]}
            for conflict in answer["conflicts"]
        ],
    }


def show(results: Sequence[Mapping[str, Any]]) -> None:
    """Print what was reported, and recall and precision by language and kind."""
    for result in results:
        n, reported = result["answered"], result["reported"]
        print(f"{result['set']:<10} answered {n:>4}, conflicts reported as the docs are: {len(reported)}")
        for item in reported:
            for conflict in item["conflicts"]:
                print(f"  {item['query_id']}: {conflict['text']}")
                for path, quote in conflict["quotes"]:
                    print(f"    {path}: {quote[:200]}")
    outcomes = [outcome for result in results for outcome in result["seeded"]]
    print(f"\n{'kind':<10} {'lang':<5} {'n':>4}  {'found':<22} {'of the right kind':<22}")
    for kind in KINDS:
        for lang in ("en", "ko", "all"):
            rows = [o for o in outcomes if kind == o["kind"] and lang in (o["lang"], "all") and o["answered"]]
            if rows:
                cells = [_cell([float(row[name]) for row in rows]) for name in ("found", "right_kind")]
                print(f"{kind:<10} {lang:<5} {len(rows):>4}  {cells[0]:<22} {cells[1]:<22}")
    true = sum(o["found"] for o in outcomes if o["kind"] != "alike")
    false = sum(o["others"] + (o["found"] and o["kind"] == "alike") for o in outcomes)
    print(
        f"precision: {_cell([1.0] * true + [0.0] * false)} of {true + false} conflicts reported cite a copy "
        "that disagrees"
    )


def _cell(values: Sequence[float]) -> str:
    value = mean_with_interval(values)
    return f"{value.mean:.3f} [{value.low:.3f},{value.high:.3f}]"


def main() -> int:
    """Measure all sets and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seeds", type=int, default=20, help="copies per set, language and kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="folder with DATA of each set, to save encoding")
    parser.add_argument("--json", type=Path, help="also write all outcomes here")
    options = parser.parse_args()
    results = []
    try:
        data = data_folder(options.data)
        for name in options.sets:
            with tempfile.TemporaryDirectory() as scratch:
                if options.work:
                    shutil.copytree(options.work / name, Path(scratch) / "data")
                rng = random.Random(f"{options.seed}/{name}")  # noqa: S311 - seeds a measurement
                results.append(measure_set(data / "docs" / name, Path(scratch), seeds=options.seeds, rng=rng))
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    show(results)
    if options.json:
        options.json.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
