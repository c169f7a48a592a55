"""One transaction on the database of the settings, outside of the server: for commands and at its start."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from kb_server.settings import Settings
from kb_server.store import schema
from kb_server.store.address import database_url
from kb_server.store.engine import open_engine, transaction

T = TypeVar("T")


def at_once(settings: Settings, work: Callable[[Connection], T]) -> T:
    """Give what ``work`` makes of a database that has all its tables; it is on disk when this returns.

    Raises ``StoreUnavailableError`` where there is none, and ``StoreMismatchError`` where newer code has
    written it.
    """
    engine = open_engine(database_url(settings), connections=1)
    try:
        schema.ensure(engine)
        with transaction(engine, writing=True) as connection:
            return work(connection)
    finally:
        engine.dispose()
