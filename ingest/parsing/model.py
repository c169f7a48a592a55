"""What every parser gives: canonical text, its blocks, and the way back to the source file."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kb_server.index.records import MetadataValue, SourceMap, Span


class BlockKind(StrEnum):
    """The shapes of a block that chunking tells apart."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """One block of canonical text, without the newlines around it."""

    kind: BlockKind
    span: Span
    level: int = 0
    """Headings: 1 to 6. A component that acts as a heading (an FAQ item, a tab) sits one below its parent."""
    title: str = ""
    """Headings: the text as a reader sees it, without the marks."""
    anchor: str = ""
    """Headings: explicit id, else a GitHub-style slug; unique within the page."""
    is_question: bool = False
    """Headings: the block opens one FAQ item."""
    ordered: bool = False
    """Lists: numbered."""
    closes: int = 0
    """A component that acted as a heading of this level ended before the block: headings of this level and
    below no longer apply to it. 0 when none ended."""
    items: tuple[Span, ...] = ()
    """Lists: the top-level items with all that is nested in them.
    Tables: the rows, header row first, without the delimiter row."""


@dataclass(frozen=True, slots=True)
class ParseWarning:
    """Something a writer should look at; the page is still indexed."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A source file, understood."""

    title: str
    lang: str
    text: str
    blocks: tuple[Block, ...]
    source_map: SourceMap
    metadata: dict[str, MetadataValue] = field(default_factory=dict)
    warnings: tuple[ParseWarning, ...] = ()


class ParseError(Exception):
    """A file that cannot be understood; it is reported and the others go on."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        """Name the file, the 1-based line and the reason in words a writer understands."""
        super().__init__(f"{path}:{line}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason
