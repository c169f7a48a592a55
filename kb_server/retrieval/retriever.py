"""Hybrid search over one version of the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import InvalidRequestError
from kb_server.index.language import language_asked
from kb_server.index.reader import IndexReader
from kb_server.index.records import Chunk, ScoredChunk
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.candidates import Candidates, Evidence, Ranking, Stage
from kb_server.retrieval.duplicates import duplicate_stage
from kb_server.retrieval.evidence import as_judged, choose, gather
from kb_server.retrieval.fusion import FusionWeights
from kb_server.retrieval.pages import CANDIDATES, page_stage
from kb_server.retrieval.query import SearchMode, SearchQuery
from kb_server.retrieval.reading.loanwords import sounds_of
from kb_server.retrieval.reading.question import read
from kb_server.retrieval.reranking import STAGE, Reranking, rerank_scores, rerank_stage
from kb_server.retrieval.results import RetrievalResult
from kb_server.retrieval.signals import read_signals
from kb_server.retrieval.versions import VersionTable, version_stage
from kb_server.retrieval.visible_terms import VisibleTerms

_WIDER = 8
"""How many times as many candidates are ranked where the stages took out too many."""


class Retriever:
    """Ranks the chunks of one version; safe to call from several threads."""

    def __init__(
        self,
        reader: IndexReader,
        *,
        reads: Callable[[str], bool],
        exact_scan_limit: int,
        weights: FusionWeights | None = None,
        reranking: Reranking | None = None,
    ) -> None:
        """Search ``reader``; ``reads(lang)`` tells whether the encoder understands a language."""
        self._reader = reader
        self._reads = reads
        self._exact_scan_limit = exact_scan_limit
        self._weights = weights or FusionWeights()
        self._reranking = reranking
        self._stages = _stages(reader, reranking)

    @property
    def reader(self) -> IndexReader:
        """The version that is searched."""
        return self._reader

    def narrowed(self, reader: IndexReader) -> Retriever:
        """Give the same search of ``reader``, which has some of the documents of this one's."""
        return Retriever(
            reader,
            reads=self._reads,
            exact_scan_limit=self._exact_scan_limit,
            weights=self._weights,
            reranking=self._reranking,
        )

    def prepare(self) -> None:
        """Work out ahead what the first question would wait for: it does not depend on any question."""
        sounds_of(self._reader.lexical.vocabulary)
        _ = self._reader.heading_documents
        vector = np.full(self._reader.manifest.dimension, 1.0, dtype=np.float32)
        self.search(self.read(SearchQuery(text="warm-up 준비")), vector / np.linalg.norm(vector))

    def read(self, query: SearchQuery) -> SearchQuery:
        """Give the query as it was meant: slips of the keyboard undone in words that no row holds.

        A query whose words are all known comes back as it is; words that only stand in rows which the
        filters hide are not read instead. Raises ``UnknownFilterError``.
        """
        visible = self._reader.visible(query.filters)
        reading = read(
            query.text, self._reader.lexical.vocabulary, is_hidden=partial(self._is_hidden, visible)
        )
        return replace(query, text=reading.text, expanded=reading.expanded, lang=reading.lang)

    def _is_hidden(self, visible: NDArray[np.bool_] | None, text: str) -> bool:
        """Tell whether rows hold words of ``text``, but no visible row does."""
        lexical, terms = self._reader.lexical, tokenize(text)
        return (
            visible is not None
            and lexical.vocabulary.knows(terms)
            and not any(lexical.row_frequency(term, visible) for term in terms)
        )

    def needs_vector(self, query: SearchQuery) -> bool:
        """Tell whether ``search`` has use for the query's vector.

        A query in a language that the encoder does not read is only encoded when the dense stage alone
        is asked for.
        """
        if query.mode is SearchMode.LEXICAL:
            return False
        return query.mode is SearchMode.DENSE or self._reads(language_asked(query.text))

    def search(self, query: SearchQuery, vector: NDArray[np.float32] | None) -> RetrievalResult:
        """Rank the visible chunks; ``vector`` has shape (dimension,) or is None where none is needed.

        Raises ``UnknownFilterError`` for a filter that no document carries.
        """
        if vector is None and query.mode is SearchMode.DENSE:
            raise InvalidRequestError("A dense search needs the query's vector and got none.")
        evidence = gather(
            self._reader,
            query,
            vector,
            exact_scan_limit=self._exact_scan_limit,
            weights=self._weights,
        )
        candidates = self._ranked(evidence)
        hits = self._hits(evidence, candidates)
        signals = read_signals(
            as_judged(evidence, self._reader),
            candidates,
            hits,
            lexical=self._reader.lexical,
            documents=self._reader.row_documents,
            langs=self._reader.row_langs,
        )
        return RetrievalResult(
            version=self._reader.version,
            query=query,
            lang=evidence.lang,
            hits=hits,
            signals=signals,
            term_weights=evidence.terms(across=bool(signals.cross)),
            ranking=Ranking(evidence, candidates),
            terms=VisibleTerms(self._reader, evidence.visible),
            vector=vector,
        )

    def _ranked(self, evidence: Evidence) -> Candidates:
        """Rank enough candidates for a full answer: the stages may take some out."""
        top_k = evidence.query.top_k
        count = max(top_k, CANDIDATES)
        ranked = self._through_stages(evidence, choose(evidence, count))
        while len(ranked.rows) < top_k and evidence.count() > len(ranked.trail[0].rows):
            count *= _WIDER  # all at once would take a second on large versions
            ranked = self._through_stages(evidence, choose(evidence, count))
        return ranked

    def _through_stages(self, evidence: Evidence, candidates: Candidates) -> Candidates:
        if evidence.query.mode is SearchMode.HYBRID:
            for stage in self._stages:
                candidates = stage(evidence, candidates)
        return candidates

    def _hits(self, evidence: Evidence, candidates: Candidates) -> tuple[ScoredChunk, ...]:
        best = slice(evidence.query.top_k)
        rows = candidates.rows[best].tolist()
        chunks = self._reader.chunks(rows)
        texts = self._reader.texts(rows)
        versions = self._reader.document_versions
        copies = self._copies(Ranking(evidence, candidates), rows)
        reranked = rerank_scores(candidates)
        return tuple(
            ScoredChunk(
                chunk=chunk,
                document=self._reader.document(chunk.doc_id),
                text=text,
                score=score,
                scores=evidence.scores_of(row) | ({STAGE: reranked[row]} if row in reranked else {}),
                versions=versions[self._reader.row_documents[row]],
                duplicates=tuple(copies[row]),
            )
            for row, score, chunk, text in zip(
                rows, candidates.scores[best].tolist(), chunks, texts, strict=True
            )
        )

    def _copies(self, ranking: Ranking, rows: Sequence[int]) -> Mapping[int, Sequence[Chunk]]:
        copies: dict[int, list[Chunk]] = {row: [] for row in rows}
        standing = [(copy, kept) for copy, kept in ranking.dropped.items() if kept in copies]
        chunks = self._reader.chunks([copy for copy, _ in standing])
        for (_, kept), chunk in zip(standing, chunks, strict=True):
            copies[kept].append(chunk)
        return copies


def _stages(reader: IndexReader, reranking: Reranking | None) -> tuple[Stage, ...]:
    """List what ranks the candidates after the fusion, in order."""
    stages = [page_stage(reader.row_documents)]
    versions = VersionTable(reader.documents(), reader.document_versions)
    if versions:
        stages.append(version_stage(versions, reader.row_documents))
    depth = 0 if reranking is None else reranking.top
    stages.append(duplicate_stage(reader.texts, partial(_headings, reader), reader.row_langs, depth=depth))
    if reranking is not None:
        stages.append(rerank_stage(reranking, partial(_passages, reader)))
    return tuple(stages)


def _headings(reader: IndexReader, rows: Sequence[int]) -> list[str]:
    """Give the nearest heading of each of ``rows``, empty where there is none."""
    return ["".join(chunk.heading_path[-1:]) for chunk in reader.chunks(rows)]


def _passages(reader: IndexReader, rows: Sequence[int]) -> list[str]:
    """Give the texts of ``rows`` below their headings."""
    chunks, texts = reader.chunks(rows), reader.texts(rows)
    return [f"{chunk.context}\n{text}" for chunk, text in zip(chunks, texts, strict=True)]
