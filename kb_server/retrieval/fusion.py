"""How the dense and the lexical score of a chunk become one.

``score = w · cosine + c · BM25 / UB``, where UB is the highest BM25 score that any text could reach for
this query, terms absent from the index included. Both parts then live on fixed scales: no normalisation
over the candidates, so that a score means the same in every query, and a filter cannot change it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LANGUAGES = ("en", "ko")
"""The language codes of ``IndexReader.row_langs``, in order."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the two parts for one pair of languages."""

    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """Weights by (language of the question, language of the chunk)."""

    same_en: Weights = Weights(dense=1.0, lexical=0.7)
    same_ko: Weights = Weights(dense=1.0, lexical=2.0)
    cross: Weights = Weights(dense=0.8, lexical=0.5)

    def of(self, query_lang: str, chunk_lang: str) -> Weights:
        """Give the weights for a question and a chunk.

        >>> FusionWeights().of("ko", "en").lexical
        0.5
        """
        if query_lang != chunk_lang:
            return self.cross
        return self.same_ko if query_lang == "ko" else self.same_en


def fuse(
    *,
    lexical: NDArray[np.float32],
    cosine: NDArray[np.float32] | None,
    query_lang: str,
    row_langs: NDArray[np.int8],
    weights: FusionWeights,
) -> NDArray[np.float32]:
    """Give one score per row, shape (n,), from ``lexical`` (BM25/UB, 0 to 1) and ``cosine`` (-1 to 1)."""
    by_lang = [weights.of(query_lang, lang) for lang in LANGUAGES]
    lexical_weight = np.array([w.lexical for w in by_lang], dtype=np.float32)[row_langs]
    fused: NDArray[np.float32] = lexical * lexical_weight
    if cosine is not None:
        dense_weight = np.array([w.dense for w in by_lang], dtype=np.float32)[row_langs]
        fused += cosine * dense_weight
    return fused


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
