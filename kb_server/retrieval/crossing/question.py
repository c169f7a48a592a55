"""A question in the words of the other language, so that its pages can be compared by words too."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb_server.index.language import ENGLISH, KOREAN, has_hangul
from kb_server.index.lexical import K1, LexicalIndex
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.crossing.lexicon import Alternative, Lexicon, shipped_lexicon

OTHER = {KOREAN: ENGLISH, ENGLISH: KOREAN}
"""The language to which a question in each of the two crosses."""
_HANGUL = re.compile(r"(?<![A-Za-z])[가-힣]+|[가-힣]{3,}")
"""A run of Hangul, but not the particle of a Latin name."""


@dataclass(frozen=True, slots=True)
class _Word:
    ways: tuple[Alternative, ...]
    weights: tuple[tuple[float, ...], ...]
    """Of each term of each way: idf by factor."""

    @property
    def weight(self) -> float:
        """Give what the heaviest way weighs."""
        return max(sum(weights) for weights in self.weights)

    def held_by(self, terms: Collection[str]) -> float:
        """Give what ``terms`` hold of the way of which they hold most."""
        return max(
            sum(weight for term, weight in zip(way.terms, weights, strict=True) if term in terms)
            for way, weights in zip(self.ways, self.weights, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Crossing:
    """The words of a question as pages of the other language would say them."""

    words: tuple[_Word, ...]
    unknown: int
    """Words that neither the lexicon nor the index knows."""

    @property
    def weight(self) -> float:
        """Give the weight of all words, in idf."""
        return sum(word.weight for word in self.words)

    @property
    def upper_bound(self) -> float:
        """Give what BM25 cannot exceed where each word is said in its heaviest way alone."""
        return (K1 + 1) * self.weight

    def held_by(self, terms: Collection[str]) -> float:
        """Give the weight of the words that ``terms`` hold in some way."""
        return sum(word.held_by(terms) for word in self.words)

    @property
    def factors(self) -> dict[str, float]:
        """What each term counts in BM25, beside a term of the question's own language."""
        factors: dict[str, float] = {}
        for word in self.words:
            for way in word.ways:
                for term in way.terms:
                    factors[term] = max(factors.get(term, 0.0), way.factor)
        return factors

    @property
    def term_weights(self) -> Mapping[str, float]:
        """What each term weighs in a sentence, in idf."""
        weights: dict[str, float] = {}
        for word in self.words:
            for way, each in zip(word.ways, word.weights, strict=True):
                for term, weight in zip(way.terms, each, strict=True):
                    weights[term] = max(weights.get(term, 0.0), weight)
        return weights

    def share(self, lexical: LexicalIndex, visible: NDArray[np.bool_] | None) -> NDArray[np.float32]:
        """Give the BM25 of every row as a share of ``upper_bound``, shape (rows,)."""
        scores, _ = lexical.weighted(self.factors, visible)
        return scores / np.float32(self.upper_bound) if self.words else scores


def cross(text: str, lang: str, lexical: LexicalIndex, lexicon: Lexicon | None = None) -> Crossing:
    """Say ``text``, in one of the two languages, in the words of the other.

    Names and code stand for themselves in both languages, and so do Korean words in an English question.
    """
    ways = list(_ways(text, lang, lexicon or shipped_lexicon(), lexical))
    words = [
        _Word(each, tuple(tuple(way.factor * lexical.idf(term) for term in way.terms) for way in each))
        for each in ways
        if each
    ]
    return Crossing(tuple(words), unknown=len(ways) - len(words))


def _ways(text: str, lang: str, lexicon: Lexicon, lexical: LexicalIndex) -> Iterator[tuple[Alternative, ...]]:
    for term in dict.fromkeys(tokenize(text)):
        if not has_hangul(term):
            itself = (Alternative((term,), 1.0),)
            if lang == KOREAN:
                yield itself
            else:
                yield lexicon.of_english(term) + (itself if lexical.vocabulary.knows_term(term) else ())
    for run in dict.fromkeys(_HANGUL.findall(text)):
        if lang == KOREAN:
            yield from lexicon.of_korean(run)
        elif terms := tuple(tokenize(run)):
            yield (Alternative(terms, 1.0),)
