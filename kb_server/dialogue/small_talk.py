"""Recognize talk that asks nothing of the docs: greetings, thanks, goodbyes, words about the server itself.

A text is small talk only where phrases of small talk cover all of it. One word more, and it is a question
to be searched: a real question with a greeting in front must never be answered with a greeting.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from kb_server.dialogue.praise_english import ENGLISH_PRAISE
from kb_server.dialogue.praise_korean import KOREAN_PRAISE
from kb_server.dialogue.small_talk_english import ENGLISH_FILLERS, ENGLISH_PHRASES
from kb_server.dialogue.small_talk_korean import KOREAN_FILLERS, KOREAN_PHRASES
from kb_server.dialogue.talk import Talk
from kb_server.index.language import has_hangul

_MAX_CHARS = 120
"""Nobody greets at greater length; and matching a longer text could take long."""
_EMOJI = {"👍": " ok ", "👌": " ok ", "🙏": " thanks ", "👋": " hi ", "❤": " thanks ", "😊": " ok "}
_NO_WORD = re.compile(r"[^\w']+|_+")
_LAUGHTER = re.compile("[ㅋㅎㅠㅜ]{2,}")
_TEARS = re.compile("[ㅠㅜ]")
_QUESTION_MARKS = "?？"


def small_talk(text: str) -> Talk | None:
    """Tell what kind of small talk a text is; None for one that must be searched.

    >>> small_talk("Hi there, thanks a lot!"), small_talk("Hi, how do I reset my password?")
    (<Talk.THANKS: 'thanks'>, None)
    >>> small_talk("상담원 연결해 주세요")
    <Talk.PERSON: 'person'>
    """
    said = text.strip()
    if len(said) > _MAX_CHARS:
        return None
    words = _plain(said)
    if not words and _LAUGHTER.search(said):
        # Laughter beside words is left out of them; alone it is all that was said.
        return Talk.ANGER if _TEARS.search(said) else Talk.ASSENT
    if has_hangul(said):
        # Where Koreans put spaces differs from hand to hand.
        return _covered(words.replace(" ", ""), _asking(_KOREAN, said), "")
    return _covered(words, _asking(_ENGLISH, said), " ")


def wants_person(text: str) -> bool:
    """Tell whether a text asks for a person instead of an answer.

    >>> wants_person("Can I talk to a human please?"), wants_person("How do I add a person to my plan?")
    (True, False)
    """
    return small_talk(text) is Talk.PERSON


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).casefold().replace("’", "'")
    for emoji, word in _EMOJI.items():
        plain = plain.replace(emoji, word)
    return " ".join(_NO_WORD.sub(" ", _LAUGHTER.sub(" ", plain)).split())


class _Part(StrEnum):
    FILLER = "filler"
    PRAISE = "praise"


_Patterns = Mapping[Talk | _Part, re.Pattern[str]]


def _compiled(phrases: Mapping[Talk, str], fillers: str, praise: str, *, end: str) -> _Patterns:
    sources: dict[Talk | _Part, str] = {_Part.FILLER: fillers, _Part.PRAISE: praise}
    sources.update(phrases.items())
    return {kind: re.compile(rf"(?:{source}){end}", re.VERBOSE) for kind, source in sources.items()}


_ENGLISH = _compiled(ENGLISH_PHRASES, ENGLISH_FILLERS, ENGLISH_PRAISE, end=r"(?![\w'])")
_KOREAN = _compiled(KOREAN_PHRASES, KOREAN_FILLERS, KOREAN_PRAISE, end="")
_SAID = {_Part.FILLER: None, _Part.PRAISE: Talk.THANKS}


def _asking(patterns: _Patterns, said: str) -> _Patterns:
    """Leave praise out where something is asked: *it works now?* wants an answer."""
    if not any(mark in said for mark in _QUESTION_MARKS):
        return patterns
    return {kind: pattern for kind, pattern in patterns.items() if kind is not _Part.PRAISE}


def _covered(text: str, patterns: _Patterns, gap: str) -> Talk | None:
    """Cover ``text`` from its beginning with phrases and fillers; give the weightiest kind of phrase."""
    reached: dict[int, Talk | None] = {0: None}
    for start in range(len(text)):
        if start not in reached:
            continue
        for kind, pattern in patterns.items():
            for end in _ends(pattern, text, start):
                behind = end + len(gap) if text.startswith(gap, end) else end
                said = _SAID[kind] if isinstance(kind, _Part) else kind
                found = _weightier(reached[start], said)
                reached[behind] = _weightier(reached.get(behind), found)
    return reached.get(len(text))


def _ends(pattern: re.Pattern[str], text: str, start: int) -> list[int]:
    found = pattern.match(text, start)
    return [found.end()] if found and found.end() > start else []


_WEIGHTS = {kind: weight for weight, kind in enumerate(Talk)}


def _weightier(one: Talk | None, other: Talk | None) -> Talk | None:
    """Give the kind that comes first in ``Talk``."""
    kinds = [kind for kind in (one, other) if kind is not None]
    return min(kinds, key=_WEIGHTS.__getitem__, default=None)
