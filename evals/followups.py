"""Measure what a conversation does to a question: ``python -m evals.followups``.

``turns``: the turns of a multi-turn set are searched alone, with their history, and as people rewrote them.
``pairs``: questions of the docs sets from which the words shared with an earlier question were left out.
``answers``: the same, answered after the earlier question.
``independent``: questions of the docs sets after an unrelated one must be searched as without it.
Everything is asked over HTTP; what an assistant said before carries the server's own citations.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals import tables
from evals.asking import MODES, Asker
from evals.benchmark_data import (
    BENCHMARKS,
    keep_passages,
    load_qrels,
    load_queries,
    retrieval_folder,
    write_corpus,
)
from evals.conversations import History, Turn, elliptic_pairs, load_turns, unrelated, with_citations
from evals.docs_sets import LANGUAGES, SETS, Question, data_folder, load_questions
from evals.followup_answers import COLUMNS as ANSWER_COLUMNS
from evals.followup_answers import measure_answers
from evals.intervals import mean_with_interval, paired_difference
from evals.measures import RANKED_COLUMNS, page_measures, ranked_measures
from evals.runs import Row, fold_to_pages, write_rows
from evals.server import EvalError, ingest, serving

MULTI_TURN = "mtrag_cloud"
PARTS = ("turns", "pairs", "answers", "independent")
ALONE, HISTORY, REWRITE = "alone", "history", "rewrite"
PAIR_COLUMNS = ("page@1", "page@5", "MRR@10", "follows_up")
_RANKS = 10
_DEPTH = 40
_TOP_K = 10

Bodies = Mapping[str, Mapping[str, Any]]
Citations = Sequence[Mapping[str, Any]]


def _ranked(asker: Asker, bodies: Bodies, mode: str) -> dict[str, list[str]]:
    """Rank pages, each once, for every body of ``POST /v1/search``."""
    found = asker.passages({name: {**body, "mode": mode, "top_k": _DEPTH} for name, body in bodies.items()})
    return {name: fold_to_pages(hit["path"] for hit in hits)[:_RANKS] for name, hits in found.items()}


def _cited(asker: Asker, turns: Sequence[Turn]) -> dict[tuple[str, int], Citations]:
    """Ask every turn in its conversation; give what each answer cited, by conversation and number."""
    bodies = {
        turn.query_id: {"question": turn.text, "history": turn.history, "suggest": False} for turn in turns
    }
    answers = asker.answers(bodies)
    return {(turn.conversation, turn.number): answers[turn.query_id]["citations"] for turn in turns}


def measure_turns(data: Path, work: Path, options: argparse.Namespace) -> list[Row]:
    """Search the turns of the multi-turn set in three forms and every mode."""
    retrieval = retrieval_folder(data)
    benchmark = next(each for each in BENCHMARKS if each.name == MULTI_TURN)
    task, rewritten = benchmark.tasks
    qrels = load_qrels(benchmark, task, retrieval)
    rewrites = load_queries(benchmark, rewritten, retrieval, qrels)
    turns = load_turns(retrieval, MULTI_TURN)
    judged = {passage for grades in qrels.values() for passage in grades}
    keep = keep_passages(benchmark, retrieval, judged, options.passages, seed=options.seed)
    passages = write_corpus(benchmark, retrieval, work / MULTI_TURN / "corpus", keep=keep)
    path_of = {passage: path for path, passage in passages.items()}
    by_path = {
        name: {path_of.get(passage, passage): grade for passage, grade in grades.items()}
        for name, grades in qrels.items()
    }
    ingest(work / MULTI_TURN / "corpus", work / MULTI_TURN / "data")
    rows: list[Row] = []
    with serving(work / MULTI_TURN / "data") as server, Asker(server.url) as asker:
        cited = _cited(asker, turns)
        asked = [turn for turn in turns if turn.query_id in rewrites]
        forms: dict[str, Bodies] = {
            ALONE: {turn.query_id: {"query": turn.text} for turn in asked},
            HISTORY: {
                turn.query_id: {"query": turn.text, "history": with_citations(turn, cited)} for turn in asked
            },
            REWRITE: {turn.query_id: {"query": rewrites[turn.query_id]} for turn in asked},
        }
        leaning = _follow_ups(asker, forms[HISTORY])
        for mode in options.modes:
            for form, bodies in forms.items():
                values = ranked_measures(by_path, _ranked(asker, bodies, mode))
                rows += _slices(f"{mode} {form}", values, leaning)
    _show_detected(asked, leaning)
    return rows


def _follow_ups(asker: Asker, bodies: Bodies) -> set[str]:
    """Give the names of the bodies that the server reads as follow-ups."""
    replies = asker.replies({name: {**body, "top_k": 1} for name, body in bodies.items()})
    return {
        name
        for name, reply in replies.items()
        if reply["understood"] is not None and reply["understood"]["follows_up"]
    }


def _slices(mode: str, values: Mapping[str, Mapping[str, float]], leaning: set[str]) -> list[Row]:
    """Give a row of all questions and one of those that were read as follow-ups."""
    chosen = {
        name: {query_id: value for query_id, value in by_query.items() if query_id in leaning}
        for name, by_query in values.items()
    }
    return [Row(MULTI_TURN, "all", mode, values), Row(MULTI_TURN, "follow-up", mode, chosen)]


def _show_detected(turns: Sequence[Turn], leaning: set[str]) -> None:
    first = [turn.query_id in leaning for turn in turns if not turn.history]
    later = [turn.query_id in leaning for turn in turns if turn.history]
    print(
        f"\nRead as follow-ups: {sum(first)} of {len(first)} first turns, {sum(later)} of {len(later)} later"
    )


def measure_pairs(name: str, questions: Sequence[Question], asker: Asker) -> list[Row]:
    """Search elliptic questions alone and with the question before, and the whole question."""
    rows = []
    for lang in LANGUAGES:
        pairs = elliptic_pairs([q for q in questions if q.answerable and q.lang == lang])
        if not pairs:
            continue
        histories = _histories(asker, {pair.whole.query_id: pair.before.text for pair in pairs})
        forms: dict[str, Bodies] = {
            ALONE: {pair.whole.query_id: {"query": pair.elliptic} for pair in pairs},
            HISTORY: {
                pair.whole.query_id: {"query": pair.elliptic, "history": histories[pair.whole.query_id]}
                for pair in pairs
            },
            "whole": {pair.whole.query_id: {"query": pair.whole.text} for pair in pairs},
        }
        for form, bodies in forms.items():
            replies = asker.replies({key: {**body, "top_k": _TOP_K} for key, body in bodies.items()})
            found = {key: reply["passages"] for key, reply in replies.items()}
            measured = page_measures([pair.whole for pair in pairs], found)
            values = {
                column: {key: each[column] for key, each in measured.items()} for column in PAIR_COLUMNS[:-1]
            }
            values["follows_up"] = {
                key: float((reply["understood"] or {"follows_up": False})["follows_up"])
                for key, reply in replies.items()
            }
            rows.append(Row(name, lang, form, values))
    return rows


def measure_answered(name: str, questions: Sequence[Question], asker: Asker) -> list[Row]:
    """Answer elliptic questions after the question before."""
    rows = []
    for lang in LANGUAGES:
        if pairs := elliptic_pairs([q for q in questions if q.answerable and q.lang == lang]):
            histories = _histories(asker, {pair.whole.query_id: pair.before.text for pair in pairs})
            rows.append(measure_answers(name, lang, pairs, histories, asker))
    return rows


def _histories(asker: Asker, questions: Mapping[str, str]) -> dict[str, History]:
    """Ask each question and give the conversation so far, with the answer's citations."""
    answers = asker.answers({key: {"question": text, "suggest": False} for key, text in questions.items()})
    return {
        key: [
            {"role": "user", "content": text},
            {
                "role": "assistant",
                "content": answers[key]["text"],
                "citations": answers[key]["citations"],
            },
        ]
        for key, text in questions.items()
    }


