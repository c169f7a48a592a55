"""Build a version: all stores from the same rows, then the manifest that vouches for them."""

from __future__ import annotations

import platform
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version as library_version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import PublishError
from kb_server.index.catalog import CATALOG_NAME, DocumentRecord, write_catalog
from kb_server.index.dense import DATABASE_NAME, STORE_NAME, build_store, store_digest, update_store
from kb_server.index.durability import fsync_tree
from kb_server.index.lexical import LexicalRow, build_lexical
from kb_server.index.manifest import FORMAT, Manifest, SourceEntry, sha256_of
from kb_server.index.reader import LEXICAL_NAME, IndexReader
from kb_server.index.records import Chunk
from kb_server.index.tokenization import TOKENIZER_VERSION
from kb_server.index.vectors import VECTORS_NAME, write_vectors

__all__ = ["DocumentRecord", "Progress", "VersionHeader", "build_version"]

Progress = Callable[[str, int, int], None]
"""Called with the stage (``catalog``, ``vectors``, ``lexical``, ``chroma``), the rows done and all rows."""

# A store of up to this many rows is built in well under a second: its parent is not worth a copy.
_FRESH_UP_TO = 1000
_CHANGED_SHARE = 0.2
_TOMBSTONE_SHARE = 0.1
_SAME_VECTOR = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionHeader:
    """What a version is called and by which rules its rows were made."""

    version: str
    parent: str | None
    encoder_id: str
    encoder_revision: str
    dimension: int
    parser: str
    chunker: str
    tokenizer: str
    roots: tuple[str, ...]


def build_version(
    target: Path,
    records: Sequence[DocumentRecord],
    vectors: NDArray[np.float32],
    header: VersionHeader,
    *,
    parent: IndexReader | None,
    progress: Progress,
) -> Manifest:
    """Write a whole version into the empty folder ``target``, down to the disk.

    Rows are numbered in the order of ``records`` and their chunks; ``vectors[row]`` has unit length. What is
    unchanged since ``parent`` is taken over from it. On ``PublishError``, ``OSError`` and ``sqlite3.Error``
    ``target`` is worthless and must be removed.
    """
    ids = [chunk.chunk_id for record in records for chunk in record.chunks]
    _check_rows(ids, vectors, header)
    write_catalog(target / CATALOG_NAME, records, progress=partial(progress, "catalog"))
    write_vectors(target / VECTORS_NAME, vectors, progress=partial(progress, "vectors"))
    _write_lexical(target / LEXICAL_NAME, records, parent)
    progress("lexical", len(ids), len(ids))
    change = None if parent is None else _store_change(parent, header, records, ids, vectors)
    tombstones = _write_store(target / STORE_NAME, ids, vectors, change, partial(progress, "chroma"))
    manifest = _manifest(target, records, header, chunks=len(ids), tombstones=tombstones)
    manifest.write(target)
    fsync_tree(target)
    return manifest


@dataclass(frozen=True, slots=True)
class _StoreChange:
    """How the parent's Chroma store becomes the new version's."""

    source: Path
    removed: list[str]
    added: list[int]
    tombstones: int


def _check_rows(ids: Sequence[str], vectors: NDArray[np.float32], header: VersionHeader) -> None:
    if vectors.shape != (len(ids), header.dimension):
        raise PublishError(
            f"{len(ids)} chunks of dimension {header.dimension} came with vectors of shape {vectors.shape}."
        )
    if len(set(ids)) != len(ids):
        twice, count = Counter(ids).most_common(1)[0]
        raise PublishError(f"{count} chunks share the id {twice!r}.")


def _write_lexical(directory: Path, records: Sequence[DocumentRecord], parent: IndexReader | None) -> None:
    usable = parent if parent is not None and parent.lexical.tokenizer == TOKENIZER_VERSION else None
    known = {} if usable is None else {chunk_id: row for row, chunk_id in enumerate(usable.chunk_ids())}
    rows: list[LexicalRow | int] = [
        known[chunk.chunk_id] if chunk.chunk_id in known else _lexical_row(record, chunk)
        for record in records
        for chunk in record.chunks
    ]
    build_lexical(directory, rows, parent=None if usable is None else usable.lexical)


