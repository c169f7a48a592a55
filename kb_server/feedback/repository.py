"""Feedback in the database; each function is a part of one transaction."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, tuple_

from kb_server.access.rights import Owner
from kb_server.errors import NotFoundError
from kb_server.feedback.schemas import FeedbackEntry, FeedbackRequest, RatedEntry, Rating
from kb_server.store.paging import Place
from kb_server.store.tables import Feedback, Turn

_ENTRY = (
    Feedback.id,
    Feedback.turn_id.label("answer_id"),
    Feedback.citation_id,
    Feedback.rating,
    Feedback.reason,
    Feedback.comment,
    Feedback.corrected_text,
    Feedback.customer_id,
    Feedback.created_at,
)


def add(connection: Connection, given: FeedbackRequest, owner: Owner) -> FeedbackEntry:
    """Store what is thought of an answer of ``owner``, in place of what was thought of it before.

    Raises ``NotFoundError`` where there is no such answer or citation.
    """
    whose = [Turn.id == given.answer_id, Turn.owner == owner.caller_id]
    if owner.customer_id is not None:
        whose.append(Turn.customer_id == owner.customer_id)
    turn = connection.execute(select(Turn.answer, Turn.customer_id).where(*whose)).first()
    if turn is None:
        raise NotFoundError(
            f"There is no answer {given.answer_id!r}.",
            remedy="Send the `id` of an answer that this caller got and that is still kept.",
        )
    _check_citation(given, turn.answer)
    cited = given.citation_id or ""
    connection.execute(
        delete(Feedback).where(Feedback.turn_id == given.answer_id, Feedback.citation_id == cited)
    )
    row = {
        "id": "fb_" + secrets.token_hex(8),
        "turn_id": given.answer_id,
        "citation_id": cited,
        "owner": owner.caller_id,
        "customer_id": turn.customer_id,
        "rating": given.rating.value,
        "reason": given.reason,
        "comment": given.comment,
        "corrected_text": given.corrected_text,
        "created_at": datetime.now(UTC),
    }
    connection.execute(insert(Feedback).values(row))
    return entry(connection, str(row["id"]))


def entry(connection: Connection, feedback_id: str) -> FeedbackEntry:
    """Give one piece of feedback; it must exist."""
    found = connection.execute(select(*_ENTRY).where(Feedback.id == feedback_id)).mappings().one()
    return FeedbackEntry(**_fields(found))


def page(
    connection: Connection, *, limit: int, after: Place | None, rating: Rating | None
) -> list[RatedEntry]:
    """Give up to ``limit`` pieces of feedback behind ``after`` with what they are about, oldest first."""
    wanted = select(*_ENTRY, Turn.question, Turn.answer).join(Turn, Turn.id == Feedback.turn_id)
    if after is not None:
        wanted = wanted.where(tuple_(Feedback.created_at, Feedback.id) > tuple_(*after))
    if rating is not None:
        wanted = wanted.where(Feedback.rating == rating.value)
    ordered = wanted.order_by(Feedback.created_at, Feedback.id).limit(limit)
    return [_rated(row) for row in connection.execute(ordered).mappings()]


def everything(connection: Connection, *, at_once: int = 500) -> Iterator[RatedEntry]:
    """Give all feedback, oldest first, without holding it in memory."""
    after: Place | None = None
    while entries := page(connection, limit=at_once, after=after, rating=None):
        yield from entries
        after = Place(entries[-1].created_at, entries[-1].id)


def _check_citation(given: FeedbackRequest, answer: str) -> None:
    if given.citation_id is None:
        return
    if all(citation["id"] != given.citation_id for citation in json.loads(answer)["citations"]):
        raise NotFoundError(
            f"The answer {given.answer_id!r} has no citation {given.citation_id!r}.",
            remedy="Send the `id` of one of its citations, or none for the answer as a whole.",
        )


def _rated(row: RowMapping) -> RatedEntry:
    fields = _fields(row)
    answer = json.loads(fields.pop("answer"))
    return RatedEntry(**fields, text=answer["text"], language=answer["language"])


def _fields(row: RowMapping) -> dict[str, Any]:
    fields = dict(row)
    return {**fields, "citation_id": fields["citation_id"] or None}
