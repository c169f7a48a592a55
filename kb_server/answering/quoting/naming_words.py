"""The words by which a question names what it asks about, and what pages and quotations hold of them.

A word counts as a whole, a Korean one without particle and ending, and also as what the lexicon calls it in
the other language: Korean pages write names in Latin letters that askers write in Hangul.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from kb_server.dialogue.follow_up import read
from kb_server.grounding.words import Word, WordKind, read_words
from kb_server.remembering import remembered
from kb_server.retrieval.crossing.lexicon import shipped_lexicon
from kb_server.retrieval.visible_terms import VisibleTerms

_QUESTIONS = 1 << 11
_LONGEST_PARTICLE = 2

Way = tuple[str, ...]
"""Search terms that together are one way to say a word."""


class Naming(NamedTuple):
    """What is held of the words that name what a question asks about."""

    named: float
    """Share of their weight that the quotations and their headings hold, from 0 to 1."""
    topical: bool
    """Whether a title or heading of any page holds one of them."""
    familiar: bool
    """Whether each of them stands on some page; true where there are none."""


@remembered(_QUESTIONS)
def naming_words(question: str) -> tuple[tuple[Way, ...], ...]:
    """Give the words that name what ``question`` asks about, each as the ways to say it, its own one first.

    >>> [ways[0] for ways in naming_words("How do I change the port?")]
    [('chang',), ('port',)]
    >>> [ways[0] for ways in naming_words("API로 비밀번호를 어떻게 바꾸나요?")]
    [('api',), ('비밀', '밀번', '번호'), ('바꾸',)]
    """
    return tuple(tuple(_ways(word)) for word in _words(question))


def naming(question: str, terms: VisibleTerms, said: Collection[str]) -> Naming:
    """Weigh the words of ``question``; ``said`` are the search terms of the quotations and their headings."""
    total = held = 0.0
    topical, familiar = False, True
    for ways in naming_words(question):
        standing = [way for way in ways if terms.stand(way)]
        weight = min((terms.weight(way) for way in standing), default=terms.weight_of_rare)
        total += weight
        held += weight if any(said_way(way, said) for way in ways) else 0.0
        topical = topical or any(terms.head(way) for way in ways)
        familiar = familiar and bool(standing)
    return Naming(held / total if total > 0 else 0.0, topical, familiar)


def unknown_words(question: str, terms: VisibleTerms | None) -> list[Word]:
    """Give the words of ``question`` that stand on no visible page, however they are said; None: no page."""
    return [word for word in _words(question) if terms is None or not any(map(terms.stand, _ways(word)))]


def said_way(way: Way, said: Collection[str]) -> bool:
    """Tell whether ``said`` holds all terms of a way to say a word."""
    return all(term in said for term in way)


def _words(question: str) -> Iterator[Word]:
    for topic in read(question).topics:
        before: Word | None = None
        for word in read_words(topic):
            if (
                word.is_content
                and word.terms
                and word.kind is not WordKind.SIGN
                and not _is_particle(word, before)
            ):
                yield word
            before = word


def _is_particle(word: Word, before: Word | None) -> bool:
    """Tell a particle that is written onto a name in Latin letters or a number."""
    glued = before is not None and not before.is_hangul and not word.gap
    return glued and word.is_hangul and len(word.text) <= _LONGEST_PARTICLE


def _ways(word: Word) -> Iterator[Way]:
    yield word.terms
    if word.is_hangul:
        for part in shipped_lexicon().of_korean(word.text):
            yield from (alternative.terms for alternative in part)
    elif word.kind is not WordKind.NUMBER:
        yield from (alternative.terms for alternative in shipped_lexicon().of_english(word.terms[0]))
