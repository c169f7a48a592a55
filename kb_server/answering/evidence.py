"""What words of a question that stand on no page show of the docs: names much, others little, verbs nothing.

Whoever writes docs calls things by other words than whoever asks, but a product has one name.
"""

from __future__ import annotations

import re
from enum import IntEnum

from kb_server.answering.quoting.naming_words import unknown_words
from kb_server.dialogue.korean import is_predicate
from kb_server.grounding.words import Word, WordKind
from kb_server.index.language import KOREAN, language_asked
from kb_server.retrieval.crossing.lexicon import shipped_lexicon
from kb_server.retrieval.visible_terms import VisibleTerms

_NAME = re.compile(r"\w[A-Z0-9_./@#+]|\d")
"""Capitals, digits or signs inside of a word."""
_BEGINS = re.compile(r"(?:^|[.?!:])[\s\"'“‘(\[]*$")
_FEWEST_SYLLABLES = 2


class Evidence(IntEnum):
    """How much the words of a question that no page holds say about what the docs lack."""

    NONE = 0
    """Each word stands on some page, or is a verb, for which there are others."""
    WEAK = 1
    """Common words are lacking."""
    STRONG = 2
    """A name is lacking."""


def evidence_of(question: str, terms: VisibleTerms | None) -> Evidence:
    """Weigh the words of ``question`` that stand on no visible page; all of them where there is no page.

    >>> [evidence_of(text, None).name for text in ("Who blinks?", "Can I use FIDO2?", "Can I buy Bitcoin?")]
    ['WEAK', 'STRONG', 'STRONG']
    >>> [evidence_of(text, None).name for text in ("껐는데", "요금은요?", "쿠버네티스는요?", "CORS는요?")]
    ['NONE', 'WEAK', 'STRONG', 'STRONG']
    """
    return max((_weigh(word, question) for word in unknown_words(question, terms)), default=Evidence.NONE)


def _weigh(word: Word, question: str) -> Evidence:
    if word.kind is WordKind.NUMBER:
        return Evidence.NONE
    if word.is_hangul:
        return _weigh_korean(word.text)
    is_name = language_asked(question) == KOREAN or _is_name(word.text, question)
    return Evidence.STRONG if is_name else Evidence.WEAK


def _weigh_korean(word: str) -> Evidence:
    if len(word) < _FEWEST_SYLLABLES or is_predicate(word):
        return Evidence.NONE
    is_common = any(map(shipped_lexicon().knows_korean, (word, word.removesuffix("요"))))
    return Evidence.WEAK if is_common else Evidence.STRONG


def _is_name(word: str, question: str) -> bool:
    """Tell a name by its signs, or by a capital where no sentence begins."""
    if _NAME.search(word):
        return True
    at = question.find(word)
    return word[0].isupper() and at > 0 and not _BEGINS.search(question[:at])
