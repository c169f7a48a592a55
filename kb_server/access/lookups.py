"""What the database says about a credential now: read on every request, in the cheapest way there is.

A key that is revoked is refused by the next request, in every process and whoever revoked it, because nothing
is remembered.
"""

from __future__ import annotations

from functools import partial

from kb_server.access import repository
from kb_server.access.repository import Known
from kb_server.store.database import Database, Transaction
from kb_server.store.quick import NotAtOnceError, asking


class KeyLookups:
    """Looks credentials up, on the event loop where the database is a file."""

    def __init__(self, database: Database) -> None:
        """Look in ``database``."""
        self._database = database

    async def look_up(self, credential: str) -> Known:
        """Give what ``repository.look_up`` gives; raises ``StoreUnavailableError``."""
        quick = self._database.quick
        if quick is not None:
            try:
                return repository.look_up(quick.ask, credential)
            except NotAtOnceError:
                pass  # what is wrong, if anything, the other way tells
        return await self._database.read(partial(_look_up, credential=credential))


def _look_up(connection: Transaction, credential: str) -> Known:
    return repository.look_up(asking(connection), credential)
