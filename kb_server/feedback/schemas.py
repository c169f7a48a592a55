"""Bodies of the feedback routes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb_server.requests import CustomerId, Identifier, PlainText, RequestBody

MAX_PAGE_SIZE = 500
MAX_REASON_CHARS = 200
MAX_COMMENT_CHARS = 4000


class Rating(StrEnum):
    """A thumb."""

    UP = "up"
    DOWN = "down"


Comment = Annotated[PlainText, StringConstraints(max_length=MAX_COMMENT_CHARS)]


class FeedbackRequest(RequestBody):
    """What someone thinks of an answer, or of one of its citations."""

    answer_id: Identifier = Field(description="`id` of the answer.", examples=["a_5f1d0c7ab3e94c21"])
    rating: Rating = Field(description="`up` or `down`.")
    citation_id: Identifier | None = Field(
        default=None, description="`id` of a citation of that answer; null: the answer as a whole."
    )
    reason: Annotated[PlainText, StringConstraints(max_length=MAX_REASON_CHARS)] = Field(
        default="", description="Why, as a word of your own.", examples=["outdated", "wrong_page"]
    )
    comment: Comment = Field(default="", description="The same in the person's own words.")
    corrected_text: Comment = Field(default="", description="What the answer should have said.")
    customer_id: CustomerId | None = Field(
        default=None, description="The customer whose answer it is, where the caller speaks for several."
    )


class FeedbackEntry(BaseModel):
    """One piece of feedback as it is kept."""

    id: str = Field(examples=["fb_5f1d0c7ab3e94c21"])
    answer_id: str
    citation_id: str | None
    rating: Rating
    reason: str
    comment: str
    corrected_text: str
    customer_id: str | None = Field(description="The customer whose answer it is.")
    created_at: datetime


class RatedEntry(FeedbackEntry):
    """One piece of feedback with what it is about."""

    question: str
    text: str = Field(description="Text of the answer.")
    language: str = Field(description="Language of the question.")


class FeedbackPage(BaseModel):
    """A stretch of the list of feedback, oldest first."""

    feedback: list[RatedEntry]
    next_after: str | None = Field(description="Send it as `after` for the next page; null on the last one.")


class FeedbackListQuery(BaseModel):
    """Which stretch of the list to give."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, description="How many to give at most.")] = 100
    after: Annotated[Identifier | None, Field(description="`next_after` of the page before.")] = None
    rating: Annotated[Rating | None, Field(description="Only this rating.")] = None
