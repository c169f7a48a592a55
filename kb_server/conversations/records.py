"""What is stored of questions and answers, and whose it is."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from kb_server.access.rights import Owner


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A question with its answer, to be stored."""

    answer_id: str
    owner: Owner
    conversation_id: str | None
    begins: bool
    """Whether it is the first of its conversation."""
    question: str
    answer: str
    """The answer object as JSON."""
    audiences: frozenset[str] | None


class StoredTurn(NamedTuple):
    """A question with its answer, as it was stored."""

    answer_id: str
    customer_id: str | None
    conversation_id: str | None
    place: int | None
    question: str
    answer: str
    audiences: list[str] | None
    created_at: datetime


class StoredConversation(NamedTuple):
    """A conversation without its turns."""

    id: str
    customer_id: str | None
    title: str
    turns: int
    created_at: datetime
    updated_at: datetime


def new_conversation_id() -> str:
    """Make an id that nobody can guess."""
    return "conv_" + secrets.token_hex(16)


def covers(audiences: frozenset[str] | None, others: Collection[str] | None) -> bool:
    """Tell whether who carries ``audiences`` sees all that who carried ``others`` saw; None sees all."""
    return audiences is None or (others is not None and audiences.issuperset(others))
