"""Hand over or erase all that is kept of one customer: rows, and copies in this process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from kb_server.customers import repository
from kb_server.customers.schemas import CustomerErasure, CustomerExport
from kb_server.store.database import Database

ForgetName = Callable[[str], None]
"""Drops from memory what belongs to a customer."""
EmptyCaches = Callable[[], Awaitable[None]]
"""Drops what cannot be told apart by customers."""


class CustomerService:
    """Answers privacy requests."""

    def __init__(self, database: Database, forget: ForgetName, empty_caches: EmptyCaches) -> None:
        """Look in ``database``; the others drop copies in memory, which every other server does by itself."""
        self._database = database
        self._forget_name = forget
        self._empty_caches = empty_caches

    async def export(self, customer_id: str) -> CustomerExport:
        """Give all that is kept; raises ``StoreUnavailableError``."""
        return await self._database.read(partial(repository.export, customer_id=customer_id))

    async def erase(self, customer_id: str) -> CustomerErasure:
        """Erase it from the database, its files and this process; raises ``StoreUnavailableError``.

        Answers that are on their way as streams are stopped first, so that none is stored afterwards.
        """
        await self._forget(customer_id)
        done = await self._database.write(partial(repository.erase, customer_id=customer_id))
        # What was begun before the rows were gone.
        await self._forget(customer_id)
        await self._database.scrub()
        return done

    async def _forget(self, customer_id: str) -> None:
        self._forget_name(customer_id)
        await self._empty_caches()
