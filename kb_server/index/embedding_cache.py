"""Keep every vector that was ever computed, so that no text is encoded twice.

A cache may be deleted at any time: a damaged one is set aside and built anew, a damaged row is a miss.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import PublishError
from kb_server.index.embedding import Encoder

TEXTS_PER_COMMIT = 32
"""A killed process loses at most this many vectors: one or two seconds of work."""

_KEYS_PER_QUERY = 500
_BUSY_SECONDS = 10.0
_DAMAGED = ".damaged"
_SQLITE_FILES = ("", "-wal", "-shm")
_DAMAGE_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    key BLOB PRIMARY KEY,
    crc32 INTEGER NOT NULL,
    vector BLOB NOT NULL
)
"""
_LOG = logging.getLogger(__name__)

T = TypeVar("T")
Row = tuple[bytes, int, bytes]


class CachedEncoder:
    """Encodes what the cache file does not hold, and keeps it there; for one thread of one process."""

    def __init__(self, encoder: Encoder, path: Path) -> None:
        """Keep the vectors of ``encoder`` in the SQLite file ``path``, created where it is missing.

        Raises PublishError, here and later, where the file cannot be written.
        """
        self.encoded = 0
        """Texts that the encoder had to read."""
        self._encoder = encoder
        self._path = path
        self._row_bytes = encoder.dimension * np.dtype("<f4").itemsize
        self._connection: sqlite3.Connection | None = None
        self._guarded(_check_schema)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the vectors (n, dimension) of ``texts``; what is new is kept after every few texts."""
        keys = [self._key(text) for text in texts]
        vectors = self._guarded(lambda connection: dict(self._read(connection, keys)))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in vectors}
        pending = iter(missing.items())
        while batch := dict(islice(pending, TEXTS_PER_COMMIT)):
            encoded = self._encoder.encode(list(batch.values()))
            self.encoded += len(batch)
            vectors.update(zip(batch, encoded, strict=True))
            rows = [_row(key, vector) for key, vector in zip(batch, encoded, strict=True)]
            self._guarded(partial(_write, rows=rows))
        result = np.empty((len(texts), self._encoder.dimension), dtype=np.float32)
        for row, key in enumerate(keys):
            result[row] = vectors[key]
        return result

    def forget(self, texts: Iterable[str]) -> int:
        """Delete the vectors of ``texts`` for good, overwritten on disk; give how many there were."""
        keys = [(self._key(text),) for text in texts]
        count = self._guarded(lambda connection: _delete(connection, keys))
        for suffix in _SQLITE_FILES:
            self._sibling(_DAMAGED + suffix).unlink(missing_ok=True)
        return count

    def close(self) -> None:
        """Close the file; closing twice does nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _key(self, text: str) -> bytes:
        digest = hashlib.sha256()
        for part in (*self._encoder.identity(text), text):
            data = part.encode()
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.digest()

    def _read(
        self, connection: sqlite3.Connection, keys: Sequence[bytes]
    ) -> Iterable[tuple[bytes, NDArray[np.float32]]]:
        for start in range(0, len(keys), _KEYS_PER_QUERY):
            wanted = keys[start : start + _KEYS_PER_QUERY]
            marks = ",".join("?" * len(wanted))
            query = f"SELECT key, crc32, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608 - marks only
            for key, crc32, data in connection.execute(query, wanted):
                if len(data) == self._row_bytes and zlib.crc32(data) == crc32:
                    yield key, np.frombuffer(data, dtype="<f4")
                else:
                    _LOG.warning("A damaged vector in %s is computed again.", self._path)

    def _guarded(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``operation``; on a damaged file once more, on an empty one in its place."""
        try:
            try:
                return operation(self._connected())
            except sqlite3.DatabaseError as error:
                if _primary_code(error) not in _DAMAGE_CODES:
                    raise
                self._set_aside(error)
                return operation(self._connected())
        except (OSError, sqlite3.Error) as error:
            raise PublishError(
                f"Cannot use the embedding cache {str(self._path)!r}: {error}.",
                remedy="Check free space and permissions of its folder; the file itself may be deleted.",
            ) from error

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            # In WAL mode this survives a kill at any point; a power cut may lose the last commits, no more.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("PRAGMA secure_delete = ON")
            self._connection.execute(_SCHEMA)
        return self._connection

    def _set_aside(self, cause: sqlite3.DatabaseError) -> None:
        self.close()
        aside = self._sibling(_DAMAGED)
        for suffix in _SQLITE_FILES:
            self._sibling(_DAMAGED + suffix).unlink(missing_ok=True)
            if self._sibling(suffix).exists():
                self._sibling(suffix).rename(self._sibling(_DAMAGED + suffix))
        _LOG.warning(
            "The embedding cache %s is damaged (%s): moved to %s and built anew.", self._path, cause, aside
        )

    def _sibling(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)


def _primary_code(error: sqlite3.DatabaseError) -> int:
    """Give SQLite's primary result code: the low byte of the extended one."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _check_schema(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT key, crc32, vector FROM vectors LIMIT 1").fetchone()


def _row(key: bytes, vector: NDArray[np.float32]) -> Row:
    data = vector.astype("<f4").tobytes()
    return key, zlib.crc32(data), data


def _write(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    _in_transaction(connection, "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)


def _delete(connection: sqlite3.Connection, keys: Sequence[tuple[bytes]]) -> int:
    count = _in_transaction(connection, "DELETE FROM vectors WHERE key = ?", keys)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return count


def _in_transaction(
    connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]
) -> int:
    """Run ``statement`` for all ``rows`` or for none, and give the number of rows that it changed."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        count = connection.executemany(statement, rows).rowcount
        connection.execute("COMMIT")
    except sqlite3.Error:
        # SQLite has already rolled back where the file is full or damaged.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return count
