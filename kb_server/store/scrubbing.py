"""Make what was deleted unreadable in the files too."""

from __future__ import annotations

from sqlalchemy import Engine, text

from kb_server.errors import StoreUnavailableError
from kb_server.store.address import shown
from kb_server.store.engine import told
from kb_server.store.tables import Table


def scrub(engine: Engine, *, vacuum: bool = True) -> None:
    """Have SQLite move its log into the file and cut it, and PostgreSQL reuse the room of deleted rows.

    Without ``vacuum``, PostgreSQL is left to do so in its own time, as for single rows it should.
    SQLite has overwritten deleted rows in the pages themselves; the log still holds the pages as they were.
    Raises ``StoreUnavailableError`` where a reader of another process keeps the log in use.
    """
    with told(engine):
        if engine.dialect.name == "sqlite":
            _cut_log(engine)
        elif vacuum:
            _vacuum(engine)


def _cut_log(engine: Engine) -> None:
    connection = engine.raw_connection()
    try:
        busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    if busy:
        raise StoreUnavailableError(
            f"Another process reads {shown(engine.url)}, whose log still holds what was deleted.",
            remedy="End that process, or run `kb db purge` once it has.",
        )


def _vacuum(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM " + ", ".join(sorted(Table.metadata.tables))))
        connection.execute(text("RESET statement_timeout"))
