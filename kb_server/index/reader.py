"""One published version, opened for reading: the interface between the index and everything that asks it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import EncoderError, IndexMismatchError, NotFoundError
from kb_server.index.catalog import CATALOG_NAME, Catalog, DocumentRecord
from kb_server.index.dense import STORE_NAME, DenseStore
from kb_server.index.filters import DocumentFilter
from kb_server.index.integrity import check_version
from kb_server.index.layout import DataLayout
from kb_server.index.lexical import LexicalIndex
from kb_server.index.manifest import MANIFEST_NAME, Manifest, damaged
from kb_server.index.narrowing import NarrowedCatalog
from kb_server.index.records import Chunk, Document, Flag, Revision
from kb_server.index.tokenization import tokenize
from kb_server.index.vectors import VECTORS_NAME, exact_scores, open_vectors
from kb_server.index.versions import versions_of_documents
from kb_server.remembering import Recent

LEXICAL_NAME = "lexical"
_NOTES = 1 << 13
_ABOVE = " > "
"""Stands between the headings of a chunk's context, which repeat from chunk to chunk."""
MAX_NEAREST = 1000
"""Most rows that ``nearest`` gives; Chroma needs seconds for more."""


class IndexReader:
    """A version of the index; threads may share it, and nothing is written to its folder.

    While it is open no process deletes the version, and all answers come from it alone.
    """

    def __init__(
        self,
        directory: Path,
        manifest: Manifest,
        catalog: Catalog | NarrowedCatalog,
        lexical: LexicalIndex,
        vectors: NDArray[np.float32],
        *,
        resources: ExitStack,
    ) -> None:
        """Take the parts of a version; ``open`` loads and checks them. ``close`` closes ``resources``."""
        self.directory = directory
        self.manifest = manifest
        self.version = manifest.version
        self._catalog = catalog
        self._matrix = vectors
        self.lexical = lexical
        self.row_documents: NDArray[np.int32] = catalog.row_documents
        """The place in ``documents()`` of each row's document."""
        self.row_langs: NDArray[np.int8] = catalog.row_langs
        """Language of each row: 0 for ``en``, 1 for ``ko``, -1 for any other."""
        self.row_count = manifest.chunks
        self.document_versions = versions_of_documents(catalog.documents)
        """The product versions of each of ``documents()``; empty where the corpus tells none apart."""
        self._filter = DocumentFilter(catalog.documents, self.row_documents, self.document_versions)
        self.notes: Recent[Hashable, Any] = Recent(_NOTES)
        """What others have worked out of this version; it never changes, so that it holds as long as this."""
        self._resources = resources
        self._store: DenseStore | None = None
        self._store_lock = Lock()

    @classmethod
    def open(cls, layout: DataLayout, version: str) -> IndexReader:
        """Take a lease on ``version``, check all of its files against the manifest, and load it.

        Raises ``IndexMissingError`` where it does not exist, ``IndexDamagedError``, which names the file,
        where it is not what was written, and ``IndexMismatchError`` for another format.
        """
        resources = ExitStack()
        try:
            resources.enter_context(layout.lease(version))
            return cls._load(layout.version_path(version), resources)
        except BaseException:
            resources.close()
            raise

    @classmethod
    def _load(cls, directory: Path, resources: ExitStack) -> IndexReader:
        manifest = check_version(directory)
        if manifest.version != directory.name:
            raise damaged(directory / MANIFEST_NAME, f"it belongs to version {manifest.version!r}")
        catalog = Catalog(directory / CATALOG_NAME)
        resources.callback(catalog.close)
        vectors = open_vectors(directory / VECTORS_NAME)
        lexical = LexicalIndex.open(directory / LEXICAL_NAME)
        resources.callback(lexical.close)
        _check_counts(directory, manifest, catalog, lexical, vectors)
        reader = cls(directory, manifest, catalog, lexical, vectors, resources=resources)
        reader._warm()
        return reader

    def narrowed(self, kept: NDArray[np.bool_]) -> IndexReader:
        """Give this version without the documents where ``kept``, shape (documents,), is false.

        Texts and vectors are read through this reader, which must stay open meanwhile.
        """
        if not isinstance(self._catalog, Catalog):
            raise TypeError("a version is narrowed once, from the whole")
        catalog = NarrowedCatalog(self._catalog, kept)
        shown = {document.doc_id for document in catalog.documents}
        manifest = replace(
            self.manifest,
            documents=len(catalog.documents),
            chunks=len(catalog.rows),
            sources=tuple(entry for entry in self.manifest.sources if entry.doc_id in shown),
        )
        lexical = self.lexical.narrowed(catalog.rows)
        return IndexReader(self.directory, manifest, catalog, lexical, self._matrix, resources=ExitStack())

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The unit vectors of all rows, shape (rows, dimension)."""
        return self._matrix if isinstance(self._catalog, Catalog) else self._matrix[self._catalog.rows]

    @property
    def is_whole(self) -> bool:
        """Tell whether all documents of the version are seen, so that ``nearest`` may ask Chroma."""
        return isinstance(self._catalog, Catalog)

    def documents(self) -> tuple[Document, ...]:
        """Give all documents, in the order of their rows."""
        return self._catalog.documents

    def document(self, doc_id: str) -> Document:
        """Give a document; ``NotFoundError`` where this version has none of that id."""
        return self._catalog.document(doc_id)

    def revision(self, doc_id: str, revision: str | None = None) -> Revision:
        """Give the text of a document, which must be ``revision`` where one is named.

        Raises ``NotFoundError`` where this version has no such document or another revision of it.
        """
        kept = self._catalog.document(doc_id)
        if revision not in (None, kept.revision):
            raise NotFoundError(
                f"Version {self.version} has no revision {str(revision)[:80]!r} of {kept.path!r}."
            )
        return self._catalog.revision(doc_id)

    def flags(self) -> dict[str, tuple[Flag, ...]]:
        """Give what was flagged when the pages were read, by path; pages without a flag are left out."""
        return self._catalog.flags()

    def record(self, doc_id: str) -> DocumentRecord:
        """Give all that is stored of a document, fit to be written into the next version."""
        return self._catalog.record(doc_id)

    def chunk_ids(self) -> list[str]:
        """Give the chunk ids of all rows, by row."""
        return self._catalog.chunk_ids()

    def chunks(self, rows: Sequence[int]) -> list[Chunk]:
        """Give the chunks of ``rows``, in that order."""
        return self._catalog.chunks(rows)

    def texts(self, rows: Sequence[int]) -> list[str]:
        """Give the texts of ``rows``, each exactly its chunk's span of the revision, in that order."""
        return self._catalog.texts(rows)

    @cached_property
    def heading_documents(self) -> Mapping[str, NDArray[np.int32]]:
        """The places of the documents of which a title, a description or a heading holds a term, by term."""
        headings = {
            (place, heading)
            for place, text in self._catalog.headings()
            for line in text.splitlines()
            for heading in line.split(_ABOVE)
        }
        terms = {heading: frozenset(tokenize(heading)) for heading in {heading for _, heading in headings}}
        found: defaultdict[str, set[int]] = defaultdict(set)
        for place, heading in headings:
            for term in terms[heading]:
                found[term].add(place)
        return {term: np.fromiter(places, dtype=np.int32) for term, places in found.items()}

    def filter_keys(self) -> frozenset[str]:
        """Give the keys that ``visible`` knows."""
        return self._filter.keys

    def visible(self, filters: Mapping[str, str | Sequence[str]]) -> NDArray[np.bool_] | None:
        """Give the rows whose document meets all ``filters``, as a read-only mask; None where all rows do.

        Raises ``UnknownFilterError`` for a key that no document carries.
        """
        return self._filter.visible(filters)

    def visible_document(self, doc_id: str, filters: Mapping[str, str | Sequence[str]]) -> Document | None:
        """Give a document that has all of ``filters``; None for another and where there is none of that id.

        Raises ``UnknownFilterError`` for a key that no document carries.
        """
        visible, place = self.visible(filters), self._catalog.place_of(doc_id)
        if place is None:
            return None
        shown = visible is None or bool(visible[self.row_documents == place].any())
        return self._catalog.documents[place] if shown else None

    def dense_scores(
        self, vector: NDArray[np.float32], visible: NDArray[np.bool_] | None
    ) -> NDArray[np.float32]:
        """Give the exact cosine of ``vector``, of shape (dimension,), with each row; -inf if not visible."""
        query = self._checked(vector)
        if isinstance(self._catalog, Catalog):
            return exact_scores(self._matrix, query, visible)
        rows = self._catalog.rows
        scanned = np.zeros(len(self._matrix), dtype=np.bool_)
        scanned[rows if visible is None else rows[visible]] = True
        return exact_scores(self._matrix, query, scanned)[rows]

    def nearest(self, vector: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Give about the ``k`` (at most ``MAX_NEAREST``) nearest rows and their exact cosines, nearest first.

        Asks Chroma, of whose store a private copy is made on the first call; a narrowed version, whose rows
        are too few among Chroma's nearest, is scanned.
        """
        query = self._checked(vector)
        wanted = min(k, self.row_count, MAX_NEAREST)
        if wanted <= 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        if isinstance(self._catalog, Catalog):
            (ids,) = self._dense_store().nearest(query[np.newaxis], wanted)
            rows = np.array(self._catalog.rows_of(ids), dtype=np.int64)
            scores = np.asarray(self._matrix[rows] @ query)
        else:
            rows, scores = np.arange(self.row_count), self.dense_scores(query, None)
        order = np.argsort(-scores, kind="stable")[:wanted]
        return rows[order], scores[order]

    def close(self) -> None:
        """Release the files and the lease; closing twice does nothing."""
        self._resources.close()

    def _dense_store(self) -> DenseStore:
        with self._store_lock:
            if self._store is None:
                self._store = DenseStore(self.directory / STORE_NAME)
                self._resources.callback(self._store.close)
            return self._store

    def _checked(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        if vector.shape != (self.manifest.dimension,):
            raise IndexMismatchError(
                f"The query vector has shape {vector.shape}; version {self.version} holds vectors of "
                f"{self.manifest.dimension} values, made by {self.manifest.encoder_id!r}.",
                remedy="Set KB_ENCODER to that encoder, or run `kb ingest` to build the index anew.",
            )
        if not np.isfinite(vector).all():
            raise EncoderError("The encoder gave a query vector with values that are not finite.")
        return vector.astype(np.float32, copy=False)

    def _warm(self) -> None:
        """Bring the matrix into memory, so that the first question does not wait for the disk."""
        self.lexical.vocabulary.prepare()
        if self.row_count:
            self.dense_scores(np.array(self._matrix[0]), None)


def _check_counts(
    directory: Path,
    expected: Manifest,
    catalog: Catalog,
    lexical: LexicalIndex,
    vectors: NDArray[np.float32],
) -> None:
    counts = (
        (CATALOG_NAME, "documents", len(catalog.documents), expected.documents),
        (CATALOG_NAME, "chunks", len(catalog.row_documents), expected.chunks),
        (VECTORS_NAME, "vectors", len(vectors), expected.chunks),
        (VECTORS_NAME, "values per vector", vectors.shape[1], expected.dimension),
        (LEXICAL_NAME, "chunks", lexical.row_count, expected.chunks),
    )
    for name, noun, count, wanted in counts:
        if count != wanted:
            raise damaged(directory / name, f"it holds {count} {noun}, the manifest says {wanted}")
