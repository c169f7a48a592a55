"""The one answer object, as every protocol, history entry and eval record carries it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """What kind of reply this is."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    CLARIFY = "clarify"
    ABSTAINED = "abstained"
    HANDOFF = "handoff"


class Support(StrEnum):
    """How the cited spans carry a sentence."""

    VERBATIM = "verbatim"
    SUPPORTED = "supported"


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


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, or one whole block, of the answer and the citations that carry it."""

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
class ComposedAnswer:
    """What the composer decides, before ids, timings and transport are added."""

    status: Status
    reason: str
    """Empty when answered, else ``not_in_docs``, ``low_confidence`` …"""
    language: str
    text: str
    """Readable answer with ``[1]`` markers; ``[n]`` is the n-th citation."""
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    confidence: float
    nearest: tuple[PagePointer, ...]
    generator: str
