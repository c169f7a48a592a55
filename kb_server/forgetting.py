"""Memory that is cleared wherever an erasure was asked for: here, at another server, or by a command."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from kb_server.errors import KbError
from kb_server.store import erasures
from kb_server.store.database import Database, Transaction
from kb_server.store.erasures import Erased
from kb_server.store.quick import NotAtOnceError, asking

logger = logging.getLogger(__name__)
EVERY_SECONDS = 1.0
_PAUSE_SECONDS = 10.0
"""Between two tries while the database cannot be read."""

ForgetNames = Callable[[Callable[[str], bool]], None]
"""Drops what belongs to the customers and conversations whose name the function is true of."""


class Forgetting:
    """Reads once a second what was erased, and has it forgotten here."""

    def __init__(
        self, database: Database, forget_names: ForgetNames, empty_caches: Callable[[], Awaitable[None]]
    ) -> None:
        """Read from ``database``; ``empty_caches`` drops what cannot be told apart by names."""
        self._database = database
        self._forget_names = forget_names
        self._empty_caches = empty_caches
        self._seen: frozenset[str] | None = None
        """None: the rows of before the start, of whom nothing is in memory."""
        self._read_at = time.time()

    async def follow(self) -> None:
        """Go on until this is cancelled."""
        while True:
            try:
                await self._look()
                pause = EVERY_SECONDS
            except KbError as error:
                logger.warning("cannot read what was erased: %s", error.code)
                pause = self._failed()
            except Exception:  # the edge of the task: the next look may succeed
                logger.exception("what was erased could not be forgotten")
                pause = self._failed()
            await asyncio.sleep(pause)

    def _failed(self) -> float:
        # From here on something may be in memory that is erased before the first reading.
        self._seen = self._seen or frozenset()
        return _PAUSE_SECONDS

    async def _look(self) -> None:
        rows = await self._rows()
        if time.time() - self._read_at > erasures.KEPT.total_seconds():
            self._forget_names(lambda _: True)
            await self._empty()
        elif self._seen is not None:
            await self._forget([row for row in rows if row.id not in self._seen])
        # Only now: what could not be forgotten is tried again.
        self._seen = frozenset(row.id for row in rows)
        self._read_at = time.time()

    async def _forget(self, new: Sequence[Erased]) -> None:
        if new:
            self._forget_names(lambda name: any(row.is_of(name) for row in new))
        if any(row.of_customer for row in new):
            await self._empty()

    async def _empty(self) -> None:
        self._database.forget()
        await self._empty_caches()

    async def _rows(self) -> list[Erased]:
        quick = self._database.quick
        if quick is not None:
            try:
                return erasures.recent(quick.ask)
            except NotAtOnceError:
                pass  # what is wrong, if anything, the other way tells
        return await self._database.read(_recent)


def _recent(connection: Transaction) -> list[Erased]:
    return erasures.recent(asking(connection))
