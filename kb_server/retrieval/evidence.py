"""The first half of a search: what every row of the version shows, before any row is chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kb_server.index.language import language_asked
from kb_server.index.reader import IndexReader
from kb_server.retrieval.candidates import Candidates, Evidence
from kb_server.retrieval.crossing.question import OTHER, Crossing, cross
from kb_server.retrieval.crossing.translations import translated_rows
from kb_server.retrieval.fusion import LANGUAGES, FusionWeights, fuse, top_rows, word_lead
from kb_server.retrieval.query import SearchMode, SearchQuery

NEAREST_CANDIDATES = 200
"""How many rows the approximate search hands to the fusion on large versions."""


def gather(
    reader: IndexReader,
    query: SearchQuery,
    vector: NDArray[np.float32] | None,
    *,
    exact_scan_limit: int,
    weights: FusionWeights,
) -> Evidence:
    """Score all rows for ``query`` by words, by ``vector`` where there is one, and by both together.

    Raises ``UnknownFilterError`` for a filter that no document carries.
    """
    visible = reader.visible(query.filters)
    lang = query.lang or language_asked(query.text)
    lexical = reader.lexical.score(query.text, visible)
    background = _background(reader, query, lexical.upper_bound, visible)
    share = lexical.scores / np.float32(lexical.upper_bound) if lexical.upper_bound > 0 else lexical.scores
    crossing, crossed = _crossed(reader, query.text, lang, visible)
    if crossing is not None:
        share = np.where(crossed, crossing.share(reader.lexical, visible), share)
    weights = weights.trusting(word_lead(lexical.scores, lang=lang, row_langs=reader.row_langs))
    exact = visible is not None or not reader.is_whole or reader.row_count <= exact_scan_limit
    cosine = None
    if vector is not None and query.mode is not SearchMode.LEXICAL:
        cosine = _exact(reader, vector, visible) if exact else _approximate(reader, vector)
    words = share if background is None else share + background
    fused = _fused(reader, query.mode, lang, share=words, cosine=cosine, weights=weights)
    if visible is not None:
        fused[~visible] = -np.inf
    return Evidence(
        query=query,
        lang=lang,
        visible=visible,
        lexical=lexical,
        share=share,
        crossing=crossing,
        crossed=crossed,
        background=background,
        cosine=cosine,
        exact=exact,
        weights={chunk_lang: weights.of(lang, chunk_lang) for chunk_lang in LANGUAGES},
        fused=fused,
    )


def _crossed(
    reader: IndexReader,
    text: str,
    lang: str,
    visible: NDArray[np.bool_] | None,
) -> tuple[Crossing | None, NDArray[np.bool_]]:
    """Say the question in the words of the other language, and which rows are compared with those.

    Not those whose page also stands in the asker's language: that one is to be preferred.
    """
    across = reader.row_langs == LANGUAGES.index(OTHER[lang]) if lang in OTHER else np.array([False])
    if not (across if visible is None else across & visible).any():
        return None, np.zeros(reader.row_count, dtype=np.bool_)
    return cross(text, lang, reader.lexical), across & ~translated_rows(reader, lang, visible)


def _background(
    reader: IndexReader, query: SearchQuery, own_bound: float, visible: NDArray[np.bool_] | None
) -> NDArray[np.float32] | None:
    """Give what earlier turns add to the rows' shares; None where the question does not lean on any."""
    background = query.background
    if background is None or not background.follows_up:
        return None
    scores, bound = reader.lexical.weighted(background.terms, visible)
    # Against the question's own bound, a word of an earlier turn counts its weight of one of the question's.
    return scores / np.float32(own_bound or bound or 1.0)


def as_judged(evidence: Evidence, reader: IndexReader) -> Evidence:
    """Give the evidence with the words of earlier turns among those of the question, by their weight.

    For the signals: a follow-up is as sure as the question would be if it were asked in full.
    """
    background = evidence.query.background
    if evidence.background is None or background is None:
        return evidence
    own = evidence.lexical.term_weights
    earlier = {term: factor * reader.lexical.idf(term) for term, factor in background.terms.items()}
    joined = {**earlier, **own}
    scale = np.float32(sum(own.values()) / sum(joined.values())) if joined else np.float32(1)
    return replace(
        evidence,
        lexical=replace(evidence.lexical, term_weights=joined),
        share=(evidence.share + evidence.background) * scale,
    )


def choose(evidence: Evidence, count: int) -> Candidates:
    """Give the ``count`` best rows that have some evidence: a matching term, or any similarity at all."""
    rows = top_rows(evidence.fused, count)
    rows = rows[evidence.evident[rows] & np.isfinite(evidence.fused[rows])]
    scores = evidence.fused[rows]
    return Candidates(rows, scores).after("fusion", rows, scores)


def _exact(
    reader: IndexReader, vector: NDArray[np.float32], visible: NDArray[np.bool_] | None
) -> NDArray[np.float32]:
    cosine = reader.dense_scores(vector, visible)
    return np.where(np.isfinite(cosine), cosine, np.float32(0))


def _approximate(reader: IndexReader, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, scores = reader.nearest(vector, NEAREST_CANDIDATES)
    cosine = np.zeros(reader.row_count, dtype=np.float32)
    cosine[rows] = scores
    return cosine


def _fused(
    reader: IndexReader,
    mode: SearchMode,
    lang: str,
    *,
    share: NDArray[np.float32],
    cosine: NDArray[np.float32] | None,
    weights: FusionWeights,
) -> NDArray[np.float32]:
    if mode is SearchMode.LEXICAL:
        return share.copy()
    if mode is SearchMode.DENSE and cosine is not None:
        return cosine.copy()
    return fuse(lexical=share, cosine=cosine, query_lang=lang, row_langs=reader.row_langs, weights=weights)
