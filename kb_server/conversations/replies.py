"""Stored conversations as the routes give them."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from kb_server.conversations.records import StoredConversation
from kb_server.conversations.schemas import ConversationInfo, TurnInfo
from kb_server.conversations.visibility import Seen


def info_of(found: StoredConversation) -> ConversationInfo:
    """Describe a stored conversation."""
    return ConversationInfo(
        id=found.id,
        customer_id=found.customer_id,
        title=found.title,
        turn_count=found.turns,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )


def conversation_json(found: StoredConversation, turns: Sequence[Seen]) -> str:
    """Give a ``ConversationEntry`` as JSON in which each answer is what was sent, to the byte."""
    return joined(info_of(found), turns=f"[{','.join(map(turn_json, turns))}]")


def turn_json(seen: Seen) -> str:
    """Give a ``TurnEntry`` as JSON in which the answer is what was sent, to the byte."""
    info = TurnInfo(
        place=seen.turn.place,
        question=seen.turn.question,
        created_at=seen.turn.created_at,
        withheld=seen.answer is None,
        standing=dict(seen.standing),
    )
    return joined(info, answer="null" if seen.answer is None else seen.turn.answer)


def joined(head: BaseModel, **more: str) -> str:
    """Add ``more`` fields, each JSON already, to the JSON object of ``head``."""
    return head.model_dump_json()[:-1] + "".join(f',"{name}":{value}' for name, value in more.items()) + "}"
