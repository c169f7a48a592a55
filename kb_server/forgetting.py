"""Memory that is cleared wherever an erasure was asked for: here, at another server, or by a command."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from kb_server.errors import KbError
from kb_server.store import erasures
from kb_server.store.database import Database
from kb_server.store.erasures import Erased

logger = logging.getLogger(__name__)
EVERY_SECONDS = 1.0
_WHOLE_LOOKS = 60
"""At every so many looks all rows are read, which finds those of a server whose clock is behind."""
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
        self._looks = 0

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
        seen = self._seen or frozenset()
        whole = self._seen is None or self._looks % _WHOLE_LOOKS == 0
        rows = await self._database.read_at_once(partial(erasures.recent, whole=whole))
        if not whole and len(rows) == erasures.NEWEST and seen.isdisjoint(row.id for row in rows):
            rows, whole = await self._database.read_at_once(erasures.recent), True
        if time.time() - self._read_at > erasures.KEPT.total_seconds():
            self._forget_names(lambda _: True)
            await self._empty()
        elif self._seen is not None:
            await self._forget([row for row in rows if row.id not in self._seen])
        # Only now: what could not be forgotten is tried again.
        known = frozenset(row.id for row in rows)
        self._seen = known if whole or len(rows) < erasures.NEWEST else seen | known
        self._read_at = time.time()
        self._looks += 1

    async def _forget(self, new: Sequence[Erased]) -> None:
        if new:
            self._forget_names(lambda name: any(row.is_of(name) for row in new))
        if any(row.of_customer for row in new):
            await self._empty()

    async def _empty(self) -> None:
        self._database.forget()
        await self._empty_caches()
