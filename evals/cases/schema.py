"""What a case may say, field by field: a question, what is expected of its answer, and labels to slice by.

A place in the docs is named by path and heading or quoted text, never by the id of a chunk: those change when
pages are cut anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from evals.text import language_of

Status = Literal["answered", "partial", "clarify", "abstained", "handoff"]
Language = Literal["en", "ko"]
ANSWERING: frozenset[str] = frozenset({"answered", "partial"})
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]


def _as_list(value: Any) -> Any:
    return value if value is None or isinstance(value, list) else [value]


Texts = Annotated[list[Text], BeforeValidator(_as_list)]
"""A text, or a list of texts."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(_Part):
    """A page, and where wanted a section or a quote on it; as text: ``path`` or ``path#anchor``."""

    path: Text = Field(description="Path of the page, relative to the ingested folder.")
    anchor: str = Field(default="", description="Anchor of a section, without `#`.")
    heading: str = Field(default="", description="Heading of a section, as readers see it.")
    quote: str = Field(default="", description="Words that stand in the place.")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        path, _, anchor = value.partition("#")
        return {"path": path, "anchor": anchor}

    @field_validator("path")
    @classmethod
    def _relative(cls, value: str) -> str:
        return value.removeprefix("./").lstrip("/")

    def __str__(self) -> str:
        """Name the place as a case would."""
        detail = f" “{self.heading or self.quote}”" if self.heading or self.quote else ""
        return f"{self.path}#{self.anchor}{detail}" if self.anchor else f"{self.path}{detail}"


Places = Annotated[list[Place], BeforeValidator(_as_list)]


class Relevant(Place):
    """A place that answers the question; grade 0 marks one that looks right and is not."""

    grade: Annotated[int, Field(ge=0, le=10)] = 1


class Cite(_Part):
    """Which places the answer must, may and must not cite."""

    all: Places = Field(default_factory=list, description="Each of them is cited.")
    any: Places = Field(default_factory=list, description="At least one of them is cited.")
    none: Places = Field(default_factory=list, description="None of them is cited.")


class Retrieve(_Part):
    """Which places must be among the first ``k`` passages of a search."""

    all: Places = Field(default_factory=list)
    any: Places = Field(default_factory=list)
    k: Annotated[int, Field(ge=1, le=100)] = 5


class Nugget(_Part):
    """One fact of a good answer; it is there when any of the ways to say it stands in the answer."""

    text: Text
    match: Texts = Field(default_factory=list, description="Ways to say it; left out: `text` itself.")
    weight: Literal["vital", "okay"] = Field(default="vital", description="`okay` is welcome, not needed.")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @property
    def aliases(self) -> list[str]:
        """Give the ways to say it."""
        return self.match or [self.text]


class Turn(_Part):
    """What one side said; a user turn that no assistant turn follows is asked, and its real answer kept."""

    role: Literal["user", "assistant"]
    content: Text


