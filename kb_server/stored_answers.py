"""What was asked and answered, with the turns before and what people thought of it, for the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from kb_server.conversations import repository as conversations
from kb_server.conversations.records import StoredTurn
from kb_server.errors import NotFoundError
from kb_server.feedback import repository as feedback
from kb_server.feedback.schemas import RatedEntry
from kb_server.store.commands import opened
from kb_server.store.engine import transaction

_MOST_TURNS = 1000
_BEFORE = 10
"""Turns before a question that its case keeps."""


def stored_answers(
    data_dir: Path | None, conversation_id: str | None, rating: str | None
) -> list[dict[str, Any]]:
    """Give the answers of a conversation, or those rated ``up`` or ``down`` as a whole, oldest first.

    What people thought of an answer comes with it in both cases.

    Raises ``NotFoundError`` where there is no such conversation.
    """
    with opened(data_dir, ready=True) as engine, transaction(engine, writing=False) as connection:
        if conversation_id is not None:
            turns = conversations.turns(connection, conversation_id, last=_MOST_TURNS)
            if not turns:
                raise NotFoundError(
                    f"There is no conversation {conversation_id[:80]!r}.",
                    remedy="Take the `conversation_id` of an answer that is still kept.",
                )
            told = {
                entry.answer_id: _told(entry) for entry in _of_whole_answers(feedback.everything(connection))
            }
            return [
                _fields(turn, turns[max(at - _BEFORE, 0) : at]) | told.get(turn.answer_id, {})
                for at, turn in enumerate(turns)
            ]
        rated = [
            (entry, turn)
            for entry in _of_whole_answers(feedback.everything(connection))
            if entry.rating.value == rating and (turn := conversations.turn(connection, entry.answer_id))
        ]
        return [
            _fields(turn, _before(turn, partial(conversations.turns, connection))) | _told(entry)
            for entry, turn in rated
        ]


def _of_whole_answers(entries: Iterable[RatedEntry]) -> list[RatedEntry]:
    return [entry for entry in entries if entry.citation_id is None]


def _before(turn: StoredTurn, turns: Callable[..., list[StoredTurn]]) -> list[StoredTurn]:
    return turns(turn.conversation_id, last=_BEFORE, before=turn.place) if turn.conversation_id else []


def _told(entry: RatedEntry) -> dict[str, str]:
    names = ("reason", "comment", "corrected_text")
    return {"rating": entry.rating.value} | {name: getattr(entry, name) for name in names}


def _fields(turn: StoredTurn, before: list[StoredTurn]) -> dict[str, Any]:
    return {
        "answer_id": turn.answer_id,
        "question": turn.question,
        "answer": json.loads(turn.answer),
        "created_at": turn.created_at.isoformat(timespec="seconds"),
        "customer_id": turn.customer_id or "",
        "before": [(each.question, json.loads(each.answer)["text"]) for each in before],
    }
