"""What was done and what will be done: an announcement is no report, nor the other way round."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from kb_server.grounding.support import Check, Finding
from kb_server.grounding.verbs import stem_of
from kb_server.grounding.words import Word

_LONGEST = 400
"""Words of a sentence that are read."""
_REACH = 4
"""Words between *will* or *was* and the verb."""
_WILL = frozenset({"will", "'ll", "shall"})
_WAS = frozenset({"was", "were", "had", "did"})
_HAS = frozenset({"has", "have"})
_PLANNED = re.compile(r"(?:예정|계획)")
_DOUBLE_S = "\u11bb"
"""ㅆ below a syllable: the past, but for 있 and 겠."""
_NO_PAST = frozenset("있겠")


class _Done(NamedTuple):
    verb: str
    text: str
    is_ahead: bool


def tense_findings(sentence: Sequence[Word], units: Sequence[Sequence[Word]]) -> list[Finding]:
    """Name what was done by the sources and will be done by the sentence, or the reverse.

    >>> from kb_server.grounding.words import read_words
    >>> source = read_words("The old API was removed in May.")
    >>> [f.value for f in tense_findings(read_words("The old API will be removed in May."), [source])]
    ['will removed']
    """
    said = _done(sentence[:_LONGEST])
    stated = (
        {(done.verb, done.is_ahead): done for unit in units for done in _done(unit[:_LONGEST])}
        if said
        else {}
    )
    return [
        Finding(Check.POLARITY, done.text, stated[done.verb, not done.is_ahead].text)
        for done in said
        if (done.verb, not done.is_ahead) in stated and (done.verb, done.is_ahead) not in stated
    ]


def _done(words: Sequence[Word]) -> list[_Done]:
    return [
        done
        for at in range(len(words))
        if (done := _korean(words, at) if words[at].is_hangul else _english(words, at))
    ]


def _english(words: Sequence[Word], at: int) -> _Done | None:
    folded = words[at].text.casefold()
    following = words[at + 1 : at + 1 + _REACH]
    is_ahead = folded in _WILL or folded.endswith(("'ll", "’ll"))
    was = folded in _WAS or (folded in _HAS and any(_is_participle(word) for word in following[:2]))
    if not is_ahead and not was:
        return None
    verb = next(
        (word for word in following if word.is_content and not word.text.casefold().endswith("ly")), None
    )
    return _Done(verb.key, f"{words[at].text} {verb.text}", is_ahead) if verb else None


def _is_participle(word: Word) -> bool:
    return word.text.casefold() == "been" or word.text.endswith("ed")


def _korean(words: Sequence[Word], at: int) -> _Done | None:
    word = words[at]
    if _PLANNED.match(word.text) and at and words[at - 1].is_hangul:
        return _Done(stem_of(words[at - 1]), f"{words[at - 1].text} {word.text}", True)
    is_past = any(
        sign not in _NO_PAST and unicodedata.normalize("NFD", sign).endswith(_DOUBLE_S) for sign in word.text
    )
    return _Done(stem_of(word), word.text, False) if is_past else None
