"""Read the blocks of canonical text again: headings, paragraphs, lists, tables, code.

Canonical text is plain Markdown by contract, so its shape can be read from the text alone; an answer can
then show a whole list or a table with its header although a chunk holds only a part of it. An entry that is
nothing but a link, such as one of a table of contents, has the mark ``+`` instead of ``-``, or ``1)`` in a
list that holds nothing else.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from kb_server.index.records import Span


class TextKind(StrEnum):
    """What a block looks like."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One block of a revision's text."""

    kind: TextKind
    span: Span
    items: tuple[Span, ...] = ()
    """Lists: the outermost items with what is nested in them. Tables: the rows below the header."""
    head: Span | None = None
    """Tables: header row and delimiter row."""
    ordered: bool = False
    """Lists: numbered."""


_FENCED = re.compile(
    r"^[ ]*(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^[ ]*(?P=fence)[`~]*[ ]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)
_LIST_LINE = re.compile(r"^(?P<indent> *)(?:[-*+]|(?P<number>\d{1,9})[.)])(?: |$)", re.MULTILINE)
_LINK_LINE = re.compile(r" *(?:\+|\d{1,9}\))(?: |$)")
_DELIMITER_ROW = re.compile(r"\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?")
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_NESTED = "  "
"""Indentation of what belongs to the list item above."""
_REACH = 12_000
"""Characters on either side of a chunk in which its section is read."""


def section_blocks(text: str, start: int, end: int) -> tuple[TextBlock, ...]:
    r"""List the blocks of the section that holds ``text[start:end]``, from its heading to the next.

    >>> text = "## Setup\n\nDo this:\n\n1. Open it.\n2. Save.\n\n## Other\n\nMore."
    >>> [block.kind.value for block in section_blocks(text, 10, 15)]
    ['heading', 'paragraph', 'list']
    """
    fences, headings = _landmarks(text)
    first = bisect_right(headings, start) - 1
    last = bisect_left(headings, end)
    section_start = headings[first] if first >= 0 else 0
    section_end = headings[last] if last < len(headings) else len(text)
    if start - section_start > _REACH:
        section_start = _blank_line_before(text, start - _REACH, fences)
    if section_end - end > _REACH:
        section_end = _blank_line_before(text, end + _REACH, fences)
    groups = _groups(text, section_start, section_end, fences)
    return tuple(_with_loose_items(text, (_read(text, group) for group in groups)))


def holds_only_links(items: str) -> bool:
    r"""Tell list items that are nothing but links, with all that is nested in them.

    >>> [holds_only_links(text) for text in ("+ Back up\n  + Restore", "- Keep\n  + Restore", "1) Install")]
    [True, False, True]
    """
    return all(_LINK_LINE.match(line) for line in items.split("\n") if line.strip())


@lru_cache(maxsize=16)  # several passages of one page follow each other, and reading it whole is the cost
def _landmarks(text: str) -> tuple[list[Span], list[int]]:
    """Give the fenced blocks of a page, and where its headings begin."""
    fences = [Span(*match.span()) for match in _FENCED.finditer(text)]
    headings = [m.start() for m in _HEADING.finditer(text) if _enclosing(fences, m.start()) is None]
    return fences, headings


def fence_around(text: str, offset: int) -> str:
    r"""Give the line that opens the code in which ``offset`` lies; empty outside of code and at its ends.

    >>> fence_around("```sh\nls\n```", 6), fence_around("```sh\nls\n```", 0)
    ('```sh', '')
    """
    fences, _ = _landmarks(text)
    fence = _enclosing(fences, offset)
    return text[fence.start : fence.end].partition("\n")[0] if fence and fence.start < offset else ""


def _enclosing(fences: list[Span], offset: int) -> Span | None:
    position = bisect_right(fences, offset, key=lambda fence: fence.start) - 1
    return fences[position] if position >= 0 and offset < fences[position].end else None


def _blank_line_before(text: str, offset: int, fences: list[Span]) -> int:
    fence = _enclosing(fences, offset)
    return max(text.rfind("\n\n", 0, fence.start if fence else offset), 0)


def _groups(text: str, start: int, end: int, fences: list[Span]) -> Iterator[Span]:
    """Cut at blank lines outside fences."""
    previous = start
    for match in _BLANK.finditer(text, start, end):
        if _enclosing(fences, match.start()) is None:
            yield from _stripped(text, previous, match.start())
            previous = text.rfind("\n", 0, match.end()) + 1
    yield from _stripped(text, previous, end)


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    """Drop line breaks around, keep the indentation."""
    piece = text[start:end]
    body = piece.strip("\n")
    if body.strip():
        first = start + piece.index(body)
        yield Span(first, first + len(body.rstrip()))


def _read(text: str, span: Span) -> TextBlock:
    body = span.of(text)
    first_line, _, rest = body.partition("\n")
    if _HEADING.match(body):
        return TextBlock(TextKind.HEADING, span)
    if body.lstrip().startswith(("```", "~~~")):
        return TextBlock(TextKind.CODE, span)
    listed = _LIST_LINE.match(body)
    if listed:
        ordered = listed["number"] is not None
        return TextBlock(TextKind.LIST, span, _list_items(text, span), ordered=ordered)
    if first_line.startswith("|") and _DELIMITER_ROW.fullmatch(rest.partition("\n")[0].strip()):
        return _table(text, span)
    return TextBlock(TextKind.PARAGRAPH, span)


def _list_items(text: str, span: Span) -> tuple[Span, ...]:
    marks = list(_LIST_LINE.finditer(text, span.start, span.end))
    outermost = min(len(mark["indent"]) for mark in marks)
    starts = [mark.end("indent") for mark in marks if len(mark["indent"]) == outermost]
    ends = [text.rfind("\n", span.start, start) for start in starts[1:]]
    return tuple(
        Span(start, start + len(text[start:end].rstrip()))
        for start, end in zip(starts, [*ends, span.end], strict=True)
    )


def _table(text: str, span: Span) -> TextBlock:
    lines: list[Span] = []
    position = span.start
    for line in span.of(text).split("\n"):
        lines.append(Span(position, position + len(line)))
        position += len(line) + 1
    return TextBlock(TextKind.TABLE, span, tuple(lines[2:]), head=Span(lines[0].start, lines[1].end))


def _with_loose_items(text: str, blocks: Iterator[TextBlock]) -> Iterator[TextBlock]:
    """Give a list back what blank lines inside it cut off."""
    pending: TextBlock | None = None
    for block in blocks:
        if pending and pending.kind is TextKind.LIST and _continues(text, pending, block):
            span = Span(pending.span.start, block.span.end)
            pending = replace(pending, span=span, items=_list_items(text, span))
            continue
        if pending:
            yield pending
        pending = block
    if pending:
        yield pending


def _continues(text: str, pending: TextBlock, block: TextBlock) -> bool:
    if text.startswith(_NESTED, block.span.start):
        return True
    return block.kind is TextKind.LIST and block.ordered and pending.ordered and not _restarts(text, block)


def _restarts(text: str, block: TextBlock) -> bool:
    mark = _LIST_LINE.match(text, block.span.start)
    return mark is not None and mark["number"] == "1"
