"""The door to the database: connections, transactions, and what can go wrong with them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from kb_server.errors import StoreUnavailableError
from kb_server.store.address import shown, sqlite_file

BUSY_SECONDS = 5.0
"""How long a write waits for another process to finish its own."""
_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 20
_WRITING = "kb_writing"
_DURABLE = "kb_durable"


class TakenError(Exception):
    """A row breaks a rule of its table; most often another transaction has just written the same."""


def open_engine(url: URL, *, connections: int) -> Engine:
    """Give an engine that keeps up to ``connections`` open; nothing is connected yet.

    Raises ``StoreUnavailableError`` where the driver is not installed.
    """
    file = sqlite_file(url)
    options = {"connect_args": {"timeout": BUSY_SECONDS}} if file else _postgres_options()
    try:
        engine = create_engine(
            url, pool_size=connections, max_overflow=0, pool_timeout=BUSY_SECONDS, **options
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreUnavailableError(
            f"The driver for {shown(url)} is not installed: {error}.",
            remedy="Install the extra: pip install 'kb-server[postgres]'.",
        ) from error
    if file is not None:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgres)
    return engine


def _postgres_options() -> dict[str, Any]:
    arguments = {
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": _STATEMENT_SECONDS * 1000,
        "options": f"-c lock_timeout={int(BUSY_SECONDS * 1000)} -c statement_timeout={_STATEMENT_SECONDS}s",
    }
    # A server may have closed what waited in the pool: one round trip tells.
    return {"pool_pre_ping": True, "connect_args": arguments}


@contextlib.contextmanager
def transaction(engine: Engine, *, writing: bool, durable: bool = True) -> Iterator[Connection]:
    """Give a connection inside one transaction: committed whole at the end, or not at all.

    What is not ``durable`` survives the end of the process, but a power cut only once ``sync`` has run.
    Raises ``TakenError`` for a row that exists already, and ``StoreUnavailableError`` for whatever else the
    database cannot do.
    """
    with told(engine):
        if writing:
            _create_private_file(engine.url)
        with engine.connect() as connection:
            connection.execution_options(**{_WRITING: writing, _DURABLE: durable})
            with connection.begin():
                yield connection


def sync(engine: Engine) -> None:
    """Bring to the disk what was committed before; PostgreSQL does so by itself, within a second."""
    file = sqlite_file(engine.url)
    if file is None:
        return
    with told(engine), contextlib.suppress(FileNotFoundError):
        # The log has no locks of its own, so that closing it here takes none from SQLite.
        log = os.open(f"{file}-wal", os.O_RDONLY)
        try:
            os.fsync(log)
        finally:
            os.close(log)


@contextlib.contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Turn what goes wrong between us and the database into an error with a code."""
    try:
        yield
    except IntegrityError as error:
        raise TakenError from error
    except (SQLAlchemyError, OSError) as error:
        raise _unavailable(engine.url, error) from error


def _unavailable(url: URL, error: Exception) -> StoreUnavailableError:
    return StoreUnavailableError(
        f"The database {shown(url)} cannot be used: {_reason(error)}.",
        remedy="Try again in a moment; operators: check that it runs, has room and may be written to.",
    )


def _reason(error: Exception) -> str:
    """Say what the driver says of the database, but nothing of a statement: that may hold values."""
    if type(error) in {OperationalError, InterfaceError, DatabaseError} and isinstance(error, DBAPIError):
        return str(error.orig).strip().partition("\n")[0]
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _create_private_file(url: URL) -> None:
    """Create the file of SQLite so that only its owner reads it: it holds what customers wrote."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # Transactions are begun by `_begin_sqlite`: the driver would begin them too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "foreign_keys = ON",
        "secure_delete = ON",  # what is deleted is overwritten
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A write takes its lock at once: one that reads first could not get it later while another waits.
    options = connection.get_execution_options()
    if not options.get(_WRITING):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if options.get(_DURABLE) else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgres(connection: Connection) -> None:
    if not connection.get_execution_options().get(_DURABLE, True):
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
