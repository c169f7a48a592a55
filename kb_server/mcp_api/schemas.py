"""What the tools take; what they give are the objects of the HTTP API."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictInt, StringConstraints, ValidationInfo, field_validator

from kb_server.dialogue.schemas import History
from kb_server.requests import Filters, PlaceName, QuestionText, RequestBody, TopK

MAX_DOCUMENT_CHARS = 4096
LineNumber = Annotated[StrictInt, Field(ge=1)]


class SearchDocs(RequestBody):
    """Arguments of ``search_docs``."""

    query: QuestionText = Field(
        description="Words or a question, in English or Korean. Pages in either language are found.",
        examples=["roll back to an earlier version", "이전 버전으로 되돌리기"],
    )
    top_k: TopK = Field(default=5, description="How many passages to give at most.")
    filters: Filters = Field(default_factory=dict)


class AskDocs(RequestBody):
    """Arguments of ``ask_docs``."""

    question: QuestionText = Field(
        description=(
            "One question in English or Korean, which leans on nothing but the turns in history; "
            "the answer comes in its language."
        ),
        examples=["How do I add my own documents?", "내 문서를 추가하려면 어떻게 하나요?"],
    )
    filters: Filters = Field(default_factory=dict)
    history: History = Field(default_factory=list)


class ReadDocument(RequestBody):
    """Arguments of ``read_document``."""

    document: Annotated[
        PlaceName, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_DOCUMENT_CHARS)
    ] = Field(
        description="`doc_id` or `path` of a page, as passages and citations give it.",
        examples=["en/operations.md", "d_a53c24f68b5dc61c"],
    )
    revision: PlaceName = Field(
        default="",
        description="Text that a citation of this `revision` points into; empty for the page as it is now.",
    )
    line_start: LineNumber = Field(default=1, description="First line of the source file to read.")
    line_end: LineNumber | None = Field(default=None, description="Last line to read; null for the end.")
    char_start: Annotated[StrictInt, Field(ge=0)] = Field(
        default=0, description="Offset to read on from: `next_char` of the reply before."
    )

    @field_validator("line_end")
    @classmethod
    def _not_before_the_first(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and value < info.data.get("line_start", 1):
            raise ValueError("must not be below line_start")
        return value
