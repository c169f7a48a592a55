"""Bodies of the customer routes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kb_server.requests import CustomerId


class CustomerQuery(BaseModel):
    """Which customer is meant: in the query, as an id may hold slashes and dots, which paths lose."""

    model_config = ConfigDict(extra="forbid")

    customer_id: CustomerId = Field(description="The customer, as the questions named it.")


class ExportedConversation(BaseModel):
    """A conversation of the customer; its answers name it."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime


class ExportedAnswer(BaseModel):
    """A question of the customer and its answer."""

    conversation_id: str | None
    place: int | None = Field(description="Its place in the conversation, from 0.")
    question: str
    created_at: datetime
    answer: dict[str, Any] = Field(description="The answer object as it was sent.")


class ExportedFeedback(BaseModel):
    """What the customer thought of an answer or a citation."""

    id: str
    answer_id: str
    citation_id: str | None
    rating: str
    reason: str
    comment: str
    corrected_text: str
    created_at: datetime


class CustomerExport(BaseModel):
    """All that is kept of one customer."""

    customer_id: str
    exported_at: datetime
    conversations: list[ExportedConversation]
    answers: list[ExportedAnswer]
    feedback: list[ExportedFeedback]


class CustomerErasure(BaseModel):
    """How much of a customer was erased."""

    customer_id: str
    conversations: int
    answers: int
    feedback: int
