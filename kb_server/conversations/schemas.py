"""Bodies of the conversation routes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kb_server.answering.schemas import Answer
from kb_server.requests import CustomerId, Identifier

MAX_PAGE_SIZE = 200
MAX_PLACE = 2**31 - 1
"""What the databases can compare with."""


class Standing(StrEnum):
    """What became of a cited page since the answer."""

    HOLDS = "holds"
    SOURCE_CHANGED = "source_changed"
    SOURCE_WITHDRAWN = "source_withdrawn"


class ConversationInfo(BaseModel):
    """A conversation without its turns."""

    id: str = Field(examples=["conv_5f1d0c7ab3e94c215f1d0c7ab3e94c21"])
    customer_id: str | None = Field(description="The customer whose it is, as the question named it.")
    title: str = Field(description="The beginning of its first question.")
    turn_count: int = Field(description="How many questions it has.")
    created_at: datetime
    updated_at: datetime = Field(description="When its last question was answered.")


class ConversationPage(BaseModel):
    """A stretch of the list of conversations, the one that was used last first."""

    conversations: list[ConversationInfo]
    next_after: str | None = Field(description="Send it as `after` for the next page; null on the last one.")


class TurnInfo(BaseModel):
    """A question of a conversation; its answer stands beside it."""

    place: int | None = Field(description="Its place in the conversation, from 0.")
    question: str
    created_at: datetime
    withheld: bool = Field(
        description="Whether the answer is kept back, as the caller may no longer see all that it draws on."
    )
    standing: dict[str, Standing] = Field(
        description="What became of each cited page, by the citation's id: `holds`, `source_changed`, …"
    )


class TurnEntry(TurnInfo):
    """A question of a conversation, with its answer."""

    answer: Answer | None = Field(description="The answer object exactly as it was sent; null if withheld.")


class ConversationEntry(ConversationInfo):
    """A conversation with its last turns, oldest first."""

    turns: list[TurnEntry]


class OwnedBy(BaseModel):
    """Whose conversation is meant, where the caller speaks for several customers."""

    model_config = ConfigDict(extra="forbid")

    customer_id: CustomerId | None = Field(
        default=None, description="Only what belongs to this customer; else all of the caller's."
    )


class ConversationListQuery(OwnedBy):
    """Which stretch of the list to give."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, description="How many to give at most.")] = 50
    after: Annotated[Identifier | None, Field(description="`next_after` of the page before.")] = None


class ConversationQuery(OwnedBy):
    """Which turns of a conversation to give."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, description="How many turns to give at most.")] = 50
    before: Annotated[
        int | None,
        Field(ge=0, le=MAX_PLACE, description="Only turns before this `place`, to read on backwards."),
    ] = None
