"""Requests that are open, and whether what let them in still does: a key can be revoked meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import cast

from starlette.types import Scope as AsgiScope

from kb_server.access import repository
from kb_server.access.keys import now
from kb_server.access.repository import Valid
from kb_server.errors import KbError, UnauthorizedError
from kb_server.store.database import Database

_EVERY_SECONDS = 0.5
_STATE = "standing"


@dataclass(frozen=True, slots=True)
class Grounds:
    """What lets a caller in: nothing of it may fall away while the request is open."""

    key_id: str | None = None
    """The key, or the site of a widget."""
    secret_id: str | None = None
    """What the token is signed with, where it can be forgotten."""
    expires: float | None = None
    """Seconds since 1970 from which on the token is refused."""


class Standing:
    """One open request of a caller who was let in."""

    def __init__(self, grounds: Grounds) -> None:
        """Begin in good standing; needs a running event loop."""
        self.grounds = grounds
        self.ended: asyncio.Future[KbError] = asyncio.get_running_loop().create_future()
        """Why the caller is refused by now."""

    def look(self, valid: Valid | None) -> None:
        """End it where its grounds have fallen away; ``valid`` is None where that cannot be read."""
        if not self.ended.done() and not self._holds(valid):
            self.ended.set_result(
                UnauthorizedError(
                    "The key or token was revoked or has expired while the request was open.",
                    remedy="Send the request again with a valid one.",
                    reason="invalid_token",
                )
            )

    def _holds(self, valid: Valid | None) -> bool:
        grounds = self.grounds
        if grounds.expires is not None and grounds.expires <= time.time():
            return False
        if valid is None:
            return True
        has_key = grounds.key_id is None or grounds.key_id in valid.keys
        return has_key and (grounds.secret_id is None or grounds.secret_id in valid.secrets)


class Watch:
    """Looks all open requests over, twice a second while there are any."""

    def __init__(self, database: Database) -> None:
        """Read keys and signing secrets from ``database``."""
        self._database = database
        self._open: set[Standing] = set()
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def over(self, scope: AsgiScope, grounds: Grounds | None) -> Iterator[None]:
        """Watch a request for the length of a ``with`` block; ``refusal_of`` tells the end of it."""
        if grounds is None:
            yield
            return
        standing = Standing(grounds)
        scope.setdefault("state", {})[_STATE] = standing
        self._open.add(standing)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._open.discard(standing)

    def close(self) -> None:
        """Watch nothing any more."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while self._open:
            await asyncio.sleep(_EVERY_SECONDS)
            await self._look()

    async def _look(self) -> None:
        watched = list(self._open)
        keys = {one.grounds.key_id for one in watched if one.grounds.key_id is not None}
        secrets = {one.grounds.secret_id for one in watched if one.grounds.secret_id is not None}
        valid = None
        if keys or secrets:
            try:
                valid = await self._database.read(
                    partial(repository.still_valid, key_ids=keys, secret_ids=secrets, moment=now())
                )
            except KbError:
                # Who was let in stays until the database can be asked; it has logged what is wrong.
                valid = None
        for standing in watched:
            standing.look(valid)


def refusal_of(scope: AsgiScope) -> asyncio.Future[KbError]:
    """Give what is done, with the reason, once the caller of an open request is refused by now."""
    standing = cast("Standing | None", scope.get("state", {}).get(_STATE))
    return asyncio.get_running_loop().create_future() if standing is None else standing.ended
