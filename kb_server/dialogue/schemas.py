"""The turns before a question as a request sends them, and how they were understood as a reply says."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kb_server.dialogue.turns import CitedPlace, Role, Turn
from kb_server.requests import Filters, PlaceName, QuestionText, RequestBody, TurnText
from kb_server.retrieval.query import SearchQuery

MAX_TURNS = 40
MAX_TURN_CITATIONS = 50
_MAX_CHOICES = 10
_MAX_HEADINGS = 10


class TurnCitation(BaseModel):
    """A citation of an earlier answer, sent as it came: what else it holds is left aside."""

    model_config = ConfigDict(extra="ignore")

    doc_id: PlaceName = Field(default="", description="The cited page.")
    path: PlaceName = Field(default="", description="Its path, where the `doc_id` is not known.")
    heading_path: list[PlaceName] = Field(
        default_factory=list, max_length=_MAX_HEADINGS, description="Headings above the cited span."
    )

    @model_validator(mode="after")
    def _names_a_page(self) -> TurnCitation:
        if not self.doc_id and not self.path:
            raise ValueError("must name a page by `doc_id` or `path`")
        return self


class TurnChoice(BaseModel):
    """A choice of an earlier answer, sent as it came."""

    model_config = ConfigDict(extra="ignore")

    label: PlaceName = Field(description="What was shown.")
    question: QuestionText = Field(description="The question that it stands for.")
    filters: Filters = Field(default_factory=dict)


class HistoryTurn(RequestBody):
    """What one side said before the question."""

    role: Role = Field(description="`user` or `assistant`.")
    content: TurnText = Field(description="The question as asked, or the `text` of the answer.")
    citations: list[TurnCitation] = Field(
        default_factory=list,
        max_length=MAX_TURN_CITATIONS,
        description="The `citations` of the answer; of a question, none.",
    )
    choices: list[TurnChoice] = Field(
        default_factory=list,
        max_length=_MAX_CHOICES,
        description="The `choices` of the answer, so that a reply such as *2* needs no second search.",
    )


History = Annotated[
    list[HistoryTurn],
    Field(
        max_length=MAX_TURNS,
        description="The turns of the conversation before this one, oldest first.",
        examples=[
            [
                {"role": "user", "content": "How do I export my notes?"},
                {
                    "role": "assistant",
                    "content": "Open Settings > Export. [1]",
                    "citations": [{"path": "guide/export.md"}],
                },
            ]
        ],
    ),
]


class Understood(BaseModel):
    """How a question was read after the turns before it."""

    text: str = Field(description="The question as it was searched.", examples=["And on Windows?"])
    added: list[str] = Field(
        description="Words of earlier turns that joined the search by words, and the product still meant.",
        examples=[["export", "notes"]],
    )
    follows_up: bool = Field(
        description="Whether it leans on earlier turns; if not, nothing of them but `added` counts."
    )
    topic_switched: bool = Field(description="Whether it shares no word with them and stands alone.")


def turns_of(history: list[HistoryTurn]) -> list[Turn]:
    """Give the turns of a request."""
    return [
        Turn(
            turn.role,
            turn.content,
            tuple(CitedPlace(c.doc_id, c.path, tuple(c.heading_path)) for c in turn.citations),
        )
        for turn in history
    ]


def picked_question(text: str) -> Understood:
    """Say that a reply was read as one of the readings that were offered, which asks ``text``."""
    return Understood(text=text, added=[], follows_up=True, topic_switched=False)


def understood(query: SearchQuery, *, of: Collection[str] = ()) -> Understood | None:
    """Say how a question was read after earlier turns, ``of`` what product; None where there were none."""
    background = query.background
    if background is None:
        return None
    return Understood(
        text=query.text,
        added=list(dict.fromkeys((*background.words, *of))),
        follows_up=background.follows_up,
        topic_switched=background.topic_switched,
    )
