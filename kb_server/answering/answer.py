"""The one answer object, as every protocol, history entry and eval record carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kb_server.dialogue.schemas import Understood
from kb_server.grounding.support import Support
from kb_server.index.records import FilterValue


class Status(StrEnum):
    """What kind of reply this is."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    CLARIFY = "clarify"
    ABSTAINED = "abstained"
    HANDOFF = "handoff"


class Reason(StrEnum):
    """Why a reply is not a plain answer."""

    NONE = ""
    NOT_IN_DOCS = "not_in_docs"
    LOW_CONFIDENCE = "low_confidence"
    OUT_OF_SCOPE = "out_of_scope"
    AMBIGUOUS = "ambiguous"
    NEEDS_HUMAN = "needs_human"
    FILTERED = "filtered"
    SMALL_TALK = "small_talk"


class Action(StrEnum):
    """What the asker can do next where there is no answer."""

    REPHRASE = "rephrase"
    CHOOSE = "choose"
    READ_NEAREST = "read_nearest"
    RELAX_FILTERS = "relax_filters"
    CONTACT_SUPPORT = "contact_support"


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of one revision: ``revision_text[char_start:char_end] == quote``."""

    id: str
    doc_id: str
    path: str
    title: str
    heading_path: tuple[str, ...]
    url: str
    """Address of the page from its metadata, or empty."""
    anchor: str
    revision: str
    char_start: int
    char_end: int
    quote: str
    line_start: int
    """1-based line in the source file where the quote begins."""
    line_end: int
    flags: tuple[str, ...] = ()
    """Why to be careful with the source: see ``index.trust.trust_flags``."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence (with the one it leans on), or one whole block, of the answer and what carries it."""

    text: str
    citations: tuple[str, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class PagePointer:
    """A page that comes close, offered where no answer is given."""

    doc_id: str
    path: str
    title: str
    heading_path: tuple[str, ...]
    url: str
    anchor: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing to do where there is no answer, in the asker's language."""

    action: Action
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the readings of an ambiguous question; asking it with these filters gets its answer."""

    label: str
    question: str
    filters: Mapping[str, FilterValue]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Current sources that say different things about what was asked."""

    kind: str
    """``number`` or ``polarity``."""
    text: str
    """What differs, in the asker's language."""
    citations: tuple[str, ...]
    """Ids of the citations that disagree."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model was used for one answer."""

    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None where no price is set."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How the decision between an answer and an abstention was made."""

    max_risk: float
    """The share of the given answers that may be wrong."""
    answer_from: float
    """The lowest confidence that is answered at that risk."""
    in_scope: float
    """The estimated chance that the question is about something that the corpus deals with at all."""
    signals: Mapping[str, float]
    """What confidence and scope were estimated from, by name."""


@dataclass(frozen=True, slots=True)
class ComposedAnswer:
    """What the composer decides, before ids, timings and transport are added."""

    status: Status
    reason: Reason
    language: str
    text: str
    """Readable answer with ``[1]`` markers; ``[n]`` is the n-th citation."""
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    confidence: float
    nearest: tuple[PagePointer, ...]
    generator: str
    next_step: NextStep | None = None
    choices: tuple[Choice, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    suggestions: tuple[str, ...] = ()
    """Further questions that the index can answer, in the asker's language."""
    fallback: str = ""
    """Why the extractive answer stands in for a model's, such as ``timeout``; else empty."""
    usage: Usage | None = None
    understood: Understood | None = None
    """How the question was read after earlier turns; None where there were none."""
    judgement: Judgement | None = None
