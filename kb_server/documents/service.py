"""List documents, and give the texts that citations point into."""

from __future__ import annotations

import re
from bisect import bisect_right

from kb_server.documents.excerpts import DocumentExcerpt, Stretch, excerpt_of
from kb_server.documents.schemas import DocumentInfo, DocumentPage, RevisionText
from kb_server.errors import NotFoundError
from kb_server.index.history import find_revision
from kb_server.index.layout import DataLayout
from kb_server.index.records import Document, MetadataValue, doc_id_of
from kb_server.live_index import View
from kb_server.searcher import Searcher, page_url

Audiences = frozenset[str] | None
"""Access labels whose pages are given beside the public ones; None: every page."""

_DOC_ID = re.compile(r"d_[0-9a-f]{16}")


class DocumentService:
    """Reads documents of the served version, and older texts from the versions that are kept.

    A page that the audiences may not see is one that does not exist.
    """

    def __init__(self, searcher: Searcher, layout: DataLayout) -> None:
        """Work in the threads of ``searcher``; older versions are found through ``layout``."""
        self._searcher = searcher
        self._layout = layout

    async def list(self, *, limit: int, after: str, audiences: Audiences) -> DocumentPage:
        """Give up to ``limit`` documents whose paths come behind ``after``."""

        def read(view: View) -> DocumentPage:
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

        return await self._searcher.on_current(audiences, read)

    async def document(self, doc_id: str, *, audiences: Audiences) -> DocumentInfo:
        """Describe one document; ``NotFoundError`` where the served version has none of that id."""
        return await self._searcher.on_current(audiences, lambda view: _info(view.reader.document(doc_id)))

    async def revision(self, doc_id: str, revision: str, *, audiences: Audiences) -> RevisionText:
        """Give a text of a document that is served; ``NotFoundError`` where no version keeps it."""

        def read(view: View) -> RevisionText:
            document = view.reader.document(doc_id)
            current = document.revision == revision
            found = (
                view.reader.revision(doc_id)
                if current
                else find_revision(self._layout, doc_id, revision, audiences=audiences)
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

        return await self._searcher.on_current(audiences, read)

    async def excerpt(
        self, name: str, revision: str, stretch: Stretch, *, audiences: Audiences
    ) -> DocumentExcerpt:
        """Give a stretch of the page with the id or path ``name``; without ``revision`` as it is now.

        Raises ``NotFoundError`` for a page or text that is not there, ``InvalidRequestError`` for a stretch.
        """
        doc_id = name if _DOC_ID.fullmatch(name) else doc_id_of(name)

        def read(view: View) -> DocumentExcerpt:
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
                found = find_revision(self._layout, doc_id, revision, audiences=audiences)
            return excerpt_of(document, found, stretch)

        return await self._searcher.on_current(audiences, read)


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
