"""Measure small talk: ``python -m evals.small_talk``.

Greetings, thanks and the like should get a reply without a search, and no question may: questions of the
docs sets and texts of support intents are asked over HTTP of a server with one page, since what counts is
whether a search is made, not what it finds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals import tables
from evals.asking import Asker
from evals.benchmark_data import sample
from evals.docs_sets import SETS, data_folder, load_questions
from evals.runs import Row, write_rows
from evals.server import EvalError, ingest, serving

COLUMNS = ("small_talk", "person")
TALK_LABELS = ("greeting", "thank_you", "goodbye", "are_you_a_bot")
"""Intents of ``clinc150`` that are small talk and nothing else."""
NEAR_LABELS = (
    *("yes", "no", "maybe", "what_is_your_name", "who_made_you", "what_can_i_ask_you", "how_old_are_you"),
    *("where_are_you_from", "what_are_your_hobbies", "repeat", "cancel", "oos", "tell_joke", "fun_fact"),
    *("meaning_of_life", "user_name", "change_user_name", "change_ai_name", "who_do_you_work_for"),
    *("do_you_have_pets",),
)
"""Intents of ``clinc150`` that are half small talk: counted on neither side."""
_PAGE = "# Billing\n\nOpen Settings > Plan and press Cancel plan.\n"

Texts = Mapping[str, str]


def groups(data: Path, options: argparse.Namespace) -> Iterator[tuple[str, str, Texts]]:
    """Give set, kind (``question`` or ``talk``) and texts of everything that is asked."""
    for name in SETS:
        questions = load_questions(data / "docs" / name)
        yield f"docs/{name}", "question", {q.query_id: q.text for q in questions}
    banking = _records(data, "banking77")
    yield "banking77", "question", _drawn(banking, options)
    clinc = _records(data, "clinc150")
    others = [record for record in clinc if record["label"] not in (*TALK_LABELS, *NEAR_LABELS)]
    yield "clinc150", "question", _drawn(others, options)
    for label in TALK_LABELS:
        texts = [record for record in clinc if record["label"] == label]
        yield f"clinc150/{label}", "talk", _drawn(texts, options)


def _records(data: Path, name: str) -> list[dict[str, Any]]:
    path = data / "support" / name / "test.jsonl"
    if not path.is_file():
        raise EvalError(f"{path} is missing.")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def _drawn(records: Sequence[Mapping[str, Any]], options: argparse.Namespace) -> Texts:
    texts = {str(place): record["text"] for place, record in enumerate(records) if record["text"].strip()}
    return {key: texts[key] for key in sample(list(texts), options.texts, seed=options.seed)}


def measure(data: Path, work: Path, options: argparse.Namespace) -> list[Row]:
    """Ask everything; give a row per set."""
    (work / "corpus").mkdir()
    (work / "corpus" / "billing.md").write_text(_PAGE, encoding="utf-8")
    ingest(work / "corpus", work / "data")
    rows = []
    with serving(work / "data") as server, Asker(server.url) as asker:
        for name, kind, texts in groups(data, options):
            print(f"{name}: {len(texts)} texts", file=sys.stderr)
            bodies = {key: {"question": text, "top_k": 1, "suggest": False} for key, text in texts.items()}
            answers = asker.answers(bodies)
            values = {
                "small_talk": {key: float(a["reason"] == "small_talk") for key, a in answers.items()},
                "person": {key: float(a["reason"] == "needs_human") for key, a in answers.items()},
            }
            rows.append(Row(name, kind, "", values))
    return rows


def main() -> int:
    """Measure and print the table; ``--json`` also writes the value of every text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with docs/ and support/; default: KB_EVAL_DATA")
    parser.add_argument("--texts", type=int, help="ask only so many texts of each support set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write all rows to this file")
    options = parser.parse_args()
    try:
        data = data_folder(options.data)
        with tempfile.TemporaryDirectory() as scratch:
            rows = measure(data, Path(scratch), options)
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    if options.json:
        write_rows(options.json, rows, command="evals.small_talk", texts=options.texts)
    print("Shares of texts that got a reply without a search, and of those that were handed to a person")
    tables.show(rows, COLUMNS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
