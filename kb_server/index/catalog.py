"""The catalog of a version: documents, their canonical text, their chunks. One SQLite file, written once."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import IndexDamagedError, NotFoundError
from kb_server.index.manifest import damaged
from kb_server.index.records import (
    Chunk,
    ChunkKind,
    Document,
    Flag,
    FlagKind,
    MetadataValue,
    Revision,
    SectionStart,
    SourceMap,
)
from kb_server.remembering import Recent

CATALOG_NAME = "catalog.sqlite"
LANG_CODES: Mapping[str, int] = {"en": 0, "ko": 1}
"""Codes in ``row_langs``; any other language is ``OTHER_LANG``."""
OTHER_LANG = -1

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
CREATE TABLE documents (
    doc_no INTEGER PRIMARY KEY, doc_id TEXT NOT NULL UNIQUE, path TEXT NOT NULL, title TEXT NOT NULL,
    lang TEXT NOT NULL, revision TEXT NOT NULL, metadata TEXT NOT NULL, source_sha256 TEXT NOT NULL
);
CREATE TABLE revisions (doc_no INTEGER PRIMARY KEY, text TEXT NOT NULL, source_map BLOB NOT NULL);
CREATE TABLE flags (
    doc_no INTEGER NOT NULL, kind TEXT NOT NULL, char_start INTEGER NOT NULL, char_end INTEGER NOT NULL,
    line INTEGER NOT NULL
);
CREATE TABLE chunks (
    row INTEGER PRIMARY KEY, chunk_id TEXT NOT NULL UNIQUE, doc_no INTEGER NOT NULL, kind TEXT NOT NULL,
    heading_path TEXT NOT NULL, anchor TEXT NOT NULL, char_start INTEGER NOT NULL, char_end INTEGER NOT NULL,
    context TEXT NOT NULL, lang TEXT NOT NULL, sections TEXT NOT NULL, text TEXT NOT NULL
);
"""
# The index answers "which document and language has each row" without a look at the texts.
_INDEX = "CREATE INDEX chunk_documents ON chunks (doc_no, lang)"
_CHUNK_COLUMNS = (
    "row, chunk_id, doc_no, kind, heading_path, anchor, char_start, char_end, context, lang, sections"
)
_ROWS_PER_QUERY = 500
_KEPT_CHARACTERS = 4_000_000
"""Of the passages and of the revisions that were read last, which are kept: 4 to 16 MB each."""
_HAS_FLAGS = "SELECT count(*) FROM sqlite_master WHERE name = 'flags'"
_FLAGS = "SELECT doc_no, kind, char_start, char_end, line FROM flags ORDER BY doc_no, char_start, line, kind"


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document with all that a version stores of it."""

    document: Document
    revision: Revision
    chunks: tuple[Chunk, ...]
    source_sha256: str
    """sha256 (hex) of the source file's bytes."""


