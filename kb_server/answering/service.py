"""Answer a question: search, compose, check every citation, send."""

from __future__ import annotations

import secrets
from dataclasses import asdict

from kb_server.answering.answer import Citation, ComposedAnswer
from kb_server.answering.composer import compose
from kb_server.answering.schemas import Answer, AnswerCitation, AnswerSentence, NearestPage, QueryRequest
from kb_server.errors import CitationMismatchError
from kb_server.index.reader import IndexReader
from kb_server.index.records import Revision
from kb_server.live_index import Snapshot
from kb_server.requests import filter_values
from kb_server.retrieval.results import RetrievalResult, SearchQuery
from kb_server.searcher import Searcher, Timings


class AnsweringService:
    """Turns questions into answers."""

    def __init__(self, searcher: Searcher) -> None:
        """Draw passages from ``searcher``."""
        self._searcher = searcher

    async def answer(self, request: QueryRequest) -> Answer:
        """Answer; raises ``UnknownFilterError`` or the reason why nothing can be answered."""
        query = SearchQuery(
            text=request.question, top_k=request.top_k, filters=filter_values(request.filters)
        )
        (version, composed), timings = await self._searcher.run(query, _compose)
        return to_answer(composed, version=version, timings=timings)


class RevisionCache:
    """Reads each revision of one version at most once for one answer."""

    def __init__(self, reader: IndexReader) -> None:
        """Read from ``reader``."""
        self._reader = reader
        self._revisions: dict[str, Revision] = {}

    def __call__(self, doc_id: str) -> Revision:
        """Give the revision of a document that this version has."""
        if doc_id not in self._revisions:
            self._revisions[doc_id] = self._reader.revision(doc_id)
        return self._revisions[doc_id]


def check_citations(composed: ComposedAnswer, revision_of: RevisionCache) -> None:
    """Raise ``CitationMismatchError`` unless each citation says what its revision says at that place."""
    known = {citation.id for citation in composed.citations}
    for citation in composed.citations:
        revision = revision_of(citation.doc_id)
        found = revision.text[citation.char_start : citation.char_end]
        if citation.revision != revision.revision or not citation.quote or found != citation.quote:
            raise CitationMismatchError(
                f"Citation {citation.id!r} of {citation.path!r} is not what revision "
                f"{citation.revision[:12]} says at {citation.char_start}:{citation.char_end}.",
                remedy="The answer was held back. Please report this with the request id.",
            )
    for sentence in composed.sentences:
        if not known.issuperset(sentence.citations):
            raise CitationMismatchError(
                f"A sentence cites {sorted(set(sentence.citations) - known)}, unknown to the answer.",
                remedy="The answer was held back. Please report this with the request id.",
            )


def to_answer(composed: ComposedAnswer, *, version: str, timings: Timings) -> Answer:
    """Give the answer object that is sent for what the composer has decided."""
    return Answer(
        id="a_" + secrets.token_hex(8),
        status=composed.status,
        reason=composed.reason,
        language=composed.language,
        text=composed.text,
        sentences=[AnswerSentence.model_validate(asdict(sentence)) for sentence in composed.sentences],
        citations=[_citation(citation) for citation in composed.citations],
        confidence=composed.confidence,
        suggestions=[],
        nearest=[NearestPage.model_validate(asdict(page)) for page in composed.nearest],
        handoff=None,
        conversation_id=None,
        generator=composed.generator,
        generation=version,
        timings_ms=timings,
    )


def _compose(snapshot: Snapshot, result: RetrievalResult) -> tuple[str, ComposedAnswer]:
    revisions = RevisionCache(snapshot.reader)
    composed = compose(result, revision_of=revisions)
    check_citations(composed, revisions)
    return result.version, composed


def _citation(citation: Citation) -> AnswerCitation:
    return AnswerCitation.model_validate(asdict(citation))
