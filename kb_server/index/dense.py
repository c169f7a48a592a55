"""The Chroma store of a version: chunk ids and their vectors, nothing else.

Chroma rewrites its vector files in place and writes to its database whenever anyone opens it. So a store is
written once, in a folder that nobody else sees, and after that only copies of it are opened.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import PublishError
from kb_server.index.manifest import damaged
from kb_server.index.scratch import ScratchFolder

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

STORE_NAME = "chroma"
"""Name of the store's folder in a version folder."""
DATABASE_NAME = "chroma.sqlite3"

_COLLECTION = "chunks"
_BATCH = 1000
# Each call rewrites the vector files: a large build makes fewer calls (5,461 rows is what Chroma accepts).
_LARGEST_BATCH = 5000
_CALLS = 20
# One persist per call: Chroma has no flush, and rows that wait in its log are replayed by every reader.
_CONFIGURATION = {"hnsw": {"space": "cosine", "sync_threshold": 1, "batch_size": 1}}
# Rewritten by each open; everything else in the database says what was stored.
_VOLATILE_TABLES = frozenset({"acquire_write"})

Progress = Callable[[int, int], None]
"""Called with the rows done and the rows in all."""


def build_store(
    directory: Path, ids: Sequence[str], vectors: NDArray[np.float32], *, progress: Progress
) -> None:
    """Create a store of ``ids`` and their unit-length ``vectors`` in the new folder ``directory``."""
    client = _open_client(directory)
    with _chroma_errors():
        collection = client.create_collection(
            _COLLECTION,
            embedding_function=None,
            configuration=_CONFIGURATION,  # type: ignore[arg-type]  # a plain dict is what Chroma documents
        )
        _add(collection, ids, vectors, progress)
    _finish(client, collection, directory, expected=len(ids))


def update_store(
    directory: Path,
    *,
    removed: Sequence[str],
    added: Sequence[str],
    vectors: NDArray[np.float32],
    progress: Progress,
) -> None:
    """Take ``removed`` out of the store in ``directory``, a copy of the parent's, and put ``added`` in.

    Chroma keeps removed vectors in its files, unreachable: fit for edits, not for deleting a document.
    """
    client = _open_client(directory)
    with _chroma_errors():
        collection = client.get_collection(_COLLECTION, embedding_function=None)
        expected = collection.count() - len(removed) + len(added)
        for start in range(0, len(removed), _BATCH):
            collection.delete(ids=list(removed[start : start + _BATCH]))
        _add(collection, added, vectors, progress)
    _finish(client, collection, directory, expected=expected)


def store_digest(database: Path) -> str:
    """Digest all that the file ``database`` stores, so that an open by Chroma does not count as a change.

    Raises ``IndexDamagedError`` where SQLite finds the file malformed.
    """
    if not database.is_file():
        raise damaged(database, "it is missing")
    digest = hashlib.sha256()
    try:
        with closing(_read_only(database)) as connection:
            verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict != ("ok",):
                raise damaged(database, str(verdict[0] if verdict else "it is empty"))
            schema = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
            _absorb(digest.update, schema)
            for kind, name, sql in schema:
                if kind == "table" and name not in _VOLATILE_TABLES and "VIRTUAL" not in sql.upper():
                    _absorb(digest.update, connection.execute(f'SELECT * FROM "{name}"'))  # noqa: S608 - our file's own table names
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise damaged(database, str(error)) from error
    return digest.hexdigest()


class DenseStore:
    """A private copy of a store, opened for queries; threads may share it."""

    def __init__(self, directory: Path) -> None:
        """Copy the store in ``directory`` to a temporary folder and open the copy.

        A copy, because the open writes, and a published version is never written: it may lie on a read-only
        disk, and several processes may read it. Links would let Chroma write through to the original.
        """
        self._directory = directory
        self._scratch = ScratchFolder()
        try:
            copy = self._scratch.path / STORE_NAME
            shutil.copytree(directory, copy)
            self._client = _open_client(copy)
            with _chroma_errors(reading=directory):
                self._collection = self._client.get_collection(_COLLECTION, embedding_function=None)
        except BaseException:
            self._scratch.close()
            raise

    def ids(self) -> set[str]:
        """Give the ids of all rows."""
        with _chroma_errors(reading=self._directory):
            return set(self._collection.get(include=[])["ids"])

    def nearest(self, vectors: NDArray[np.float32], k: int) -> list[list[str]]:
        """Give for each of the (m, d) ``vectors`` the ids of about the ``k`` nearest rows, nearest first."""
        with _chroma_errors(reading=self._directory):
            return self._collection.query(query_embeddings=vectors, n_results=k, include=[])["ids"]

    def close(self) -> None:
        """Close and delete the copy; closing twice does nothing."""
        self._client.close()
        self._scratch.close()


def load_chroma() -> None:
    """Import Chroma, which takes two seconds that a process with no need for it does not pay."""
    import chromadb  # noqa: F401, PLC0415 - heavy, see above


def _open_client(directory: Path) -> Client:
    import chromadb  # noqa: PLC0415 - heavy, see load_chroma
    from chromadb.config import Settings  # noqa: PLC0415 - as above

    with _chroma_errors():
        client = chromadb.PersistentClient(directory, settings=Settings(anonymized_telemetry=False))
    return cast("Client", client)  # declared as an interface that lacks close()


def _add(
    collection: Collection, ids: Sequence[str], vectors: NDArray[np.float32], progress: Progress
) -> None:
    size = max(_BATCH, min(len(ids) // _CALLS, _LARGEST_BATCH))
    for start in range(0, len(ids), size):
        stop = min(start + size, len(ids))
        collection.add(ids=list(ids[start:stop]), embeddings=vectors[start:stop])
        progress(stop, len(ids))


def _finish(client: Client, collection: Collection, directory: Path, *, expected: int) -> None:
    """Close the store and make sure that it holds ``expected`` rows, all of them in the vector files."""
    with _chroma_errors():
        count = collection.count()
    client.close()
    if count != expected:
        raise PublishError(f"Chroma holds {count} rows in {str(directory)!r}; {expected} were written.")
    with closing(_read_only(directory / DATABASE_NAME)) as connection:
        written = connection.execute("SELECT max(seq_id) FROM embeddings_queue").fetchone()[0]
        persisted = [seq_id for (seq_id,) in connection.execute("SELECT seq_id FROM max_seq_id")]
    if written is not None and any(seq_id < written for seq_id in persisted):
        raise PublishError(f"Chroma has not written all rows to its vector files in {str(directory)!r}.")


def _read_only(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _absorb(update: Callable[[bytes], None], rows: Iterable[Any]) -> None:
    for row in rows:
        update(repr(row).encode("utf-8", "surrogatepass"))
    update(b"\n")


@contextmanager
def _chroma_errors(reading: Path | None = None) -> Iterator[None]:
    """Turn what Chroma raises into errors of the tree.

    A client that failed is not closed: after a full disk its next call may never return.
    """
    from chromadb.errors import ChromaError  # noqa: PLC0415 - heavy, see load_chroma

    try:
        yield
    except ChromaError as error:
        if reading is not None:
            raise damaged(reading, f"Chroma says: {error}") from error
        raise PublishError(f"Chroma could not write the vectors: {error}.") from error
