"""The database as the server uses it: its calls wait in a few threads, never on the event loop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from kb_server.errors import KbError, OverloadedError, StoreUnavailableError
from kb_server.settings import Settings
from kb_server.store import schema
from kb_server.store.address import database_url, sqlite_file
from kb_server.store.engine import open_engine, sync, transaction
from kb_server.store.quick import Ask, NotAtOnceError, QuickReads, asking
from kb_server.store.retention import purge
from kb_server.store.scrubbing import scrub

T = TypeVar("T")
Transaction = Connection
"""What repositories work on."""

_log = logging.getLogger(__name__)
_DAY_SECONDS = 24 * 60 * 60
_SYNC_SECONDS = 0.1
"""How long a write that is not durable waits for others, to be brought to the disk together."""
_THREADS = 4
_MAX_WAITING = 256
"""Calls that may wait for a thread; more are refused, as they would outlast their requests."""


def open_database(settings: Settings) -> Database:
    """Give the database that ``settings`` name; nothing is connected yet."""
    return Database(database_url(settings))


def prepare_database(settings: Settings) -> None:
    """Migrate the database of ``settings``, before anything else is started.

    Raises ``StoreUnavailableError`` where there is none, and ``StoreMismatchError`` where newer code has
    written it.
    """
    engine = open_engine(database_url(settings), connections=1)
    try:
        schema.ensure(engine)
    finally:
        engine.dispose()


class Database:
    """Runs transactions off the event loop."""

    def __init__(self, url: URL) -> None:
        """Use the database at ``url``.

        Raises ``StoreUnavailableError`` where its driver is not installed.
        """
        # SQLite has one writer at a time: threads that wait for its lock would sleep longer than it is held.
        file = sqlite_file(url)
        writers = 1 if file else _THREADS
        self._engine = open_engine(url, connections=writers + _THREADS + 1)
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="kb-store-write")
        self._readers = ThreadPoolExecutor(_THREADS, thread_name_prefix="kb-store-read")
        # Questions do not wait for what deletes thousands of rows.
        self._janitor = ThreadPoolExecutor(1, thread_name_prefix="kb-store-purge")
        self.quick = QuickReads(file) if file else None
        """For what every request reads; None where the database is a server, which has to be waited for."""
        self._closing = threading.Event()
        self._waiting = 0
        self._syncing = False

    async def start(self) -> None:
        """Migrate to the schema of this code.

        Raises ``StoreUnavailableError`` where there is no database, and ``StoreMismatchError`` where newer
        code has written it.
        """
        await asyncio.wrap_future(self._writers.submit(schema.ensure, self._engine))

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Give what ``work`` reads in one transaction; raises ``StoreUnavailableError``."""
        return await self._run(self._readers, partial(self._transact, work, writing=False))

    async def read_at_once(self, work: Callable[[Ask], T]) -> T:
        """Give what ``work`` asks for, on the event loop where SQLite answers without waiting.

        Raises ``StoreUnavailableError``.
        """
        if self.quick is not None:
            try:
                return work(self.quick.ask)
            except NotAtOnceError:
                pass  # what is wrong, if anything, the other way tells
        return await self.read(lambda connection: work(asking(connection)))

    async def write(self, work: Callable[[Transaction], T], *, durable: bool = True) -> T:
        """Run ``work`` in one transaction; a ``durable`` one is on disk when this returns.

        Another survives the end of the process at once, and a power cut a moment later. If the caller is
        cancelled, the transaction ends whole. Raises ``StoreUnavailableError``, and ``TakenError`` for a row
        that exists, with nothing written.
        """
        call = partial(self._transact, work, writing=True, durable=durable)
        done = await self._run(self._writers, call)
        if not durable and not self._syncing:
            self._syncing = True
            asyncio.get_running_loop().call_later(_SYNC_SECONDS, self._sync)
        return done

    async def trouble(self) -> KbError | None:
        """Try to read, and give what is wrong; None where nothing is."""
        try:
            await self.read(lambda connection: connection.execute(text("SELECT * FROM alembic_version")))
        except KbError as error:
            return error
        return None

    def forget(self) -> None:
        """Drop what is remembered of statements: each keeps the values of its first use."""
        self._engine.clear_compiled_cache()

    async def scrub(self, *, vacuum: bool = True) -> None:
        """Have what was deleted overwritten in the files as well; raises what ``scrub`` raises."""
        self.forget()
        await self._run(self._writers, partial(scrub, self._engine, vacuum=vacuum))

    async def purge_daily(self, days: int) -> None:
        """Delete what nobody used for ``days`` now and once a day, until this is cancelled; 0 keeps it."""
        while True:
            try:
                await asyncio.wrap_future(
                    self._janitor.submit(purge, self._engine, days, stopped=self._closing.is_set)
                )
            except KbError as error:
                _log.warning("cannot delete what was kept for %d days: %s", days, error.code)
            await asyncio.sleep(_DAY_SECONDS)

    def close(self) -> None:
        """Let running transactions end, drop what waits, and close the connections."""
        self._closing.set()
        for pool in (self._writers, self._readers, self._janitor):
            pool.shutdown(wait=True, cancel_futures=True)
        if self.quick is not None:
            self.quick.close()
        self._engine.dispose()

    def _transact(self, work: Callable[[Transaction], T], *, writing: bool, durable: bool = True) -> T:
        with transaction(self._engine, writing=writing, durable=durable) as connection:
            return work(connection)

    def _sync(self) -> None:
        self._syncing = False
        if not self._closing.is_set():
            self._janitor.submit(sync, self._engine).add_done_callback(_log_failure)

    async def _run(self, pool: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        if self._waiting >= _MAX_WAITING:
            raise OverloadedError(
                f"{self._waiting} calls wait for the database.",
                remedy="Try again after the seconds in Retry-After; operators: a faster disk or database.",
            )
        self._waiting += 1
        try:
            return await asyncio.wrap_future(pool.submit(call))
        except StoreUnavailableError as error:
            # Where the database is, is nothing for who asks.
            _log.warning("%s", error.message)
            raise StoreUnavailableError("The database cannot be used.", remedy=error.remedy) from error
        finally:
            self._waiting -= 1


def _log_failure(done: Future[None]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        _log.warning("cannot bring the log of the database to the disk: %s", error)
