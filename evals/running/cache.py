"""Answers that were given before: by what was asked, of which build, on which index, and the repeat."""

from __future__ import annotations

import hashlib
import sqlite3
from functools import cache
from pathlib import Path

from evals.records.model import SCHEMA, Record, dumps
from evals.running.targets import Identity

_TABLE = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID"


class AnswerCache:
    """One SQLite file; what it lost or cannot read is asked again."""

    def __init__(self, file: Path) -> None:
        """Open or create the file."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file, timeout=30, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")  # a lost answer is asked again
        self._connection.execute(_TABLE)

    def get(self, key: str) -> Record | None:
        """Give what was kept under a key."""
        row = self._connection.execute("SELECT record FROM answers WHERE key = ?", (key,)).fetchone()
        return None if row is None else Record.model_validate_json(row[0])

    def put(self, key: str, record: Record) -> None:
        """Keep a record; errors are never kept."""
        if record.error is None:
            self._connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, record.as_json()))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


@cache
def _asking_code() -> str:
    """Name the code that asks and that takes the evidence of an answer: it makes the record."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def cache_key(identity: Identity, asked_hash: str, config: dict[str, object], repeat: int) -> str:
    """Name an answer by everything that it depends on."""
    parts = {
        "schema": SCHEMA,
        "asked_by": _asking_code(),
        "target": [identity.kind, identity.name, identity.server_version, identity.build],
        "index": [identity.index_version, identity.corpus_hash, identity.encoder],
        "asked": asked_hash,
        "config": config,
        "repeat": repeat,
    }
    return hashlib.sha256(dumps(parts).encode()).hexdigest()
