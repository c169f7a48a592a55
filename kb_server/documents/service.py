"""List documents, and give the texts that citations point into."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import partial

from kb_server.documents.excerpts import DocumentExcerpt, Stretch, excerpt_of
from kb_server.documents.schemas import DocumentInfo, DocumentPage, RevisionText
from kb_server.errors import NotFoundError
from kb_server.index.history import find_revision
from kb_server.index.layout import DataLayout
from kb_server.index.records import Document, MetadataValue, doc_id_of
from kb_server.searcher import page_url
from kb_server.searching import Searching, View

Audiences = frozenset[str] | None
"""Access labels whose pages are given beside the public ones; None: every page."""

_DOC_ID = re.compile(r"d_[0-9a-f]{16}")


class DocumentService:
    """Reads documents of the served version, and older texts from the versions that are kept.

    A page that the audiences may not see is one that does not exist.
    """

    def __init__(self, searcher: Searching, layout: DataLayout) -> None:
        """Work where ``searcher`` does; older versions are found through ``layout``."""
        self._searcher = searcher
        self._layout = layout

    async def list(self, *, limit: int, after: str, audiences: Audiences) -> DocumentPage:
        """Give up to ``limit`` documents whose paths come behind ``after``."""
        return await self._searcher.on_current(audiences, partial(_page, limit, after))

    async def document(self, doc_id: str, *, audiences: Audiences) -> DocumentInfo:
        """Describe one document; ``NotFoundError`` where the served version has none of that id."""
        return await self._searcher.on_current(audiences, partial(_document, doc_id))

    async def revision(self, doc_id: str, revision: str, *, audiences: Audiences) -> RevisionText:
        """Give a text of a document that is served; ``NotFoundError`` where no version keeps it."""
        return await self._searcher.on_current(audiences, partial(_revision, self._layout, doc_id, revision))

    async def excerpt(
        self, name: str, revision: str, stretch: Stretch, *, audiences: Audiences
    ) -> DocumentExcerpt:
        """Give a stretch of the page with the id or path ``name``; without ``revision`` as it is now.

        Raises ``NotFoundError`` for a page or text that is not there, ``InvalidRequestError`` for a stretch.
        """
        return await self._searcher.on_current(
            audiences, partial(_excerpt, self._layout, name, revision, stretch)
        )


def _page(limit: int, after: str, view: View) -> DocumentPage:
    documents = sorted(view.reader.documents(), key=_path)
    start = bisect_right(documents, after, key=_path) if after else 0
    page = documents[start : start + limit]
    more = start + limit < len(documents)
    return DocumentPage(
        version=view.version,
        total=len(documents),
        documents=[_info(document) for document in page],
        next_after=page[-1].path if more else None,
    )


def _document(doc_id: str, view: View) -> DocumentInfo:
    return _info(view.reader.document(doc_id))


def _revision(layout: DataLayout, doc_id: str, revision: str, view: View) -> RevisionText:
    document = view.reader.document(doc_id)
    current = document.revision == revision
    found = (
        view.reader.revision(doc_id)
        if current
        else find_revision(layout, doc_id, revision, audiences=view.audiences)
    )
    return RevisionText(
        doc_id=doc_id,
        path=document.path,
        title=document.title,
        lang=document.lang,
        revision=found.revision,
        current=current,
        text=found.text,
        url=page_url(document),
        metadata=_metadata(document),
    )


def _excerpt(layout: DataLayout, name: str, revision: str, stretch: Stretch, view: View) -> DocumentExcerpt:
    doc_id = name if _DOC_ID.fullmatch(name) else doc_id_of(name)
    try:
        document = view.reader.document(doc_id)
    except NotFoundError as error:
        raise NotFoundError(
            f"There is no page {name!r}.",
            remedy="A search gives the path and doc_id of each passage.",
        ) from error
    if revision in ("", document.revision):
        found = view.reader.revision(doc_id)
    else:
        found = find_revision(layout, doc_id, revision, audiences=view.audiences)
    return excerpt_of(document, found, stretch)


def _path(document: Document) -> str:
    return document.path


def _info(document: Document) -> DocumentInfo:
    return DocumentInfo(
        doc_id=document.doc_id,
        path=document.path,
        title=document.title,
        lang=document.lang,
        revision=document.revision,
        url=page_url(document),
        metadata=_metadata(document),
    )


def _metadata(document: Document) -> dict[str, str | list[str]]:
    return {key: _plain(value) for key, value in document.metadata.items()}


def _plain(value: MetadataValue) -> str | list[str]:
    return value if isinstance(value, str) else list(value)
