"""Check every citation of real questions against the revision it names: ``python -m evals.citations``.

A citation holds when its quote is exactly ``text[char_start:char_end]`` of the revision that the server gives
out, and each ``[n]`` in the answer has a citation.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from evals.docs_sets import SETS, data_folder, load_questions
from evals.metrics.uncertainty import wilson
from evals.server import EvalError, ingest, serving

_MARKER = re.compile(r"(?<!\\)\[(\d+)\]")
_CODE = re.compile(r"^ *(`{3,}|~{3,}).*?^ *\1|(`+)[^`].*?\2", re.MULTILINE | re.DOTALL)
"""Brackets in code, such as ``items[0]``, are no marks."""


def answer_problems(answer: Mapping[str, Any], revisions: Mapping[tuple[str, str], str]) -> list[str]:
    """List what does not hold in one answer; an empty list is a whole answer.

    ``revisions`` maps (doc_id, revision) to canonical text.
    """
    problems = []
    known = {citation["id"] for citation in answer["citations"]}
    for citation in answer["citations"]:
        text = revisions[citation["doc_id"], citation["revision"]]
        if text[citation["char_start"] : citation["char_end"]] != citation["quote"] or not citation["quote"]:
            problems.append(f"{citation['id']}: the quote is not the span it names")
    problems.extend(
        f"sentence without its citation: {sentence['text'][:80]!r}"
        for sentence in answer["sentences"]
        if not sentence["citations"] or not set(sentence["citations"]) <= known
    )
    marks = {int(number) for number in _MARKER.findall(_CODE.sub("", answer["text"]))}
    if marks != set(range(1, len(answer["citations"]) + 1)):
        problems.append(f"marks {sorted(marks)} for {len(answer['citations'])} citations")
    if answer["status"] == "answered" and not answer["sentences"]:
        problems.append("answered without a sentence")
    return problems


def _ask(client: httpx.Client, question: str) -> dict[str, Any]:
    reply = client.post("/v1/query", json={"question": question})
    if reply.status_code != httpx.codes.OK:
        raise EvalError(f"/v1/query gave {reply.status_code} for {question!r}: {reply.text[:300]}")
    answer: dict[str, Any] = reply.json()
    return answer


def _fetch_revisions(
    client: httpx.Client, answer: Mapping[str, Any], revisions: dict[tuple[str, str], str]
) -> None:
    for citation in answer["citations"]:
        key = (citation["doc_id"], citation["revision"])
        if key not in revisions:
            reply = client.get(f"/v1/documents/{key[0]}/revisions/{key[1]}")
            reply.raise_for_status()
            revisions[key] = reply.json()["text"]


def check_set(folder: Path, data_dir: Path) -> tuple[Counter[str], list[str]]:
    """Ask every question of a set; count answers and citations, list the problems."""
    ingest(folder / "corpus", data_dir)
    counts: Counter[str] = Counter()
    problems: list[str] = []
    revisions: dict[tuple[str, str], str] = {}
    with serving(data_dir) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        for question in load_questions(folder):
            answer = _ask(client, question.text)
            _fetch_revisions(client, answer, revisions)
            found = answer_problems(answer, revisions)
            problems += [f"{question.query_id}: {problem}" for problem in found]
            counts["questions"] += 1
            counts[answer["status"]] += 1
            counts["citations"] += len(answer["citations"])
            counts["checked"] += len(answer["citations"]) + len(answer["sentences"])
            counts["unanswerable"] += not question.answerable
            counts["unanswerable refused"] += not question.answerable and answer["status"] == "abstained"
            counts["answerable refused"] += question.answerable and answer["status"] == "abstained"
    return counts, problems


def share_line(counts: Mapping[str, int], problems: Sequence[str]) -> str:
    """Say what share of the citations and sentences hold, with its 95 % interval after Wilson."""
    held, n = counts["checked"] - len(problems), counts["checked"]
    low, high = wilson(held, n)
    return f"{held} of {n} citations and sentences hold: {held / max(n, 1):.4f} [{low:.4f},{high:.4f}]"


def main() -> int:
    """Check all sets; exit 1 when a single citation does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument(
        "--work", type=Path, help="keep the indexes here, so that a second run need not encode"
    )
    options = parser.parse_args()
    total: Counter[str] = Counter()
    problems: list[str] = []
    try:
        data = data_folder(options.data)
        with tempfile.TemporaryDirectory() as scratch:
            for name in options.sets:
                counts, found = check_set(data / "docs" / name, (options.work or Path(scratch)) / name)
                print(f"{name:<10} {dict(counts)} problems: {len(found)}")
                total += counts
                problems += found
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    print(f"{'ALL':<10} {dict(total)} problems: {len(problems)}")
    print(share_line(total, problems))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
