"""Seeded edits of true sentences: each one makes the sentence say what its passage does not.

The rules are this file's own: they share nothing with the check that they measure.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_SENTENCE = re.compile(r"[^\s.!?](?:[^.!?\n]|[.!?](?!\s|$))*[.!?](?=\s|$)")
_SHORTEST, _LONGEST = 25, 300
_NUMBER = re.compile(r"(?<![\w.,\-/:])\d{1,4}(?:,\d{3})*(?:\.\d+)?(?![\w.,\-/:]*\d|[A-Za-z])")
_NAME = re.compile(r"(?<=[a-z,)] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*(?=[ ,.;])")
_NOT_NAMES = frozenset({"The", "This", "That", "These", "There", "They", "When", "While", "After", "With"})
_ENGLISH_VERB = re.compile(
    r"(?<= )(?:is|are|was|were|can|will|should|must|may|could|would|has(?= been)|have(?= been))(?= [a-z])"
)
_ENGLISH_NOT = re.compile(r" (?:not|never)(?= )|n't(?= )|(?<=can)not(?= )")
_HIGHEST = 100_000
# A Korean verb at the end of a sentence, and the same denied.
_KOREAN_DENIED = (
    ("할 수 있습니다", "할 수 없습니다"),
    ("할 수 있다", "할 수 없다"),
    ("될 수 있습니다", "될 수 없습니다"),
    ("있습니다", "없습니다"),
    ("있었다", "없었다"),
    ("있다", "없다"),
    ("하였다", "하지 않았다"),
    ("했다", "하지 않았다"),
    ("되었다", "되지 않았다"),
    ("됐다", "되지 않았다"),
    ("한다", "하지 않는다"),
    ("된다", "되지 않는다"),
    ("합니다", "하지 않습니다"),
    ("됩니다", "되지 않습니다"),
    ("했습니다", "하지 않았습니다"),
    ("되었습니다", "되지 않았습니다"),
    ("하세요", "하지 마세요"),
    ("이었다", "이 아니었다"),
    ("이다", "이 아니다"),
    ("입니다", "이 아닙니다"),
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage with the names that stand in it."""

    name: str
    text: str
    lang: str
    names: tuple[str, ...] = ()
    """Known names, such as the answers of a question set; English ones are also found by their capitals."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A sentence after an edit, to be held against the passage that it was taken from."""

    kind: str
    passage: str
    sentence: str
    original: str


Editor = Callable[[str, Passage, Sequence[Passage], random.Random], str | None]
"""Gives the edited sentence, or None where the sentence has nothing that can be edited so."""


def sentences_of(text: str) -> list[str]:
    """Cut out sentences of ordinary length that end in a full stop.

    >>> sentences_of("Short. A sentence that is long enough to be kept here.")
    ['A sentence that is long enough to be kept here.']
    """
    found = (match.group() for match in _SENTENCE.finditer(text))
    return [sentence for sentence in found if _SHORTEST <= len(sentence) <= _LONGEST]


def names_of(passage: Passage) -> list[str]:
    """List the names in a passage."""
    if passage.lang == "en":
        found = [match.group() for match in _NAME.finditer(passage.text)]
        return list(dict.fromkeys(name for name in found if name.split()[0] not in _NOT_NAMES))
    return [name for name in dict.fromkeys(passage.names) if name in passage.text]


def number_changed(sentence: str, passage: Passage, _: Sequence[Passage], rng: random.Random) -> str | None:
    """Put a number in another one's place that the passage does not have."""
    numbers = list(_NUMBER.finditer(sentence))
    if not numbers:
        return None
    match = rng.choice(numbers)
    value = float(match.group().replace(",", ""))
    fresh = [f"{value + step:g}" for step in (1, 2, 3, 5, 7, 10, 40) if value + step < _HIGHEST]
    fresh = [number for number in fresh if not re.search(rf"(?<!\d){re.escape(number)}(?!\d)", passage.text)]
    return _put(sentence, match, rng.choice(fresh)) if fresh else None


