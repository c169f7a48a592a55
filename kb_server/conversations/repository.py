"""Conversations and turns in the database; each function is a part of one transaction."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, tuple_, update

from kb_server.access.rights import Owner
from kb_server.conversations.records import NewTurn, StoredConversation, StoredTurn
from kb_server.errors import NotFoundError
from kb_server.store import erasures
from kb_server.store.paging import Place
from kb_server.store.tables import Conversation, Turn

_TITLE_CHARS = 100
_TURN = (
    Turn.id,
    Turn.customer_id,
    Turn.conversation_id,
    Turn.place,
    Turn.question,
    Turn.answer,
    Turn.audiences,
    Turn.created_at,
)
_CONVERSATION = (
    Conversation.id,
    Conversation.customer_id,
    Conversation.title,
    Conversation.turns,
    Conversation.created_at,
    Conversation.updated_at,
)


# Every question needs it: built once, it costs a third.
_INSERT_TURN = insert(Turn.__table__)  # type: ignore[arg-type]  # the stubs call it a FromClause


def add(connection: Connection, turn: NewTurn) -> None:
    """Store a turn, at the end of its conversation where it has one.

    Raises ``NotFoundError`` where the conversation is gone, and ``IntegrityError`` for an id that is taken.
    """
    now = datetime.now(UTC)
    place = _next_place(connection, turn, now) if turn.conversation_id else None
    row = {
        "id": turn.answer_id,
        "owner": turn.owner.caller_id,
        "customer_id": turn.owner.customer_id,
        "conversation_id": turn.conversation_id,
        "place": place,
        "question": turn.question,
        "answer": turn.answer,
        "audiences": None if turn.audiences is None else sorted(turn.audiences),
        "created_at": now,
    }
    connection.execute(_INSERT_TURN, row)


def find(connection: Connection, conversation_id: str, owner: Owner) -> StoredConversation:
    """Give a conversation of ``owner``; ``NotFoundError`` where there is none."""
    found = connection.execute(
        select(*_CONVERSATION).where(Conversation.id == conversation_id, *_conversations_of(owner))
    ).first()
    if found is None:
        raise _no_conversation(conversation_id)
    return StoredConversation(*found)


def page(
    connection: Connection, owner: Owner, *, limit: int, after: Place | None
) -> list[StoredConversation]:
    """Give up to ``limit`` conversations of ``owner`` behind ``after``, the one that was used last first."""
    wanted = select(*_CONVERSATION).where(*_conversations_of(owner))
    if after is not None:
        wanted = wanted.where(tuple_(Conversation.updated_at, Conversation.id) < tuple_(*after))
    ordered = wanted.order_by(Conversation.updated_at.desc(), Conversation.id.desc())
    return [StoredConversation(*row) for row in connection.execute(ordered.limit(limit))]


def turns(
    connection: Connection, conversation_id: str, *, last: int, before: int | None = None
) -> list[StoredTurn]:
    """Give the ``last`` turns of a conversation, those before a place where one is given, oldest first."""
    wanted = select(*_TURN).where(Turn.conversation_id == conversation_id)
    if before is not None:
        wanted = wanted.where(Turn.place < before)
    latest = wanted.order_by(Turn.place.desc()).limit(last)
    return [StoredTurn(*row) for row in connection.execute(latest)][::-1]


def turn(connection: Connection, answer_id: str) -> StoredTurn | None:
    """Give one turn, None where it is gone."""
    found = connection.execute(select(*_TURN).where(Turn.id == answer_id)).first()
    return StoredTurn(*found) if found else None


def remove(connection: Connection, conversation_id: str, owner: Owner) -> None:
    """Delete a conversation of ``owner`` with all that hangs on it; ``NotFoundError`` where there is none."""
    done = connection.execute(
        delete(Conversation).where(Conversation.id == conversation_id, *_conversations_of(owner))
    )
    if not done.rowcount:
        raise _no_conversation(conversation_id)
    erasures.record(connection, conversation_id, of_customer=False)


def _next_place(connection: Connection, turn: NewTurn, now: datetime) -> int:
    """Begin the conversation, or take its next place: the row stays locked until the transaction ends."""
    if turn.begins:
        connection.execute(
            insert(Conversation).values(
                id=turn.conversation_id,
                owner=turn.owner.caller_id,
                customer_id=turn.owner.customer_id,
                title=turn.question[:_TITLE_CHARS],
                turns=1,
                created_at=now,
                updated_at=now,
            )
        )
        return 0
    place = connection.execute(
        update(Conversation)
        .where(Conversation.id == turn.conversation_id, *_conversations_of(turn.owner))
        .values(turns=Conversation.turns + 1, updated_at=now)
        .returning(Conversation.turns)
    ).scalar()
    if place is None:
        raise _no_conversation(str(turn.conversation_id))
    return place - 1


def _conversations_of(owner: Owner) -> list[ColumnElement[bool]]:
    mine = [Conversation.owner == owner.caller_id]
    return mine if owner.customer_id is None else [*mine, Conversation.customer_id == owner.customer_id]


def _no_conversation(conversation_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no conversation {conversation_id[:80]!r}.",
        remedy="Start one with `conversation: true`, or list yours with GET /v1/conversations.",
    )