def measure_independent(
    name: str, questions: Sequence[Question], asker: Asker, options: argparse.Namespace
) -> list[Row]:
    """Search every question after an unrelated one; 1.0 where nothing at all is other than without it."""
    others = unrelated(questions, seed=options.seed)
    asked = {question.query_id: question for question in questions if question.query_id in others}
    histories = _histories(asker, {key: others[key].text for key in asked})
    alone = asker.passages({key: {"query": q.text, "top_k": _TOP_K} for key, q in asked.items()})
    later = asker.passages(
        {key: {"query": q.text, "top_k": _TOP_K, "history": histories[key]} for key, q in asked.items()}
    )
    rows = []
    for lang in LANGUAGES:
        same = {key: float(alone[key] == later[key]) for key, q in asked.items() if q.lang == lang}
        if same:
            rows.append(Row(name, lang, "independent", {"unchanged": same}))
    return rows


def measure_docs(name: str, data: Path, work: Path, options: argparse.Namespace) -> dict[str, list[Row]]:
    """Ingest and serve one docs set; give the rows by part."""
    questions = load_questions(data / "docs" / name)
    ingest(data / "docs" / name / "corpus", work / name)
    rows: dict[str, list[Row]] = {}
    with serving(work / name) as server, Asker(server.url) as asker:
        print(f"{name}: {len(questions)} questions", file=sys.stderr)
        if "pairs" in options.parts:
            rows["pairs"] = measure_pairs(name, questions, asker)
        if "answers" in options.parts:
            rows["answers"] = measure_answered(name, questions, asker)
        if "independent" in options.parts:
            rows["independent"] = measure_independent(name, questions, asker, options)
    return rows