def number_swapped(sentence: str, passage: Passage, _: Sequence[Passage], rng: random.Random) -> str | None:
    """Put another number of the passage in the place of one."""
    numbers = list(_NUMBER.finditer(sentence))
    others = {match.group() for match in _NUMBER.finditer(passage.text)}
    others -= {match.group() for match in numbers}
    if not numbers or not others:
        return None
    return _put(sentence, rng.choice(numbers), rng.choice(sorted(others)))


def name_foreign(
    sentence: str, passage: Passage, others: Sequence[Passage], rng: random.Random
) -> str | None:
    """Put a name of another passage in the place of one."""
    own = [name for name in names_of(passage) if _stands(sentence, name)]
    pool = [
        name
        for other in rng.sample(list(others), min(20, len(others)))
        if other.name != passage.name
        for name in names_of(other)
        if name.lower() not in passage.text.lower()
        if not {word.lower() for word in name.split()} & {word.lower() for word in passage.text.split()}
    ]
    return _renamed(sentence, own, pool, rng)


def name_swapped(sentence: str, passage: Passage, _: Sequence[Passage], rng: random.Random) -> str | None:
    """Put another name of the passage in the place of one."""
    own = [name for name in names_of(passage) if _stands(sentence, name)]
    pool = [name for name in names_of(passage) if name not in sentence and not any(n in name for n in own)]
    return _renamed(sentence, own, pool, rng)


def negation_inserted(
    sentence: str, passage: Passage, _: Sequence[Passage], rng: random.Random
) -> str | None:
    """Deny what the sentence states."""
    if passage.lang == "en":
        verbs = [] if _ENGLISH_NOT.search(sentence) else list(_ENGLISH_VERB.finditer(sentence))
        if not verbs:
            return None
        verb = rng.choice(verbs)
        return _put(sentence, verb, f"{verb.group()} not")
    for stated, denied in _KOREAN_DENIED:
        if sentence.endswith(f"{stated}."):
            return f"{sentence[: -len(stated) - 1]}{denied}."
    return None


def negation_removed(sentence: str, passage: Passage, _: Sequence[Passage], __: random.Random) -> str | None:
    """State what the sentence denies."""
    if passage.lang == "en":
        denials = list(_ENGLISH_NOT.finditer(sentence))
        return _put(sentence, denials[0], "") if len(denials) == 1 else None
    for stated, denied in _KOREAN_DENIED:
        if sentence.endswith(f"{denied}."):
            return f"{sentence[: -len(denied) - 1]}{stated}."
    return None


def foreign_sentence(_: str, passage: Passage, others: Sequence[Passage], rng: random.Random) -> str | None:
    """Take a sentence of another passage."""
    other = rng.choice(list(others))
    sentences = sentences_of(other.text) if other.name != passage.name else []
    return rng.choice(sentences) if sentences else None


EDITORS: dict[str, Editor] = {
    "number changed": number_changed,
    "negation inserted": negation_inserted,
    "negation removed": negation_removed,
    "foreign name": name_foreign,
    "foreign sentence": foreign_sentence,
    "name of the passage": name_swapped,
    "number of the passage": number_swapped,
}


def seeded_edits(passages: Sequence[Passage], *, seed: int, per_passage: int) -> list[Edit]:
    """Edit up to ``per_passage`` sentences of every passage in every way that fits.

    The unedited ones are of kind ``verbatim``.
    """
    rng = random.Random(seed)  # noqa: S311 - a measurement, not a secret
    edits = []
    for passage in passages:
        sentences = sentences_of(passage.text)
        for original in rng.sample(sentences, min(per_passage, len(sentences))):
            edits.append(Edit("verbatim", passage.name, original, original))
            for kind, editor in EDITORS.items():
                edited = editor(original, passage, passages, rng)
                if edited is not None and edited not in passage.text:
                    edits.append(Edit(kind, passage.name, edited, original))
    return edits


def _put(sentence: str, match: re.Match[str], replacement: str) -> str:
    return sentence[: match.start()] + replacement + sentence[match.end() :]


def _stands(sentence: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}", sentence) is not None


def _renamed(sentence: str, own: Sequence[str], pool: Sequence[str], rng: random.Random) -> str | None:
    if not own or not pool:
        return None
    name = rng.choice(list(own))
    return re.sub(rf"(?<!\w){re.escape(name)}", lambda _: rng.choice(list(pool)), sentence, count=1)
