"""Requests that may come twice: what the first one made is what the second one gets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from kb_server.errors import IdempotencyError
from kb_server.store.tables import IdempotencyRecord

KEPT = timedelta(hours=24)
"""How long a key is remembered."""
MAX_KEY_CHARS = 200


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a request that carries an Idempotency-Key."""

    owner: str
    """Hash of who asks: a key means something for its sender alone."""
    operation: str
    key: str
    request_sha256: str


class Made(NamedTuple):
    """What the first try made."""

    turn_id: str | None
    feedback_id: str | None


def attempt_of(operation: str, key: str, *, sender: tuple[str, str | None], body: str) -> Attempt:
    """Describe a try of ``operation`` by ``sender`` (caller and customer) with the JSON ``body``."""
    return Attempt(_sha256(repr(sender)), operation, key, _sha256(body))


def earlier(connection: Connection, attempt: Attempt) -> Made | None:
    """Give what an earlier try made; None where there was none.

    Raises ``IdempotencyError`` where it asked for something else.
    """
    found = connection.execute(
        select(
            IdempotencyRecord.request_sha256, IdempotencyRecord.turn_id, IdempotencyRecord.feedback_id
        ).where(*_same(attempt), IdempotencyRecord.created_at > datetime.now(UTC) - KEPT)
    ).first()
    if found is None:
        return None
    if found.request_sha256 != attempt.request_sha256:
        raise IdempotencyError(
            f"The Idempotency-Key {attempt.key!r} was sent with another request before.",
            remedy="Repeat a request with its own key and body; send another request with a new key.",
        )
    return Made(found.turn_id, found.feedback_id)


def remember(
    connection: Connection, attempt: Attempt, *, turn_id: str | None = None, feedback_id: str | None = None
) -> None:
    """Keep what ``attempt`` made; ``IntegrityError`` where the same request has just made something else."""
    expired = IdempotencyRecord.created_at <= datetime.now(UTC) - KEPT
    connection.execute(delete(IdempotencyRecord).where(*_same(attempt), expired))
    connection.execute(
        insert(IdempotencyRecord).values(
            owner=attempt.owner,
            operation=attempt.operation,
            key=attempt.key,
            request_sha256=attempt.request_sha256,
            turn_id=turn_id,
            feedback_id=feedback_id,
            created_at=datetime.now(UTC),
        )
    )


def _same(attempt: Attempt) -> tuple[ColumnElement[bool], ...]:
    return (
        IdempotencyRecord.owner == attempt.owner,
        IdempotencyRecord.operation == attempt.operation,
        IdempotencyRecord.key == attempt.key,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