def _lexical_row(record: DocumentRecord, chunk: Chunk) -> LexicalRow:
    text = record.revision.text[chunk.char_start : chunk.char_end]
    return LexicalRow(text=text, context=chunk.context)


def _store_change(
    parent: IndexReader,
    header: VersionHeader,
    records: Sequence[DocumentRecord],
    ids: Sequence[str],
    vectors: NDArray[np.float32],
) -> _StoreChange | None:
    """Say how to go on from the parent's store; None where it has to be built from nothing.

    A deleted document forces that, because Chroma keeps removed vectors in its files; so do another encoder,
    many changes, and many earlier removals, which make rows hard to reach.
    """
    manifest = parent.manifest
    encoder = (manifest.encoder_id, manifest.encoder_revision, manifest.dimension)
    doc_ids = {record.document.doc_id for record in records}
    if (
        len(ids) <= _FRESH_UP_TO
        or encoder != (header.encoder_id, header.encoder_revision, header.dimension)
        or any(document.doc_id not in doc_ids for document in parent.documents())
    ):
        return None
    old_rows = {chunk_id: row for row, chunk_id in enumerate(parent.chunk_ids())}
    kept = [(row, old_rows.pop(chunk_id, None)) for row, chunk_id in enumerate(ids)]
    added = [row for row, old in kept if old is None]
    removed = list(old_rows)
    tombstones = manifest.dense_tombstones + len(removed)
    if len(added) + len(removed) > _CHANGED_SHARE * len(ids) or tombstones > _TOMBSTONE_SHARE * len(ids):
        return None
    if not _same_vectors(parent.vectors, vectors, [(old, row) for row, old in kept if old is not None]):
        return None
    return _StoreChange(parent.directory / STORE_NAME, removed, added, tombstones)


def _same_vectors(
    old: NDArray[np.float32], new: NDArray[np.float32], pairs: Sequence[tuple[int, int]]
) -> bool:
    old_rows, new_rows = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return bool(np.allclose(old[old_rows], new[new_rows], rtol=0, atol=_SAME_VECTOR))


def _write_store(
    directory: Path,
    ids: Sequence[str],
    vectors: NDArray[np.float32],
    change: _StoreChange | None,
    progress: Callable[[int, int], None],
) -> int:
    """Write the Chroma store and give the number of removed vectors that it still contains."""
    if change is None:
        build_store(directory, ids, vectors, progress=progress)
        return 0
    shutil.copytree(change.source, directory)
    added = [ids[row] for row in change.added]
    update_store(
        directory, removed=change.removed, added=added, vectors=vectors[change.added], progress=progress
    )
    return change.tombstones


def _manifest(
    target: Path, records: Sequence[DocumentRecord], header: VersionHeader, *, chunks: int, tombstones: int
) -> Manifest:
    database = target / STORE_NAME / DATABASE_NAME
    files = sorted(path for path in target.rglob("*") if path.is_file() and path != database)
    return Manifest(
        format=FORMAT,
        version=header.version,
        parent=header.parent,
        created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        encoder_id=header.encoder_id,
        encoder_revision=header.encoder_revision,
        dimension=header.dimension,
        parser=header.parser,
        chunker=header.chunker,
        tokenizer=header.tokenizer,
        documents=len(records),
        chunks=chunks,
        roots=header.roots,
        sources=tuple(
            SourceEntry(
                record.document.path,
                record.source_sha256,
                record.document.doc_id,
                record.revision.revision,
            )
            for record in records
        ),
        files={path.relative_to(target).as_posix(): sha256_of(path) for path in files},
        dense_digest=store_digest(database),
        dense_tombstones=tombstones,
        libraries=_libraries(),
    )


def _libraries() -> dict[str, str]:
    installed = {name: library_version(name) for name in ("chromadb", "numpy")}
    return installed | {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
