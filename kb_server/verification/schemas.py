"""Bodies of ``POST /v1/verify``: an answer with its citations, and what still holds of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints, model_validator

from kb_server.grounding.support import Check, Support
from kb_server.requests import PlainText, RequestBody

MAX_SENTENCES = 200
MAX_CITATIONS = 100
MAX_TEXT_CHARS = 50_000
MAX_ANSWER_CHARS = 200_000
"""Of the text of a stored answer, which may quote long blocks."""
MAX_HTML_CHARS = 2 * MAX_ANSWER_CHARS
MAX_SENTENCE_CHARS = 10_000
MAX_QUOTE_CHARS = 20_000
MAX_CITED_CHARS = 1_000_000
_MAX_NAME_CHARS = 4096

Name = Annotated[PlainText, StringConstraints(max_length=_MAX_NAME_CHARS)]
Offset = Annotated[StrictInt, Field(ge=0)]
SentenceText = Annotated[PlainText, StringConstraints(min_length=1, max_length=MAX_SENTENCE_CHARS)]
Reference = Annotated[StrictInt, Field(ge=1)] | Name


class GivenCitation(RequestBody):
    """Where an answer says that a sentence comes from: a span of a page, a quote, or both."""

    id: Name = Field(default="", description="How sentences refer to it; a number `n` is the n-th citation.")
    doc_id: Name = Field(default="", description="The page, or `path`; neither: the quote is looked for.")
    path: Name = Field(default="", examples=["en/operations.md"])
    revision: Name = Field(default="", description="The text that the offsets point into.")
    char_start: Offset | None = None
    char_end: Offset | None = None
    quote: Annotated[PlainText, StringConstraints(max_length=MAX_QUOTE_CHARS)] = ""

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if (self.char_start is None) != (self.char_end is None):
            raise ValueError("needs both char_start and char_end, or neither")
        if (self.char_end or 0) - (self.char_start or 0) > MAX_QUOTE_CHARS:
            raise ValueError(f"cites more than {MAX_QUOTE_CHARS} characters")
        named = bool(self.doc_id or self.path)
        if not self.quote.strip() and (not named or self.char_start is None):
            raise ValueError("needs a quote, or a doc_id or path with char_start and char_end")
        return self


class GivenSentence(RequestBody):
    """A sentence and what it cites."""

    text: SentenceText
    citations: list[Reference] = Field(
        max_length=MAX_CITATIONS, description="Ids of citations, or their numbers from 1."
    )


class StoredCitation(GivenCitation):
    """A citation as ``POST /v1/query`` gave it; its other fields do not matter here."""

    model_config = ConfigDict(extra="ignore")


class StoredSentence(GivenSentence):
    """A sentence as ``POST /v1/query`` gave it."""

    model_config = ConfigDict(extra="ignore")


class StoredNote(BaseModel):
    """What an answer says of pages that disagree, or a choice that it offers."""

    text: Annotated[PlainText, StringConstraints(max_length=MAX_SENTENCE_CHARS)] = ""
    label: Annotated[PlainText, StringConstraints(max_length=MAX_SENTENCE_CHARS)] = ""


class StoredAnswer(BaseModel):
    """An answer object of ``POST /v1/query``, whole or only these fields."""

    sentences: list[StoredSentence] = Field(max_length=MAX_SENTENCES)
    citations: list[StoredCitation] = Field(max_length=MAX_CITATIONS)
    text: Annotated[PlainText, StringConstraints(max_length=MAX_ANSWER_CHARS)] = Field(
        default="", description="What people read; it may say nothing that its sentences do not."
    )
    html: Annotated[PlainText, StringConstraints(max_length=MAX_HTML_CHARS)] = Field(
        default="",
        description="`text` as POST /v1/query rendered it: what it says besides is unsupported.",
    )
    conflicts: list[StoredNote] = Field(default_factory=list, max_length=MAX_CITATIONS)
    choices: list[StoredNote] = Field(default_factory=list, max_length=MAX_CITATIONS)


class VerifyRequest(RequestBody):
    """An answer of ours, or a text or sentences of any origin with their citations."""

    answer: StoredAnswer | None = Field(default=None, description="An answer object of POST /v1/query.")
    text: Annotated[PlainText, StringConstraints(min_length=1, max_length=MAX_TEXT_CHARS)] | None = Field(
        default=None, description="Any text; `[1]`, `[1,2]` and `[1-3]` in it cite by number."
    )
    sentences: list[GivenSentence] | None = Field(
        default=None, min_length=1, max_length=MAX_SENTENCES, description="Instead of a text."
    )
    citations: list[GivenCitation] = Field(
        default_factory=list, max_length=MAX_CITATIONS, description="What the text or the sentences cite."
    )

    @model_validator(mode="after")
    def _is_one_answer(self) -> Self:
        if sum(given is not None for given in (self.answer, self.text, self.sentences)) != 1:
            raise ValueError("needs exactly one of answer, text and sentences")
        if self.answer is not None and self.citations:
            raise ValueError("an answer brings its own citations: leave citations out")
        return self


class CitationStatus(StrEnum):
    """What became of a citation."""

    HOLDS = "holds"
    SOURCE_CHANGED = "source_changed"
    SOURCE_WITHDRAWN = "source_withdrawn"
    QUOTE_MISMATCH = "quote_mismatch"
    NOT_FOUND = "not_found"


class Place(BaseModel):
    """Where a quote stands in the served version."""

    doc_id: str
    path: str
    title: str
    revision: str = Field(description="The current text, which the offsets point into.")
    char_start: int
    char_end: int


class VerifiedCitation(BaseModel):
    """What became of one citation."""

    id: str = Field(description="As given, or its number from 1.")
    status: CitationStatus = Field(description="`holds`, or what is wrong with it.")
    now: Place | None = Field(description="Where its quote stands now, also on another page; null: nowhere.")


class VerifiedFinding(BaseModel):
    """One check that a sentence failed."""

    check: Check
    value: str = Field(description="What the sentence says.", examples=["60 days"])
    expected: str = Field(description="What the source says in its place, where known.", examples=["30"])


class VerifiedSentence(BaseModel):
    """Whether a sentence is what its citations say now."""

    text: str
    citations: list[str] = Field(description="Ids of the citations that it was checked against.")
    support: Support
    findings: list[VerifiedFinding] = Field(description="Why it is unsupported; else empty.")
    coverage: float = Field(description="Share of its words that the sources have, 0 to 1.")


class VerifyResponse(BaseModel):
    """What holds of an answer against the served version."""

    version: str = Field(description="Version of the index that it was checked against.")
    holds: bool = Field(description="True when every claim is supported and every citation holds.")
    claims: int = Field(description="How many sentences claim something.")
    supported: int = Field(description="How many of them are verbatim or supported.")
    sentences: list[VerifiedSentence]
    citations: list[VerifiedCitation]
