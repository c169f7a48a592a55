"""How the dense and the lexical score of a chunk become one.

``score = w · cosine + c · BM25 / UB``, where UB is the highest BM25 score that any text could reach for
this query, terms absent from the index included. Both parts then live on fixed scales: no normalisation
over the candidates, so that a score means the same in every query, and a filter cannot change it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kb_server.index.language import KOREAN

LANGUAGES = ("en", "ko")
"""The language codes of ``IndexReader.row_langs``, in order; -1 is any other language."""
_CLEAR_LEAD = 20.0
"""A lead in BM25 at which the words are trusted by ``_TRUST`` more."""
_TRUST = 2.0
_MOST_TRUST = 6.0
_FIELD = 10
"""The row that the best one is compared with: nearer ones are often of the same page."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the two parts for one pair of languages."""

    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """Weights by (language of the question, language of the chunk)."""

    same_en: Weights = Weights(dense=1.0, lexical=0.7)
    same_ko: Weights = Weights(dense=1.0, lexical=1.5)
    cross: Weights = Weights(dense=0.7, lexical=0.44)
    """Across languages words are compared by a lexicon, which misses some and takes others for their like."""

    def trusting(self, lead: float) -> FusionWeights:
        """Let the words of a Korean question count more, the further they set one row apart.

        ``lead`` is what ``word_lead`` gives. Decision record 0017 has the figures.

        >>> FusionWeights().trusting(20).of("ko", "ko").lexical
        3.5
        """
        gained = min(_TRUST * (lead / _CLEAR_LEAD) ** 2, _MOST_TRUST)
        return replace(self, same_ko=replace(self.same_ko, lexical=self.same_ko.lexical + gained))

    def of(self, query_lang: str, chunk_lang: str) -> Weights:
        """Give the weights for a question and a chunk.

        >>> FusionWeights().of("ko", "en").lexical, FusionWeights().of("en", "ko").lexical
        (0.44, 0.44)
        """
        if query_lang != chunk_lang:
            return self.cross
        return self.same_ko if query_lang == KOREAN else self.same_en


def fuse(
    *,
    lexical: NDArray[np.float32],
    cosine: NDArray[np.float32] | None,
    query_lang: str,
    row_langs: NDArray[np.int8],
    weights: FusionWeights,
) -> NDArray[np.float32]:
    """Give one score per row, shape (n,), from ``lexical`` (BM25/UB, 0 to 1) and ``cosine`` (-1 to 1)."""
    # The code -1 takes the last: a chunk in a language of its own is across from every question.
    by_lang = [*(weights.of(query_lang, lang) for lang in LANGUAGES), weights.cross]
    lexical_weight = np.array([w.lexical for w in by_lang], dtype=np.float32)[row_langs]
    fused: NDArray[np.float32] = lexical * lexical_weight
    if cosine is not None:
        dense_weight = np.array([w.dense for w in by_lang], dtype=np.float32)[row_langs]
        fused += cosine * dense_weight
    return fused


def word_lead(lexical: NDArray[np.float32], *, lang: str, row_langs: NDArray[np.int8]) -> float:
    """Give by how much the best row of ``lang`` is ahead of the tenth best, in BM25.

    A difference of BM25 scores is one of log-odds, so it weighs how long and how rare the agreement is.

    >>> scores = np.arange(12, dtype=np.float32)
    >>> word_lead(scores, lang="en", row_langs=np.zeros(12, dtype=np.int8))
    9.0
    """
    rows = lexical[row_langs == LANGUAGES.index(lang)]
    if rows.size == 0:
        return 0.0
    if rows.size < _FIELD:
        return float(rows.max())
    field = np.partition(rows, rows.size - _FIELD)
    return float(field.max() - field[rows.size - _FIELD])


def top_rows(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Give the rows of the ``k`` highest scores, best first; equal scores in row order.

    >>> top_rows(np.array([0.5, 0.9, 0.5], dtype=np.float32), 2).tolist()
    [1, 0]
    """
    if k >= scores.size:
        candidates = np.arange(scores.size)
    else:
        # Everything at or above the k-th value, so that a tie at the border is also cut in row order.
        border = np.partition(scores, scores.size - k)[scores.size - k]
        candidates = np.flatnonzero(scores >= border)
    order = np.argsort(-scores[candidates], kind="stable")
    ranked: NDArray[np.int64] = candidates[order][:k]
    return ranked
