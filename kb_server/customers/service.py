"""Hand over or erase all that is kept of one customer: rows, and copies in this process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from kb_server.customers import repository
from kb_server.customers.schemas import CustomerErasure, CustomerExport
from kb_server.store.database import Database

Forget = Callable[[str], Awaitable[None]]
"""Drops from memory what belongs to a customer, and what cannot be told apart from it."""


class CustomerService:
    """Answers privacy requests."""

    def __init__(self, database: Database, memories: Sequence[Forget]) -> None:
        """Look in ``database``; ``memories`` drop copies in memory."""
        self._database = database
        self._memories = memories

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
        for forget in self._memories:
            await forget(customer_id)
