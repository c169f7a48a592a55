"""Search for passages."""

from __future__ import annotations

from kb_server.index.records import ScoredChunk
from kb_server.live_index import Snapshot
from kb_server.requests import filter_values
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult
from kb_server.search.schemas import Passage, SearchRequest, SearchResponse
from kb_server.searcher import RevisionCache, Searcher, page_url


class SearchService:
    """Turns search requests into passages."""

    def __init__(self, searcher: Searcher) -> None:
        """Search with ``searcher``."""
        self._searcher = searcher

    async def search(self, request: SearchRequest) -> SearchResponse:
        """Find passages; raises ``UnknownFilterError`` or the reason why nothing can be searched."""
        query = SearchQuery(
            text=request.query, top_k=request.top_k, filters=filter_values(request.filters), mode=request.mode
        )
        passages, timings = await self._searcher.run(query, _passages)
        return SearchResponse(version=passages[0], passages=passages[1], timings_ms=timings)


def _passages(snapshot: Snapshot, result: RetrievalResult) -> tuple[str, list[Passage]]:
    revision_of = RevisionCache(snapshot.reader)
    return result.version, [_passage(hit, revision_of) for hit in result.hits]


def _passage(hit: ScoredChunk, revision_of: RevisionCache) -> Passage:
    chunk, document = hit.chunk, hit.document
    source_map = revision_of(chunk.doc_id, chunk.revision).source_map
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
        line_start=source_map.line_at(chunk.char_start),
        score=hit.score,
        scores=dict(hit.scores),
    )
