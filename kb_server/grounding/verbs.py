"""Korean verbs in any form: which words are verbs, and what all forms of one begin with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from kb_server.grounding.words import Word

_VERB = re.compile(
    r"(?:[다요죠며면던고]|[하되시키]는|[가-힣][한된할될인]|[하해되돼][가-힣]?|[었았였했됐]음|습니까|니까|지만|는데|도록|려고|게)$"
)
_BEHIND_A_VERB = re.compile(r"수$|때(?:는|에|에는)?$")
_LIGHT = (
    "하",
    "해",
    "했",
    "할",
    "한",
    "함",
    "합",
    "되",
    "돼",
    "됐",
    "될",
    "된",
    "됨",
    "됩",
    "시키",
    "시켜",
    "시킨",
)
_ENDINGS = frozenset("고며면는다지게도려니습어아었았은을던서자나네든거기음으세시")
"""Syllables that a verb of one syllable goes on with."""
_CONTRACTED = {"\u116f": "\u116e", "\u116a": "\u1169", "\u1167": "\u1175", "\u116b": "\u116c"}
"""Vowels that a stem and its ending make together, and those of the stem: 춰 of 추, 봐 of 보."""


def is_verb(words: Sequence[Word], at: int) -> bool:
    """Tell whether the Korean word at ``at`` is a verb or an adjective.

    >>> from kb_server.grounding.words import read_words
    >>> [is_verb(read_words("링크를 바꿀 수 있습니다"), at) for at in range(4)]
    [False, True, False, True]
    """
    word, following = words[at], words[at + 1].text if at + 1 < len(words) else ""
    if not word.is_hangul or word.text.endswith("보다"):
        return False
    return bool(_VERB.search(word.text) or _BEHIND_A_VERB.match(following))


def stem_of(word: Word) -> str:
    """Give what the forms of a Korean verb begin with.

    >>> from kb_server.grounding.words import read_words
    >>> {stem_of(word) for word in read_words("보내고 보냅니다 보낸 보냈던")}
    {'보내'}
    """
    if word.text[len(word.key) :].startswith(_LIGHT):
        return word.key
    start = word.text[: 1 if len(word.text) > 1 and word.text[1] in _ENDINGS else 2]
    parts = unicodedata.normalize("NFD", start[-1])
    open_syllable = parts[:1] + "".join(_CONTRACTED.get(vowel, vowel) for vowel in parts[1:2])
    return start[:-1] + unicodedata.normalize("NFC", open_syllable)