def write_catalog(
    path: Path, records: Sequence[DocumentRecord], *, progress: Callable[[int, int], None]
) -> None:
    """Write ``records`` to a new catalog; rows are numbered in the order of the records and their chunks.

    ``progress`` is called with the documents done and the documents in all.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN")
        row = 0
        for doc_no, record in enumerate(records):
            _insert_document(connection, doc_no, record)
            _insert_chunks(connection, doc_no, row, record)
            row += len(record.chunks)
            progress(doc_no + 1, len(records))
        connection.execute(_INDEX)
        connection.execute("COMMIT")


class Catalog:
    """A catalog opened for reading; threads may share it, nothing is written next to it."""

    def __init__(self, path: Path) -> None:
        """Open the file and load the documents; ``IndexDamagedError`` where SQLite cannot read it."""
        self._pool = _ConnectionPool(path)
        self._kept: Recent[int, tuple[Chunk, str]] = Recent(_KEPT_CHARACTERS, size_of=_passage_size)
        self._revisions: Recent[int, Revision] = Recent(_KEPT_CHARACTERS, size_of=_revision_size)
        try:
            self.documents = self._load_documents()
            self._flags = self._load_flags()
        except IndexDamagedError:
            self._pool.close()
            raise
        self._doc_nos = {document.doc_id: doc_no for doc_no, document in enumerate(self.documents)}

    @cached_property
    def row_documents(self) -> NDArray[np.int32]:
        """The place in ``documents`` of each row's document."""
        return self._rows[0]

    @cached_property
    def row_langs(self) -> NDArray[np.int8]:
        """The code in ``LANG_CODES`` of each row's language."""
        return self._rows[1]

    def document(self, doc_id: str) -> Document:
        """Give a document; ``NotFoundError`` where this version has none of that id."""
        return self.documents[self._doc_no(doc_id)]

    def place_of(self, doc_id: str) -> int | None:
        """Give the place of a document in ``documents``, or None where this version has none of that id."""
        return self._doc_nos.get(doc_id)

    def revision(self, doc_id: str) -> Revision:
        """Give the text of a document; ``NotFoundError`` where this version has no such document."""
        doc_no = self._doc_no(doc_id)
        return self._revisions.get(doc_no, lambda: self._read_revision(doc_no))

    def _read_revision(self, doc_no: int) -> Revision:
        with self._pool.connection() as connection:
            text, blob = connection.execute(
                "SELECT text, source_map FROM revisions WHERE doc_no = ?", (doc_no,)
            ).fetchone()
        document = self.documents[doc_no]
        return Revision(
            document.doc_id,
            document.revision,
            text,
            _unpack_source_map(blob),
            self._flags.get(doc_no, ()),
        )

    def flags(self) -> dict[str, tuple[Flag, ...]]:
        """Give what was flagged, by path; pages without a flag are left out."""
        return {self.documents[doc_no].path: flags for doc_no, flags in self._flags.items()}

    def record(self, doc_id: str) -> DocumentRecord:
        """Give all that is stored of a document, as its writer handed it over."""
        doc_no = self._doc_no(doc_id)
        with self._pool.connection() as connection:
            (source_sha256,) = connection.execute(
                "SELECT source_sha256 FROM documents WHERE doc_no = ?", (doc_no,)
            ).fetchone()
            rows = connection.execute(
                f"SELECT {_CHUNK_COLUMNS} FROM chunks WHERE doc_no = ? ORDER BY row",  # noqa: S608 - constant
                (doc_no,),
            ).fetchall()
        chunks = tuple(self._chunk(row) for row in rows)
        return DocumentRecord(self.documents[doc_no], self.revision(doc_id), chunks, source_sha256)

    def chunks(self, rows: Sequence[int]) -> list[Chunk]:
        """Give the chunks of ``rows``, in that order."""
        return [chunk for chunk, _ in self._passages(rows)]

    def texts(self, rows: Sequence[int]) -> list[str]:
        """Give the texts of ``rows``, in that order."""
        return [text for _, text in self._passages(rows)]

    def rows_of(self, chunk_ids: Sequence[str]) -> list[int]:
        """Give the row of each chunk id."""
        return [found[1] for found in self._select("chunk_id, row", "chunk_id", chunk_ids)]

    def chunk_ids(self) -> list[str]:
        """Give the chunk ids of all rows, by row."""
        with self._pool.connection() as connection:
            return [
                chunk_id for (chunk_id,) in connection.execute("SELECT chunk_id FROM chunks ORDER BY row")
            ]

    def headings(self) -> list[tuple[int, str]]:
        """Give the place of a document with the title and headings above a chunk, once for each such pair."""
        query = "SELECT DISTINCT doc_no, context, sections FROM chunks"
        with self._pool.connection() as connection:
            found = connection.execute(query).fetchall()
        return [
            (
                doc_no,
                "\n".join(
                    (
                        context,
                        *(name for section in _decode_sections(sections) for name in section.heading_path),
                    )
                ),
            )
            for doc_no, context, sections in found
        ]

    def close(self) -> None:
        """Close the connections; those in use are closed when their query ends."""
        self._pool.close()

    def _doc_no(self, doc_id: str) -> int:
        try:
            return self._doc_nos[doc_id]
        except KeyError:
            raise NotFoundError(f"There is no document {doc_id!r} in the index.") from None

    def _passages(self, rows: Sequence[int]) -> list[tuple[Chunk, str]]:
        """Give the chunks of ``rows`` with their texts: whoever wants the one soon wants the other."""
        kept = {int(row): self._kept.find(int(row)) for row in rows}
        missing = [row for row, passage in kept.items() if passage is None]
        for found in self._select(f"{_CHUNK_COLUMNS}, text", "row", missing) if missing else ():
            kept[found[0]] = self._kept.keep(found[0], (self._chunk(found[:-1]), found[-1]))
        return [passage for row in rows if (passage := kept[int(row)]) is not None]

    def _select(self, columns: str, key: str, wanted: Sequence[int] | Sequence[str]) -> list[tuple[Any, ...]]:
        """Give one record per wanted key, in the order asked; the key is the first of ``columns``."""
        found: dict[int | str, tuple[Any, ...]] = {}
        with self._pool.connection() as connection:
            for start in range(0, len(wanted), _ROWS_PER_QUERY):
                part = wanted[start : start + _ROWS_PER_QUERY]
                marks = ",".join("?" * len(part))
                query = f"SELECT {columns} FROM chunks WHERE {key} IN ({marks})"  # noqa: S608 - constants and marks
                found.update((record[0], record) for record in connection.execute(query, part))
        try:
            return [found[item] for item in wanted]
        except KeyError as error:
            raise NotFoundError(f"There is no chunk with {key} {error.args[0]!r} in the index.") from None

    def _chunk(self, columns: Sequence[Any]) -> Chunk:
        _, chunk_id, doc_no, kind, heading_path, anchor, start, end, context, lang, sections = columns
        document = self.documents[doc_no]
        return Chunk(
            chunk_id=chunk_id,
            doc_id=document.doc_id,
            revision=document.revision,
            kind=ChunkKind(kind),
            heading_path=tuple(json.loads(heading_path)),
            anchor=anchor,
            char_start=start,
            char_end=end,
            context=context,
            lang=lang,
            sections=_decode_sections(sections),
        )

    def _load_documents(self) -> tuple[Document, ...]:
        query = "SELECT doc_id, path, title, lang, revision, metadata FROM documents ORDER BY doc_no"
        with self._pool.connection() as connection:
            return tuple(
                Document(doc_id, path, title, lang, revision, _decode_metadata(metadata))
                for doc_id, path, title, lang, revision, metadata in connection.execute(query)
            )

    def _load_flags(self) -> dict[int, tuple[Flag, ...]]:
        """Read the flags; a version that was written before there were any has no table of them."""
        found: defaultdict[int, list[Flag]] = defaultdict(list)
        with self._pool.connection() as connection:
            if connection.execute(_HAS_FLAGS).fetchone()[0]:
                for doc_no, kind, start, end, line in connection.execute(_FLAGS):
                    found[doc_no].append(Flag(FlagKind(kind), start, end, line))
        return {doc_no: tuple(flags) for doc_no, flags in found.items()}

    @cached_property
    def _rows(self) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        query = "SELECT row, doc_no, lang FROM chunks INDEXED BY chunk_documents"
        with self._pool.connection() as connection:
            found = connection.execute(query).fetchall()
        documents = np.zeros(len(found), dtype=np.int32)
        langs = np.zeros(len(found), dtype=np.int8)
        for row, doc_no, lang in found:
            documents[row] = doc_no
            langs[row] = LANG_CODES.get(lang, OTHER_LANG)
        return documents, langs


