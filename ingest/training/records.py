"""What aligned documentation is made of: segments that say the same, and sections that do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class SegmentKind(StrEnum):
    """Where a segment stands on its page."""

    TITLE = "title"
    HEADING = "heading"
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    """A list item or a table cell."""
    UI = "ui"
    """A label of a user interface; only files of pairs have it."""


@dataclass(frozen=True, slots=True)
class SegmentPair:
    """A short text in both languages, without markup."""

    page: str
    kind: SegmentKind
    en: str
    ko: str


@dataclass(frozen=True, slots=True)
class SectionPair:
    """A section, or a part of a long one, in both languages: headings from the title down, and the text."""

    page: str
    en_heading: str
    ko_heading: str
    en_text: str
    ko_text: str


class Miss(StrEnum):
    """Why something could not be aligned; the value says it to a reader."""

    ONLY_ENGLISH = "pages in English only"
    ONLY_KOREAN = "pages in Korean only"
    UNREADABLE = "pages that cannot be read"
    NOT_ENGLISH = "pages of the English side that are not English"
    NOT_KOREAN = "pages of the Korean side that are not Korean"
    OUTLINE = "sections without a counterpart in the other language"
    BLOCKS = "sections whose blocks differ, aligned as a whole only"
    ITEMS = "lists and tables whose items differ in number"
    SENTENCES = "paragraphs whose sentences differ in number, aligned as a whole"
    TRIVIAL = "segments or sections without words of their language: code, numbers, names"
    IMPLAUSIBLE = "segments or sections that are no translation: length, numbers or names differ"
    LONG = "segments or sections too long to align as one"
    REPEATED = "segments or sections seen before"


@dataclass(slots=True)
class Alignment:
    """All that was aligned, in reading order, and how often something was not."""

    segments: list[SegmentPair] = field(default_factory=list)
    sections: list[SectionPair] = field(default_factory=list)
    misses: Counter[Miss] = field(default_factory=Counter)
