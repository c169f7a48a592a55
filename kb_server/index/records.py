"""The records that flow from files to answers: Document → Revision → Chunk → ScoredChunk.

All offsets count Unicode code points in a revision's canonical text (Python string indices).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

MetadataValue = str | tuple[str, ...]
"""A front-matter value: text, or a list of texts. Numbers, dates and booleans keep their spelling."""

TRANSLATION_OF = "translation_of"
"""Front matter of a translation: the path of the page that it translates."""

FilterValue = str | tuple[str, ...]
"""What a filter accepts for its key: one value, or several of which any will do."""


class Span(NamedTuple):
    """Half-open range of code points in a canonical text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Cut the span out of ``text``.

        >>> Span(1, 3).of("abcd")
        'bc'
        """
        return text[self.start : self.end]


class ChunkKind(StrEnum):
    """What a chunk is made of; it decides how an answer may cut it."""

    PROSE = "prose"
    STEPS = "steps"
    TABLE = "table"
    CODE = "code"
    FAQ = "faq"


@dataclass(frozen=True, slots=True)
class Document:
    """One page of the corpus, as filters and readers see it."""

    doc_id: str
    path: str
    """Relative to the ingested root, with forward slashes, NFC."""
    title: str
    lang: str
    """``en`` or ``ko``: the language of most of the page."""
    revision: str
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Where each stretch of canonical text stands in the source file.

    ``offsets[i]`` is the first character that comes from source line ``lines[i]`` (1-based).

    >>> SourceMap((0, 10), (4, 9)).line_at(12)
    9
    """

    offsets: tuple[int, ...]
    lines: tuple[int, ...]

    def line_at(self, offset: int) -> int:
        """Give the 1-based source line of the character at ``offset``; 1 for an empty map."""
        if not self.offsets:
            return 1
        return self.lines[max(bisect_right(self.offsets, offset) - 1, 0)]


class FlagKind(StrEnum):
    """Why a reader should not take a stretch of a page at its word."""

    INSTRUCTION = "instruction"
    """It speaks to an assistant instead of to the reader of the page."""
    HIDDEN_TEXT = "hidden_text"
    """Readers of the page do not see it."""
    HIDDEN_CHARACTERS = "hidden_characters"
    """Characters without a shape stood in it; the text is kept without them."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A stretch of a revision that a writer should look at; it is found, but never quoted in an answer."""

    kind: FlagKind
    char_start: int
    char_end: int
    """Equal to ``char_start`` where what was found is no part of the text, such as a comment."""
    line: int
    """1-based line in the source file."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The canonical text of a document at one point in time: what citations point into."""

    doc_id: str
    revision: str
    """sha256 (hex) of the canonical text in UTF-8."""
    text: str
    source_map: SourceMap
    flags: tuple[Flag, ...] = ()
    """In the order of their spans."""

    def flags_in(self, start: int, end: int) -> tuple[FlagKind, ...]:
        """Give the kinds of the flags that share a character with ``text[start:end]``, each once."""
        kinds = (flag.kind for flag in self.flags if max(flag.char_start, start) < min(flag.char_end, end))
        return tuple(dict.fromkeys(kinds))


@dataclass(frozen=True, slots=True)
class SectionStart:
    """Where a section begins inside a chunk that holds several."""

    char_start: int
    heading_path: tuple[str, ...]
    anchor: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A retrievable span of one revision."""

    chunk_id: str
    doc_id: str
    revision: str
    kind: ChunkKind
    heading_path: tuple[str, ...]
    """Headings from the top down, without the document's title."""
    anchor: str
    """Fragment of the nearest heading, without ``#``; empty before the first heading."""
    char_start: int
    char_end: int
    context: str
    """``title > heading path`` (and a table's header row): indexed with the text, never quoted."""
    lang: str
    """Language of this span: ``en`` or ``ko``."""
    sections: tuple[SectionStart, ...] = ()
    """The sections that share the chunk, in reading order; empty where there is but one."""

    def section_at(self, offset: int) -> SectionStart:
        """Give the section that the character at ``offset`` of the revision stands in."""
        position = bisect_right(self.sections, offset, key=lambda section: section.char_start)
        if not self.sections:
            return SectionStart(self.char_start, self.heading_path, self.anchor)
        return self.sections[max(position - 1, 0)]


@dataclass(frozen=True, slots=True)
class ScoredChunk:
    """A chunk with its fused score and the score that each stage gave it."""

    chunk: Chunk
    document: Document
    text: str
    score: float
    scores: Mapping[str, float]
    versions: tuple[str, ...] = ()
    """Product versions that the page speaks of, where the corpus keeps several."""
    duplicates: tuple[Chunk, ...] = ()
    """Chunks that say the same and gave up their place to this one."""


def revision_of(text: str) -> str:
    """Give the revision name of a canonical text.

    >>> revision_of("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def doc_id_of(path: str) -> str:
    """Give the stable, URL-safe identifier of the document at ``path``.

    >>> doc_id_of("en/install.md")
    'd_a53c24f68b5dc61c'
    """
    return "d_" + hashlib.sha256(path.encode("utf-8")).hexdigest()[:16]


def anchored(path: str, anchor: str) -> str:
    """Give a place of a page as people write it.

    >>> anchored("en/operations.md", "roll-back"), anchored("en/operations.md", "")
    ('en/operations.md#roll-back', 'en/operations.md')
    """
    return f"{path}#{anchor}" if anchor else path


def chunk_id_of(*, doc_id: str, text: str, context: str, ordinal: int, chunker: str) -> str:
    """Give the content address of a chunk: the same content keeps its id, and so its vector.

    ``ordinal`` tells equal spans of one document apart (0 for the first). ``chunker`` is the chunker's
    version, so that a change of the rules gives new ids.
    """
    parts = (doc_id, text, context, str(ordinal), chunker)
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return "c_" + digest.hexdigest()[:24]