class Expect(_Part):
    """What must hold of the answer; everything that is named must hold."""

    status: Annotated[list[Status], BeforeValidator(_as_list)] = Field(default_factory=list)
    reason: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list)
    cite: Cite = Field(default_factory=Cite)
    contains: Texts = Field(default_factory=list, description="All of these stand in the text.")
    contains_any: Texts = Field(default_factory=list, description="At least one of these stands in it.")
    not_contains: Texts = Field(default_factory=list, description="None of these stands in it.")
    regex: Texts = Field(default_factory=list, description="Each of these patterns is found in it.")
    nuggets: list[Nugget] = Field(default_factory=list, description="Facts; the vital ones must be there.")
    lang: Language | None = Field(default=None, description="Language of the answer.")
    max_sentences: Annotated[int, Field(ge=1)] | None = None
    min_groundedness: Share | None = Field(default=None, description="Share of its claims that hold.")
    retrieve: Retrieve = Field(default_factory=Retrieve)

    @field_validator("regex")
    @classmethod
    def _compiles(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return patterns

    @property
    def answers(self) -> bool | None:
        """Tell whether an answer is expected; None where either will do."""
        kinds = {status in ANSWERING for status in self.status}
        return kinds.pop() if len(kinds) == 1 else (None if kinds else True)


class Case(_Part):
    """One question with what is expected."""

    id: Text = Field(description="Stable name; runs are compared by it.")
    question: Text | None = Field(default=None, description="What is asked; or `turns`.")
    turns: list[Turn] = Field(default_factory=list, description="A conversation that ends with the question.")
    filters: dict[str, str | list[str]] = Field(default_factory=dict)
    lang: Language | None = Field(default=None, description="Language of the question; left out: detected.")
    expect: Expect = Field(default_factory=Expect)
    reference: Texts = Field(default_factory=list, description="Good answers, to compare the words with.")
    relevant: Annotated[list[Relevant], BeforeValidator(_as_list)] = Field(
        default_factory=list, description="Places that answer it; left out: those of `cite` and `retrieve`."
    )
    tags: Texts = Field(default_factory=list)
    product: str = Field(default="", description="Left out: the filter `product`, or that of the suite.")
    conversation: str = Field(default="", description="Cases that belong together, counted as one draw.")
    weight: Annotated[float, Field(gt=0)] = Field(default=1.0, description="In the pass rate.")
    owner: str = ""
    source: dict[str, str] = Field(default_factory=dict, description="Where the case comes from.")
    critical: bool = Field(default=False, description="A failure is never acceptable.")
    flaky: bool = Field(default=False, description="Known to vary: reported, but not gated on.")

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("source"), str):
            return value | {"source": {"kind": value["source"]}}
        return value

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if (self.question is None) == (not self.turns):
            raise ValueError("needs exactly one of question and turns")
        if self.turns and self.turns[-1].role != "user":
            raise ValueError("turns must end with what the user asks")
        return self

    @property
    def asked(self) -> str:
        """Give the question itself."""
        return self.question if self.question is not None else self.turns[-1].content

    @property
    def before(self) -> list[Turn]:
        """Give the turns before the question."""
        return self.turns[:-1]

    @cached_property
    def language(self) -> str:
        """Give the language of the question."""
        return self.lang or language_of(self.asked) or "en"

    @cached_property
    def answerability(self) -> str:
        """Give ``answerable``, ``unanswerable`` (must be refused), ``clarify``, ``handoff`` or ``either``."""
        expected = set(self.expect.status)
        if expected in ({"clarify"}, {"handoff"}):
            return expected.pop()
        return {True: "answerable", False: "unanswerable", None: "either"}[self.expect.answers]

    @cached_property
    def places(self) -> list[Relevant]:
        """Give the places that answer the question: those that are named, else those to cite or retrieve."""
        if self.relevant:
            return list(self.relevant)
        wanted = [*self.expect.cite.all, *self.expect.cite.any]
        wanted = wanted or [*self.expect.retrieve.all, *self.expect.retrieve.any]
        return [Relevant(**place.model_dump(include=set(Place.model_fields))) for place in wanted]

    @property
    def pages(self) -> frozenset[str]:
        """Give the paths, in NFC, of the pages that have to be there for the case to make sense."""
        wanted = [*self.expect.cite.all, *self.expect.cite.any]
        wanted += [*self.expect.retrieve.all, *self.expect.retrieve.any]
        wanted += [place for place in self.relevant if place.grade > 0]
        return frozenset(unicodedata.normalize("NFC", place.path) for place in wanted)

    def as_json(self) -> str:
        """Give the case as one line of JSON that is the same for the same content."""
        return json.dumps(self.model_dump(exclude_defaults=True), ensure_ascii=False, sort_keys=True)

    @cached_property
    def asked_hash(self) -> str:
        """Name what is asked: changed expectations need no new answer."""
        asked = [self.asked, self.filters, [turn.model_dump() for turn in self.before]]
        return _sha(json.dumps(asked, ensure_ascii=False, sort_keys=True))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def suite_hash(cases: list[Case]) -> str:
    """Name the content of cases, whatever their order and the files that they come from."""
    return _sha("\n".join(sorted(case.as_json() for case in cases)))