class _ConnectionPool:
    """Read-only connections to one file, each used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; ``IndexDamagedError`` where SQLite cannot read the file."""
        connection = self._take()
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            raise damaged(self._path, str(error)) from error
        finally:
            self._give_back(connection)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        uri = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            return sqlite3.connect(uri, uri=True, check_same_thread=False)
        except sqlite3.DatabaseError as error:
            raise damaged(self._path, str(error)) from error

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()


def _passage_size(passage: tuple[Chunk, str]) -> int:
    # The fields of a chunk weigh about as much as a thousand characters.
    return len(passage[1]) + 1000


def _revision_size(revision: Revision) -> int:
    # Each step of the source map is two numbers.
    return len(revision.text) + 64 * len(revision.source_map.offsets)


def _insert_document(connection: sqlite3.Connection, doc_no: int, record: DocumentRecord) -> None:
    document = record.document
    metadata = json.dumps(dict(document.metadata), ensure_ascii=False)
    connection.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            doc_no,
            document.doc_id,
            document.path,
            document.title,
            document.lang,
            document.revision,
            metadata,
            record.source_sha256,
        ),
    )
    connection.execute(
        "INSERT INTO revisions VALUES (?, ?, ?)",
        (doc_no, record.revision.text, _pack_source_map(record.revision.source_map)),
    )
    connection.executemany(
        "INSERT INTO flags VALUES (?, ?, ?, ?, ?)",
        (
            (doc_no, flag.kind.value, flag.char_start, flag.char_end, flag.line)
            for flag in record.revision.flags
        ),
    )


def _insert_chunks(
    connection: sqlite3.Connection, doc_no: int, first_row: int, record: DocumentRecord
) -> None:
    connection.executemany(
        "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                row,
                chunk.chunk_id,
                doc_no,
                chunk.kind.value,
                json.dumps(chunk.heading_path, ensure_ascii=False),
                chunk.anchor,
                chunk.char_start,
                chunk.char_end,
                chunk.context,
                chunk.lang,
                _encode_sections(chunk.sections),
                record.revision.text[chunk.char_start : chunk.char_end],
            )
            for row, chunk in enumerate(record.chunks, first_row)
        ),
    )


def _decode_metadata(text: str) -> dict[str, MetadataValue]:
    return {key: value if isinstance(value, str) else tuple(value) for key, value in json.loads(text).items()}


def _encode_sections(sections: Sequence[SectionStart]) -> str:
    rows = [(section.char_start, section.heading_path, section.anchor) for section in sections]
    return json.dumps(rows, ensure_ascii=False) if rows else ""


def _decode_sections(text: str) -> tuple[SectionStart, ...]:
    rows = json.loads(text) if text else ()
    return tuple(SectionStart(start, tuple(path), anchor) for start, path, anchor in rows)


def _pack_source_map(source_map: SourceMap) -> bytes:
    """Store the steps between neighbours, which are small, and compress them."""
    table = np.array([source_map.offsets, source_map.lines], dtype=np.int64)
    return zlib.compress(np.diff(table, axis=1, prepend=0).astype("<i4").tobytes())


def _unpack_source_map(blob: bytes) -> SourceMap:
    steps = np.frombuffer(zlib.decompress(blob), dtype="<i4").reshape(2, -1)
    offsets, lines = np.cumsum(steps, axis=1, dtype=np.int64)
    return SourceMap(tuple(offsets.tolist()), tuple(lines.tolist()))
