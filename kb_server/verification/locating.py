"""Find what a citation points to in the served version, also after its page has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kb_server.errors import NotFoundError
from kb_server.index.reader import IndexReader
from kb_server.index.records import Document, Revision, Span
from kb_server.verification.schemas import CitationStatus, GivenCitation, Place

_SEARCHED_CHUNKS = 50
"""Best chunks in whose pages a quote without a page is looked for."""
_SEARCHED_CHARS = 400
"""Of a quote, for the search of those chunks."""

OldText = Callable[[str, str], Revision]
"""Gives a revision by ``doc_id`` and name from the kept versions; ``NotFoundError`` where none has it."""


@dataclass(frozen=True, slots=True)
class Located:
    """What became of a citation, and where its quote stands now."""

    status: CitationStatus
    place: Place | None = None
    revision: Revision | None = None
    """The text of ``place``."""


class Locator:
    """Finds citations in one version."""

    def __init__(self, reader: IndexReader, old_text: OldText) -> None:
        """Look in ``reader``; ``old_text`` tells what a page said before it changed."""
        self._reader = reader
        self._old_text = old_text
        self._by_path = {document.path: document for document in reader.documents()}
        self._by_id = {document.doc_id: document for document in reader.documents()}

    def locate(self, citation: GivenCitation) -> Located:
        """Say what became of ``citation``."""
        document = self._document(citation)
        if document is None:
            return self._without_page(citation)
        current = self._reader.revision(document.doc_id)
        if citation.revision in {"", current.revision}:
            return self._in_current(citation, document, current)
        return self._in_changed(citation, document, current)

    def _document(self, citation: GivenCitation) -> Document | None:
        if citation.doc_id:
            return self._by_id.get(citation.doc_id)
        return self._by_path.get(citation.path) if citation.path else None

    def _without_page(self, citation: GivenCitation) -> Located:
        """Look for the quote on every page: its own is gone, or none was named."""
        place = (
            self._anywhere(citation.quote) if citation.quote.strip() else Located(CitationStatus.NOT_FOUND)
        )
        if not citation.doc_id and not citation.path:
            return place
        status = CitationStatus.SOURCE_WITHDRAWN if citation.doc_id else CitationStatus.NOT_FOUND
        return Located(status, place.place, place.revision)

    def _in_current(self, citation: GivenCitation, document: Document, current: Revision) -> Located:
        span = _span(citation)
        if span is None:
            found = find_quote(current.text, citation.quote)
            status = CitationStatus.HOLDS if found else CitationStatus.QUOTE_MISMATCH
        else:
            stands = span.end <= len(current.text) and span.start < span.end
            if stands and citation.quote in {"", span.of(current.text)}:
                return _located(CitationStatus.HOLDS, document, current, span)
            status = CitationStatus.QUOTE_MISMATCH
            found = find_quote(current.text, citation.quote, near=span.start)
        return _located(status, document, current, found)

    def _in_changed(self, citation: GivenCitation, document: Document, current: Revision) -> Located:
        span = _span(citation)
        old = self._old(document.doc_id, citation.revision)
        quote = citation.quote
        status = CitationStatus.SOURCE_CHANGED
        if old is not None and span is not None:
            said = span.of(old.text)
            if quote and said != quote:
                status = CitationStatus.QUOTE_MISMATCH
            quote = quote or said
        found = find_quote(current.text, quote, near=span.start if span else 0)
        return _located(status, document, current, found)

    def _old(self, doc_id: str, revision: str) -> Revision | None:
        try:
            return self._old_text(doc_id, revision)
        except NotFoundError:
            return None

    def _anywhere(self, quote: str) -> Located:
        scores = self._reader.lexical.score(quote[:_SEARCHED_CHARS]).scores
        best = np.argsort(-scores, kind="stable")[:_SEARCHED_CHUNKS]
        rows = self._reader.row_documents[best[scores[best] > 0]].tolist()
        documents = self._reader.documents()
        for number in dict.fromkeys(rows):
            current = self._reader.revision(documents[number].doc_id)
            found = find_quote(current.text, quote)
            if found:
                return _located(CitationStatus.HOLDS, documents[number], current, found)
        return Located(CitationStatus.NOT_FOUND)


def find_quote(text: str, quote: str, *, near: int = 0) -> Span | None:
    r"""Find ``quote`` in ``text``, nearest to the offset ``near``; white space may differ.

    >>> find_quote("a b\nc d", "b c")
    Span(start=2, end=5)
    """
    if not quote.strip():
        return None
    exact = _occurrences(text, quote)
    if exact:
        start = min(exact, key=lambda offset: abs(offset - near))
        return Span(start, start + len(quote))
    offsets = [at for at, sign in enumerate(text) if not sign.isspace()]
    said = "".join(quote.split())
    loose = _occurrences("".join(text.split()), said)
    if not loose:
        return None
    first = min(loose, key=lambda offset: abs(offsets[offset] - near))
    return Span(offsets[first], offsets[first + len(said) - 1] + 1)


def _occurrences(text: str, wanted: str) -> list[int]:
    found = []
    position = text.find(wanted)
    while position >= 0:
        found.append(position)
        position = text.find(wanted, position + len(wanted))
    return found


def _span(citation: GivenCitation) -> Span | None:
    if citation.char_start is None or citation.char_end is None:
        return None
    return Span(citation.char_start, citation.char_end)


def _located(status: CitationStatus, document: Document, current: Revision, span: Span | None) -> Located:
    if span is None:
        return Located(status)
    place = Place(
        doc_id=document.doc_id,
        path=document.path,
        title=document.title,
        revision=current.revision,
        char_start=span.start,
        char_end=span.end,
    )
    return Located(status, place, current)
