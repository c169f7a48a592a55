"""The turns of a conversation before the question, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Who said a turn."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class CitedPlace:
    """What an answer cited: a page by its id or its path, and the headings above the span."""

    doc_id: str = ""
    path: str = ""
    heading_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said, and for an answer what it cited."""

    role: Role
    content: str
    cited: tuple[CitedPlace, ...] = ()


def asked_before(turns: Sequence[Turn]) -> list[str]:
    """List what the user said, latest first.

    >>> asked_before([Turn(Role.USER, "How do I log in?"), Turn(Role.ASSISTANT, "Press Log in.")])
    ['How do I log in?']
    """
    return [turn.content for turn in reversed(turns) if turn.role is Role.USER]


def last_cited(turns: Sequence[Turn]) -> tuple[CitedPlace, ...]:
    """Give what the last answer cited; nothing where the last turn is the user's own."""
    return turns[-1].cited if turns and turns[-1].role is Role.ASSISTANT else ()
