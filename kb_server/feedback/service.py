"""Take feedback once, and list it."""

from __future__ import annotations

from functools import partial

from kb_server.access.caller import Caller
from kb_server.access.rights import owner_of
from kb_server.feedback import repository
from kb_server.feedback.schemas import FeedbackEntry, FeedbackRequest, RatedEntry, Rating
from kb_server.store.database import Database, Transaction
from kb_server.store.engine import TakenError
from kb_server.store.idempotency import Attempt, attempt_of, earlier, remember
from kb_server.store.paging import Place
from kb_server.telemetry.observation import note_feedback

_OPERATION = "feedback"


class FeedbackService:
    """Keeps feedback in the database."""

    def __init__(self, database: Database) -> None:
        """Keep it in ``database``."""
        self._database = database

    async def add(self, given: FeedbackRequest, caller: Caller, *, key: str | None) -> FeedbackEntry:
        """Keep what ``caller`` thinks of one of its answers; ``key`` is the Idempotency-Key.

        Raises ``NotFoundError`` for an answer that is not the caller's or not kept, ``IdempotencyError`` and
        ``StoreUnavailableError``.
        """
        owner = owner_of(caller, given.customer_id)
        attempt = (
            attempt_of(_OPERATION, key, sender=(caller.id, owner.customer_id), body=given.model_dump_json())
            if key
            else None
        )

        def keep(connection: Transaction) -> tuple[FeedbackEntry, bool]:
            first = _made(connection, attempt)
            if first is not None:
                return first, False
            added = repository.add(connection, given, owner)
            if attempt is not None:
                remember(connection, attempt, feedback_id=added.id)
            return added, True

        try:
            kept, is_new = await self._database.write(keep)
        except TakenError:
            # Someone has just rated the same: once more, on top of it.
            kept, is_new = await self._database.write(keep)
        if is_new:
            note_feedback("citation" if kept.citation_id else "answer", kept.rating.value)
        return kept

    async def page(self, *, limit: int, after: Place | None, rating: Rating | None) -> list[RatedEntry]:
        """Give up to ``limit`` pieces of feedback behind ``after``, oldest first."""
        return await self._database.read(partial(repository.page, limit=limit, after=after, rating=rating))


def _made(connection: Transaction, attempt: Attempt | None) -> FeedbackEntry | None:
    made = earlier(connection, attempt) if attempt else None
    return repository.entry(connection, made.feedback_id) if made and made.feedback_id else None
