"""The versions that are kept beside the published one: look up older texts, and forget documents for good."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from kb_server.errors import (
    BadInputError,
    IndexDamagedError,
    IndexMissingError,
    IndexStateError,
    NotFoundError,
)
from kb_server.index.catalog import CATALOG_NAME, Catalog
from kb_server.index.labels import may_see
from kb_server.index.layout import DataLayout
from kb_server.index.manifest import Manifest, damaged
from kb_server.index.records import Document, Revision, revision_of


@dataclass(frozen=True, slots=True)
class Purge:
    """Which kept versions were removed because they contained a document, and which a reader still holds."""

    removed: tuple[str, ...]
    held: tuple[str, ...]


def find_revision(
    layout: DataLayout, doc_id: str, revision: str, *, audiences: frozenset[str] | None = None
) -> Revision:
    """Give ``revision`` of a document that the published version has, from whichever version keeps it.

    A text that any kept version keeps from ``audiences`` (None: sees all) is not given: a page that is public
    now may have said something else while it was not.
    Raises ``NotFoundError`` where the document was deleted or no version has that revision of it, and
    ``IndexDamagedError`` where the only version that has it cannot be read.
    """
    current = layout.current()
    if current is None or not _has_document(Manifest.read(layout.version_path(current)), doc_id):
        raise NotFoundError(f"There is no document {doc_id!r} in the index.")
    failure: IndexDamagedError | None = None
    found: Revision | None = None
    for version in layout.versions():
        try:
            kept = _revision_in(layout, version, doc_id, revision)
        except IndexDamagedError as error:
            failure = error
            continue
        if kept is not None and not may_see(kept.document, audiences):
            raise _not_kept(doc_id, revision)
        found = found or (kept.revision if kept else None)
        if found is not None and audiences is None:
            return found
    if found is None or (failure is not None and audiences is not None):
        raise failure or _not_kept(doc_id, revision)
    return found


def purge_documents(layout: DataLayout, doc_ids: Collection[str]) -> Purge:
    """Remove every kept version that contains one of the documents, which an ingest has already deleted.

    The writer's lock must be held. Raises ``BadInputError`` while the published version has one of them. A
    version whose manifest cannot be read may contain them, and goes too.
    """
    current = layout.current()
    removed: list[str] = []
    held: list[str] = []
    containing = [version for version in layout.versions() if _contains(layout, version, doc_ids)]
    if current in containing:
        raise BadInputError(
            f"The published version {current} still contains a document that is to be forgotten.",
            remedy="Delete the source file and run `kb ingest` first.",
        )
    for version in containing:
        (removed if layout.remove(version) else held).append(version)
    return Purge(tuple(removed), tuple(held))


class _Kept(NamedTuple):
    document: Document
    revision: Revision


def _not_kept(doc_id: str, revision: str) -> NotFoundError:
    return NotFoundError(
        f"No version that is kept has revision {revision[:80]!r} of document {doc_id!r}.",
        remedy="Read the text that the page has now.",
    )


def _revision_in(layout: DataLayout, version: str, doc_id: str, revision: str) -> _Kept | None:
    """Read one version, of which only manifest and text are checked; None where it has no such text."""
    try:
        lease = layout.lease(version)
    except IndexMissingError:
        return None  # pruned since it was listed
    with lease:
        directory = layout.version_path(version)
        sources = Manifest.read(directory).sources
        if not any(entry.doc_id == doc_id and entry.revision == revision for entry in sources):
            return None
        with closing(Catalog(directory / CATALOG_NAME)) as catalog:
            found = _Kept(catalog.document(doc_id), catalog.revision(doc_id))
    if revision_of(found.revision.text) != revision:
        raise damaged(directory / CATALOG_NAME, f"the text of document {doc_id!r} was altered")
    return found


def _contains(layout: DataLayout, version: str, doc_ids: Collection[str]) -> bool:
    try:
        manifest = Manifest.read(layout.version_path(version))
    except IndexStateError:
        return True
    return any(_has_document(manifest, doc_id) for doc_id in doc_ids)


def _has_document(manifest: Manifest, doc_id: str) -> bool:
    return any(entry.doc_id == doc_id for entry in manifest.sources)
