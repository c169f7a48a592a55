"""Rows of SQLite read on the event loop: where a row is in memory, going to a thread for it costs the most.

A question through SQLAlchemy in a thread takes 0.6 ms of CPU, this some microseconds. It never waits: where
SQLite cannot answer at once, ``Database.read_at_once`` asks in a thread, which waits and says what is wrong.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.dialects import sqlite

_DIALECT = sqlite.dialect(paramstyle="named")


class NotAtOnceError(Exception):
    """SQLite cannot answer without waiting, or not at all."""


class Question:
    """A statement that is asked often: in SQLite's words, and how its values become Python's."""

    def __init__(self, statement: Select[Any]) -> None:
        """Prepare ``statement``; what differs from time to time is a ``bindparam``."""
        compiled = statement.compile(dialect=_DIALECT)
        columns = statement.selected_columns
        self.statement = statement
        self.sql = str(compiled)
        self.fixed = dict(compiled.params)
        self._columns = [(column.name, _reader(column)) for column in columns]

    def row_of(self, values: tuple[Any, ...]) -> Any:
        """Give a row with the names of its columns, as SQLAlchemy would."""
        pairs = zip(self._columns, values, strict=True)
        return SimpleNamespace(**{name: read(value) for (name, read), value in pairs})


Ask = Callable[..., Sequence[Any]]
"""Gives the rows of a ``Question`` for its values, by name."""


def asking(connection: Connection) -> Ask:
    """Ask within a transaction."""
    return lambda question, **values: connection.execute(question.statement, values).all()


def _reader(column: Any) -> Callable[[Any], Any]:
    read: Callable[[Any], Any] | None = column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
    return read or (lambda value: value)


class QuickReads:
    """One kept connection that only reads; each call sees all that was committed before it, by anyone."""

    def __init__(self, file: Path) -> None:
        """Read ``file``; it is opened by the first call."""
        self._file = file
        self._connection: sqlite3.Connection | None = None

    def ask(self, question: Question, **values: str) -> list[Any]:
        """Give the rows that ``question`` finds; raises ``NotAtOnceError``."""
        try:
            if self._connection is None:
                self._connection = _opened(self._file)
            # All rows are taken: a statement that is not at its end would hold on to what it saw.
            with closing(self._connection.execute(question.sql, question.fixed | values)) as cursor:
                found = cursor.fetchall()
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise NotAtOnceError from error
        return [question.row_of(row) for row in found]

    def close(self) -> None:
        """Let go of the file; a later call opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _opened(file: Path) -> sqlite3.Connection:
    """Open what exists, and never wait for a lock."""
    uri = f"{file.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection
