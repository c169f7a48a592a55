"""Conversations to measure with: turns of a benchmark set, unrelated histories, and elliptic pairs.

An *elliptic pair* is made of two questions of a docs set that the same page answers: what the second shares
with the first is left out of it, as people do in a conversation. Of an English question its last phrase
stays, ``And in my recordings?``; of a Korean one all but the shared nouns, ``그럼 얼마나 걸리나요?``.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.docs_sets import Question
from evals.server import EvalError

History = list[dict[str, Any]]
"""``history`` of a request."""

_WORD = re.compile(r"[\w'-]+")
_PREPOSITIONS = frozenset(
    ("in", "on", "for", "with", "without", "from", "to", "by", "via", "using", "at", "during", "between")
)
_SHORT = 4
"""Letters below which an English word is taken for one of grammar."""
_ROOT = 2
"""Syllables in which two Korean words must begin alike to be about the same."""
_MOST_SENTENCE_SIGNS = 1
_KOREAN_VERB = re.compile(r"(?:요|다|고|면|지|까|수|어떻게|무엇|이유|경우|방법|[하되있없]\w+)$")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation with the turns before it."""

    query_id: str
    text: str
    number: int
    conversation: str
    history: History


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, and one that follows it with the shared words left out."""

    before: Question
    whole: Question
    elliptic: str


def load_turns(retrieval: Path, name: str) -> list[Turn]:
    """Read the turns of a multi-turn set, or raise ``EvalError``."""
    path = retrieval / name / "tasks_all.jsonl"
    if not path.is_file():
        raise EvalError(f"{path} is missing: {name!r} is no set of conversations.")
    records = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [
        Turn(
            query_id=record["_id"],
            text=record["text"],
            number=record["turn"],
            conversation=record["conversation_id"],
            history=[{"role": turn["role"], "content": turn["text"]} for turn in record["history"]],
        )
        for record in records
    ]


def with_citations(turn: Turn, cited: Mapping[tuple[str, int], Sequence[Mapping[str, Any]]]) -> History:
    """Give the history of a turn with what the server cited before, by conversation and number."""
    if not turn.history:
        return []
    citations = cited.get((turn.conversation, turn.number - 1), ())
    return [*turn.history[:-1], {**turn.history[-1], "citations": list(citations)}]


def unrelated(questions: Sequence[Question], *, seed: int) -> dict[str, Question]:
    """Give each question another one of the same language that other pages answer."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    chosen: dict[str, Question] = {}
    for question in questions:
        own = {item.path for item in question.relevant}
        others = [
            other
            for other in questions
            if other.lang == question.lang and own.isdisjoint(item.path for item in other.relevant)
        ]
        if others:
            chosen[question.query_id] = rng.choice(others)
    return chosen


def elliptic_pairs(questions: Sequence[Question]) -> list[Pair]:
    """Pair each question with the first one before it on the same page that it can lean on."""
    return [pair for question in questions if (pair := _first_pair(question, questions)) is not None]


def _first_pair(question: Question, questions: Sequence[Question]) -> Pair | None:
    pages = {item.path for item in question.relevant}
    for before in questions:
        if (
            before is question
            or before.lang != question.lang
            or before.cross_lingual != question.cross_lingual
        ):
            continue
        if pages.isdisjoint(item.path for item in before.relevant):
            continue
        text = left_out(question.text, before.text, korean=question.lang == "ko")
        if text is not None:
            return Pair(before, question, text)
    return None


def left_out(text: str, before: str, *, korean: bool) -> str | None:
    """Leave out of ``text`` what ``before`` names; None where that is nothing, or leaves nothing.

    >>> left_out("Can I share my vault with a guest?", "How do I delete a vault?", korean=False)
    'And with a guest?'
    >>> left_out("볼트를 공유할 수 있나요?", "볼트를 만들려면 어떻게 하나요?", korean=True)
    '그럼 공유할 수 있나요?'
    """
    if len(re.findall(r"[.?!]", text)) > _MOST_SENTENCE_SIGNS:
        return None
    words = _WORD.findall(text)
    return _korean(words, before) if korean else _english(words, before)


def _english(words: Sequence[str], before: str) -> str | None:
    """Keep the last phrase with a preposition where only what stands ahead of it was named before."""
    starts = [place for place, word in enumerate(words) if word.casefold() in _PREPOSITIONS]
    said = {word.casefold().removesuffix("s") for word in _WORD.findall(before)}
    shared = [len(word) >= _SHORT and word.casefold().removesuffix("s") in said for word in words]
    if not starts or not any(shared[: starts[-1]]) or any(shared[starts[-1] :]):
        return None
    phrase = words[starts[-1] :]
    return f"And {' '.join(phrase)}?" if any(len(word) >= _SHORT for word in phrase[1:]) else None


def _korean(words: Sequence[str], before: str) -> str | None:
    """Drop the nouns that were named before; at least one other noun or verb must stay."""
    said = {_root(word) for word in _WORD.findall(before) if _is_noun(word)}
    shared = [_is_noun(word) and _root(word) in said for word in words]
    kept = [word for word, known in zip(words, shared, strict=True) if not known]
    if not any(shared) or not any(map(_is_noun, kept)):
        return None
    return f"그럼 {' '.join(kept)}?"


def _is_noun(word: str) -> bool:
    return len(word) >= _ROOT and not _KOREAN_VERB.search(word)


def _root(word: str) -> str:
    low = word.casefold()
    return low[:_ROOT] if "가" <= low[0] <= "힣" else low
