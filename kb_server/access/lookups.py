"""What the database says about a credential now: read on every request, in the cheapest way there is.

A key that is revoked is refused by the next request, in every process and whoever revoked it, because nothing
is remembered.
"""

from __future__ import annotations

from functools import partial

from kb_server.access import repository
from kb_server.access.repository import Known
from kb_server.store.database import Database


class KeyLookups:
    """Looks credentials up, on the event loop where the database is a file."""

    def __init__(self, database: Database) -> None:
        """Look in ``database``."""
        self._database = database

    async def look_up(self, credential: str) -> Known:
        """Give what ``repository.look_up`` gives; raises ``StoreUnavailableError``."""
        return await self._database.read_at_once(partial(repository.look_up, credential=credential))
