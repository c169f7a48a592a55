"""Hybrid search over one version of the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import InvalidRequestError
from kb_server.index.language import detect_language
from kb_server.index.lexical import LexicalScores
from kb_server.index.reader import IndexReader
from kb_server.index.records import ScoredChunk
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.fusion import FusionWeights, fuse, top_rows
from kb_server.retrieval.pages import CANDIDATES, rank_with_pages
from kb_server.retrieval.results import RetrievalResult, SearchMode, SearchQuery, Signals

_NEAREST_CANDIDATES = 200
"""How many rows the approximate search hands to the fusion on large versions."""


class Retriever:
    """Ranks the chunks of one version; safe to call from several threads."""

    def __init__(
        self,
        reader: IndexReader,
        *,
        reads: Callable[[str], bool],
        exact_scan_limit: int,
        weights: FusionWeights | None = None,
    ) -> None:
        """Search ``reader``; ``reads(lang)`` tells whether the encoder understands a language."""
        self._reader = reader
        self._reads = reads
        self._exact_scan_limit = exact_scan_limit
        self._weights = weights or FusionWeights()

    @property
    def reader(self) -> IndexReader:
        """The version that is searched."""
        return self._reader

    def needs_vector(self, query: SearchQuery) -> bool:
        """Tell whether ``search`` has use for the query's vector.

        A query in a language that the encoder does not read is only encoded when the dense stage alone
        is asked for.
        """
        if query.mode is SearchMode.LEXICAL:
            return False
        return query.mode is SearchMode.DENSE or self._reads(detect_language(query.text))

    def search(self, query: SearchQuery, vector: NDArray[np.float32] | None) -> RetrievalResult:
        """Rank the visible chunks; ``vector`` has shape (dimension,) or is None where none is needed.

        Raises ``UnknownFilterError`` for a filter that no document carries.
        """
        if vector is None and query.mode is SearchMode.DENSE:
            raise InvalidRequestError("A dense search needs the query's vector and got none.")
        visible = self._reader.visible(query.filters)
        lang = detect_language(query.text)
        lexical = self._reader.lexical.score(query.text, visible)
        share = (
            lexical.scores / np.float32(lexical.upper_bound) if lexical.upper_bound > 0 else lexical.scores
        )
        cosine = None if query.mode is SearchMode.LEXICAL else self._cosine(vector, visible)
        fused = self._score(query.mode, lang, share, cosine)
        if visible is not None:
            fused[~visible] = -np.inf
        candidates = top_rows(fused, max(query.top_k, CANDIDATES))
        candidates = candidates[_is_hit(candidates, fused, share, cosine)]
        rows, scores = candidates, fused[candidates]
        if query.mode is SearchMode.HYBRID:
            rows, scores = rank_with_pages(rows, scores, self._reader.row_documents[rows])
        best = slice(query.top_k)
        hits = self._hits(rows[best].tolist(), scores[best].tolist(), share, cosine)
        return RetrievalResult(
            version=self._reader.version,
            query=query,
            lang=lang,
            hits=hits,
            signals=self._signals(lang, share, cosine, hits, lexical),
            term_weights=lexical.term_weights,
        )

    def _cosine(
        self, vector: NDArray[np.float32] | None, visible: NDArray[np.bool_] | None
    ) -> NDArray[np.float32] | None:
        if vector is None:
            return None
        if visible is None and self._reader.row_count > self._exact_scan_limit:
            rows, scores = self._reader.nearest(vector, _NEAREST_CANDIDATES)
            cosine = np.zeros(self._reader.row_count, dtype=np.float32)
            cosine[rows] = scores
            return cosine
        cosine = self._reader.dense_scores(vector, visible)
        return np.where(np.isfinite(cosine), cosine, np.float32(0))

    def _score(
        self, mode: SearchMode, lang: str, share: NDArray[np.float32], cosine: NDArray[np.float32] | None
    ) -> NDArray[np.float32]:
        if mode is SearchMode.LEXICAL:
            return share.copy()
        if mode is SearchMode.DENSE and cosine is not None:
            return cosine.copy()
        return fuse(
            lexical=share,
            cosine=cosine,
            query_lang=lang,
            row_langs=self._reader.row_langs,
            weights=self._weights,
        )

    def _hits(
        self,
        rows: Sequence[int],
        scores: Sequence[float],
        share: NDArray[np.float32],
        cosine: NDArray[np.float32] | None,
    ) -> tuple[ScoredChunk, ...]:
        chunks = self._reader.chunks(rows)
        texts = self._reader.texts(rows)
        return tuple(
            ScoredChunk(
                chunk=chunk,
                document=self._reader.document(chunk.doc_id),
                text=text,
                score=score,
                scores=_stage_scores(row, share, cosine),
            )
            for row, score, chunk, text in zip(rows, scores, chunks, texts, strict=True)
        )

    def _signals(
        self,
        lang: str,
        share: NDArray[np.float32],
        cosine: NDArray[np.float32] | None,
        hits: Sequence[ScoredChunk],
        lexical: LexicalScores,
    ) -> Signals:
        if not hits:
            return Signals(cosine=0.0, lexical=0.0, coverage=0.0)
        readable = cosine is not None and self._reads(lang)
        return Signals(
            cosine=max(float(cosine.max()), 0.0) if cosine is not None and readable else 0.0,
            lexical=float(share.max()),
            coverage=_coverage(hits[0], lexical.term_weights),
        )


def _is_hit(
    rows: NDArray[np.int64],
    fused: NDArray[np.float32],
    share: NDArray[np.float32],
    cosine: NDArray[np.float32] | None,
) -> NDArray[np.bool_]:
    """Keep rows with some evidence: a matching term, or any similarity at all."""
    evident = share[rows] > 0
    if cosine is not None:
        evident |= cosine[rows] > 0
    kept: NDArray[np.bool_] = evident & np.isfinite(fused[rows])
    return kept


def _stage_scores(
    row: int, share: NDArray[np.float32], cosine: NDArray[np.float32] | None
) -> Mapping[str, float]:
    scores = {"lexical": float(share[row])}
    if cosine is not None:
        scores["dense"] = float(cosine[row])
    return scores


def _coverage(hit: ScoredChunk, term_weights: Mapping[str, float]) -> float:
    """Give the share of the query's idf that stands in the best chunk and its headings."""
    total = sum(term_weights.values())
    if total <= 0:
        return 0.0
    present = set(tokenize(f"{hit.chunk.context}\n{hit.text}"))
    return sum(weight for term, weight in term_weights.items() if term in present) / total