def show_differences(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Print what history adds to the question alone, paired by question."""
    by_key = {(row.set, row.slice, row.mode): row for row in rows}
    print(f"\n{'set':<16} {'slice':<10} {'difference':<28} {'measure':<10} {'n':>5}  value")
    for row in rows:
        if not row.mode.endswith(HISTORY):
            continue
        base = by_key[row.set, row.slice, row.mode.removesuffix(HISTORY) + ALONE]
        for column in columns:
            n, gap = paired_difference(row.values[column], base.values[column])
            said = f"{row.mode} - {ALONE}"
            value = f"{gap.mean:+.3f} [{gap.low:+.3f},{gap.high:+.3f}]"
            print(f"{row.set:<16} {row.slice:<10} {said:<28} {column:<10} {n:>5}  {value}")


def show_independent(rows: Sequence[Row]) -> None:
    """Print the share of questions that an unrelated conversation left unchanged."""
    for row in rows:
        share = mean_with_interval(list(row.values["unchanged"].values()))
        changed = [key for key, value in row.values["unchanged"].items() if not value]
        named = f"  changed: {', '.join(changed)}" if changed else ""
        interval = f"[{share.low:.3f},{share.high:.3f}]"
        print(f"{row.set:<16} {row.slice:<10} unchanged {share.mean:.3f} {interval} of {row.n}{named}")


def main() -> int:
    """Measure the named parts and print the tables; ``--json`` also writes the value of every question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with docs/ and retrieval/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=list(SETS), help="docs sets")
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS)
    parser.add_argument("--modes", nargs="+", default=list(MODES), choices=MODES, help="of the turns")
    parser.add_argument(
        "--passages", type=int, help="keep only the judged passages and so many others: an easier task"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--work", type=Path, help="keep the indexes here, so that a second run need not encode"
    )
    parser.add_argument("--json", type=Path, help="write all rows to this file")
    options = parser.parse_args()
    parts: dict[str, list[Row]] = {}
    try:
        data = data_folder(options.data)
        with tempfile.TemporaryDirectory() as scratch:
            work = options.work or Path(scratch)
            if "turns" in options.parts:
                parts["turns"] = measure_turns(data, work, options)
            for name in options.sets if {"pairs", "answers", "independent"} & set(options.parts) else ():
                for part, rows in measure_docs(name, data, work, options).items():
                    parts.setdefault(part, []).extend(rows)
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    if options.json:
        write_rows(options.json, [row for rows in parts.values() for row in rows], command="evals.followups")
    if "turns" in parts:
        tables.show(parts["turns"], RANKED_COLUMNS, pool=False)
        show_differences(parts["turns"], RANKED_COLUMNS)
    if "pairs" in parts:
        tables.show(parts["pairs"], PAIR_COLUMNS)
        show_differences(parts["pairs"], PAIR_COLUMNS)
    if "answers" in parts:
        tables.show(parts["answers"], ANSWER_COLUMNS)
    show_independent(parts.get("independent", []))
    return 0


if __name__ == "__main__":
    sys.exit(main())
