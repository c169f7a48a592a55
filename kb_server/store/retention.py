"""Delete what has been kept for long enough."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, select

from kb_server.store import erasures
from kb_server.store.engine import transaction
from kb_server.store.idempotency import KEPT
from kb_server.store.scrubbing import scrub
from kb_server.store.tables import Conversation, IdempotencyRecord, Turn

_AT_ONCE = 500
"""Rows of one transaction: a question may wait for it."""


def purge(engine: Engine, days: int, *, stopped: Callable[[], bool] = lambda: False) -> int:
    """Delete conversations and answers that nobody used for ``days``, and their feedback; 0 keeps them.

    Gives how many conversations and single answers were deleted, which is not all once ``stopped`` says so.
    Raises ``StoreUnavailableError``.
    """
    now = datetime.now(UTC)
    with transaction(engine, writing=True) as connection:
        connection.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at <= now - KEPT))
        erasures.purge(connection, now)
    removed = _purge_before(engine, now - timedelta(days=days), stopped) if days else 0
    if removed:
        scrub(engine)
    return removed


def _purge_before(engine: Engine, moment: datetime, stopped: Callable[[], bool]) -> int:
    removed = 0
    while not stopped():
        with transaction(engine, writing=True) as connection:
            done = _some_conversations(connection, moment) + _some_answers(connection, moment)
        removed += done
        if not done:
            break
    return removed


def _some_conversations(connection: Connection, moment: datetime) -> int:
    old = select(Conversation.id).where(Conversation.updated_at < moment).limit(_AT_ONCE)
    return connection.execute(delete(Conversation).where(Conversation.id.in_(old))).rowcount


def _some_answers(connection: Connection, moment: datetime) -> int:
    old = select(Turn.id).where(Turn.conversation_id.is_(None), Turn.created_at < moment).limit(_AT_ONCE)
    return connection.execute(delete(Turn).where(Turn.id.in_(old))).rowcount
