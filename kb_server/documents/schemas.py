"""Bodies of the document routes."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kb_server.requests import PlainText

MAX_PAGE_SIZE = 500


class DocumentInfo(BaseModel):
    """A page of the corpus without its text."""

    doc_id: str = Field(description="Stable identifier, derived from the path.")
    path: str = Field(description="Relative to the ingested root.", examples=["en/operations.md"])
    title: str
    lang: str = Field(description="Language of most of the page: `en` or `ko`.", examples=["en"])
    revision: str = Field(description="sha256 of the current text.")
    url: str = Field(description="Address of the page from its metadata, or empty.")
    metadata: dict[str, str | list[str]] = Field(description="Front matter of the page.")


class DocumentPage(BaseModel):
    """A stretch of the list of documents, in the order of their paths."""

    version: str = Field(description="Version of the index that was listed.")
    total: int = Field(description="How many documents there are in all.")
    documents: list[DocumentInfo]
    next_after: str | None = Field(description="Send it as `after` for the next page; null on the last one.")


class DocumentListQuery(BaseModel):
    """Which stretch of the list to give."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[
        int, Field(ge=1, le=MAX_PAGE_SIZE, description="How many documents to give at most.")
    ] = 100
    after: Annotated[
        PlainText, Field(max_length=4096, description="Path of the last document of the page before.")
    ] = ""


class RevisionText(BaseModel):
    """The canonical text that citations point into."""

    doc_id: str
    path: str
    title: str
    lang: str
    revision: str = Field(description="sha256 of the text in UTF-8.")
    current: bool = Field(description="False for a text that the page no longer has.")
    text: str = Field(description="Offsets of citations count the Unicode code points of this text.")
    url: str
    metadata: dict[str, str | list[str]] = Field(description="Front matter of the page as it is now.")
