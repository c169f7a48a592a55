"""Search for passages."""

from __future__ import annotations

from functools import partial

from kb_server.dialogue.schemas import turns_of, understood
from kb_server.index.reader import IndexReader
from kb_server.index.records import ScoredChunk, Span
from kb_server.index.trust import trust_flags
from kb_server.requests import filter_values
from kb_server.retrieval.explanation import explain_chunk, explain_query
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult
from kb_server.retrieval.why_not import why_not
from kb_server.search.explanations import ChunkExplanation, QueryExplanation, WhyNot
from kb_server.search.schemas import Duplicate, Passage, SearchRequest, SearchResponse, Surroundings
from kb_server.searcher import RevisionCache, page_url
from kb_server.searching import Searching, View


class SearchService:
    """Turns search requests into passages."""

    def __init__(self, searcher: Searching) -> None:
        """Search with ``searcher``."""
        self._searcher = searcher

    async def search(self, request: SearchRequest, *, audiences: frozenset[str] | None) -> SearchResponse:
        """Find passages on the pages that ``audiences`` may see (None: all).

        Raises ``UnknownFilterError`` or the reason why nothing can be searched.
        """
        query = SearchQuery(
            text=request.query,
            top_k=request.top_k,
            filters=filter_values(request.filters),
            audiences=audiences,
            mode=request.mode,
        )
        found, timings = await self._searcher.run(
            query, partial(_response, request), turns=turns_of(request.history)
        )
        return found.model_copy(update={"timings_ms": timings})


def _response(request: SearchRequest, view: View, result: RetrievalResult) -> SearchResponse:
    reader, ranking = view.reader, result.ranking
    revision_of = RevisionCache(reader)
    response = SearchResponse(
        version=result.version,
        passages=[_passage(hit, reader, revision_of) for hit in result.hits],
        expanded_terms=dict(result.query.expanded),
        understood=understood(result.query),
        timings_ms={},
    )
    if ranking is not None and request.neighbours:
        for passage, row in zip(response.passages, ranking.candidates.rows.tolist(), strict=False):
            text = revision_of(passage.doc_id, passage.revision).text
            passage.surroundings = _surroundings(reader, row, request.neighbours, text)
    if ranking is not None and request.explain:
        response.explanation = QueryExplanation.model_validate(explain_query(reader, ranking))
        for passage, row in zip(response.passages, ranking.candidates.rows.tolist(), strict=False):
            passage.explanation = ChunkExplanation.model_validate(explain_chunk(reader, ranking, row))
    if ranking is not None and request.why_not:
        response.why_not = WhyNot.model_validate(why_not(reader, ranking, request.why_not))
    return response


def _surroundings(reader: IndexReader, row: int, neighbours: int, text: str) -> Surroundings:
    """Give the passage in ``row`` with the chunks around it; they never reach into another page."""
    near = range(max(row - neighbours, 0), min(row + neighbours + 1, reader.row_count))
    page = reader.row_documents[row]
    chunks = reader.chunks([other for other in near if reader.row_documents[other] == page])
    start, end = min(chunk.char_start for chunk in chunks), max(chunk.char_end for chunk in chunks)
    return Surroundings(text=text[start:end], char_start=start, char_end=end)


def _passage(hit: ScoredChunk, reader: IndexReader, revision_of: RevisionCache) -> Passage:
    chunk, document = hit.chunk, hit.document
    revision = revision_of(chunk.doc_id, chunk.revision)
    return Passage(
        chunk_id=chunk.chunk_id,
        doc_id=chunk.doc_id,
        path=document.path,
        title=document.title,
        heading_path=list(chunk.heading_path),
        anchor=chunk.anchor,
        url=page_url(document),
        lang=chunk.lang,
        kind=chunk.kind,
        revision=chunk.revision,
        text=hit.text,
        char_start=chunk.char_start,
        char_end=chunk.char_end,
        line_start=revision.source_map.line_at(chunk.char_start),
        score=hit.score,
        scores=dict(hit.scores),
        versions=list(hit.versions),
        duplicates=[
            Duplicate(path=reader.document(copy.doc_id).path, anchor=copy.anchor) for copy in hit.duplicates
        ],
        flags=list(trust_flags(document, revision, Span(chunk.char_start, chunk.char_end))),
    )
