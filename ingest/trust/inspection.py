"""One page: its source next to the text that was made of it → flags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from ingest.parsing import Block, BlockKind, ParsedDocument
from ingest.parsing.elements import read_elements
from ingest.parsing.sources import read_unicode
from ingest.parsing.tabs import openings
from ingest.parsing.tags import Markup
from ingest.trust.folding import fold
from ingest.trust.hiding import HiddenText, hidden_texts, holds_hidden_characters
from ingest.trust.instructions import speaks_to_assistant
from kb_server.index.records import Flag, FlagKind, Span

_SAME_WORDS = 24
"""Characters at the beginning of a hidden text by which it is found again in the canonical text."""
_UNNAMED = "…"
_INLINE_CODE = re.compile(r"(`+)[^`\n]+\1")
_MARGIN = 200
"""Characters on both sides of a line break that are read together."""


def inspect(path: str, data: bytes, document: ParsedDocument) -> tuple[Flag, ...]:
    """Give the flags of a page in the order of their spans; the same bytes always give the same flags.

    A flag covers whole lines of the canonical text: a paragraph, a list item, a table row, a line of code.
    What the parser has left out (comments, hidden elements, front matter) gets a flag without a width.
    """
    source = read_unicode(path, data).replace("\r\n", "\n").replace("\r", "\n")
    page = _Page(document)
    hidden = hidden_texts(source, _panels(source, page))
    shown = [*_instructions(page, document.blocks), *_styled(page, hidden)]
    lines = source.split("\n")
    unseen = [*_left_out(page, lines, shown), *_characters(page, lines)]
    return tuple(sorted({*shown, *unseen}, key=lambda flag: (flag.char_start, flag.line, flag.kind)))


def with_safe_names(document: ParsedDocument, path: str) -> ParsedDocument:
    """Take orders to an assistant out of title and headings, which stand beside every quote.

    The text stays what it is, with its flags.
    """
    title = PurePosixPath(path).stem if speaks_to_assistant(document.title) else document.title
    blocks = tuple(
        replace(block, title=_UNNAMED) if block.title and speaks_to_assistant(block.title) else block
        for block in document.blocks
    )
    return replace(document, title=title, blocks=blocks)


class _Page:
    """The canonical text of a page, line by line."""

    def __init__(self, document: ParsedDocument) -> None:
        self.document = document
        self.text = document.text
        self._folded: dict[Span, list[tuple[Span, str]]] = {}

    def line_of(self, offset: int) -> int:
        return self.document.source_map.line_at(offset)

    def flag(self, kind: FlagKind, span: Span) -> Flag:
        return Flag(kind, span.start, span.end, self.line_of(span.start))

    def place_of(self, line: int) -> int:
        """Give the offset of the text that comes from source line ``line``, or from the next one."""
        offsets, lines = self.document.source_map.offsets, self.document.source_map.lines
        return next((at for at, number in zip(offsets, lines, strict=True) if number >= line), len(self.text))

    def folded_lines(self, span: Span) -> list[tuple[Span, str]]:
        """List the lines of a span with what they fold to; read once for all hidden elements within."""
        if span not in self._folded:
            self._folded[span] = [(line, fold(line.of(self.text))) for line in self.lines(span)]
        return self._folded[span]

    def lines(self, span: Span) -> Iterator[Span]:
        start = span.start
        for line in span.of(self.text).split("\n"):
            if line.strip():
                yield Span(start, start + len(line))
            start += len(line) + 1


def _panels(source: str, page: _Page) -> frozenset[int]:
    """Give the offsets of the tab panels that a tab brings up.

    They are found in the source as it stands and without its code: a tab in code brings up nothing, and what
    only looks like code takes no wrapper away that hides a tab.
    """
    if "tabpanel" not in source.lower():
        return frozenset()
    lines = source.split("\n")
    for block in page.document.blocks:
        if block.kind is BlockKind.CODE:
            rows = slice(page.line_of(block.span.start) - 1, page.line_of(block.span.end - 1))
            lines[rows] = [" " * len(line) for line in lines[rows]]
    without_code = _INLINE_CODE.sub(lambda code: " " * len(code[0]), "\n".join(lines))
    found = [
        {each.panel.tag.start for each in openings(read_elements(text, 1, _markup(text)))}
        for text in (source, without_code)
    ]
    return frozenset(found[0] & found[1])


def _markup(text: str) -> Markup:
    return Markup(text.split("\n"), size=len(text))


def _instructions(page: _Page, blocks: Sequence[Block]) -> Iterator[Flag]:
    for block in blocks:
        whole = " ".join(block.span.of(page.text).split())
        is_code = block.kind is BlockKind.CODE
        found = [
            line
            for line in page.lines(block.span)
            if speaks_to_assistant(line.of(page.text), is_code=is_code)
        ]
        if not found and "\n" in block.span.of(page.text) and not is_code:
            # An order that is spread over the lines of one block.
            found = [block.span] if speaks_to_assistant(whole) else []
        yield from (page.flag(FlagKind.INSTRUCTION, line) for line in found)


def _styled(page: _Page, hidden: Iterator[HiddenText]) -> Iterator[Flag]:
    """Flag the lines of the canonical text that begin with, or hold, what a style hides."""
    for element in hidden:
        wanted = fold(element.text)[:_SAME_WORDS]
        start = page.place_of(element.line)
        end = page.place_of(element.last_line + 1)
        within = Span(page.text.rfind("\n", 0, start) + 1, max(end, start))
        lines = [line for line, folded in page.folded_lines(within) if wanted in folded]
        yield from (page.flag(FlagKind.HIDDEN_TEXT, line) for line in lines)
        if not lines and speaks_to_assistant(element.text):
            yield Flag(FlagKind.HIDDEN_TEXT, start, start, element.line)


def _left_out(page: _Page, lines: Sequence[str], shown: Sequence[Flag]) -> Iterator[Flag]:
    """Flag orders in the source that are no part of the text: comments, hidden elements, front matter."""
    covered = {
        number
        for flag in shown
        for number in range(flag.line, page.line_of(max(flag.char_end - 1, flag.char_start)) + 1)
    }
    orders = {number for number, line in enumerate(lines, 1) if speaks_to_assistant(line, is_code=True)}
    spread = {number for number in range(1, len(lines)) if _spread(lines[number - 1], lines[number])}
    for number in sorted(orders | {first for first in spread if not {first, first + 1} & (orders | covered)}):
        if number not in covered:
            place = page.place_of(number)
            yield Flag(FlagKind.HIDDEN_TEXT, place, place, number)


def _spread(line: str, following: str) -> bool:
    """Tell whether an order begins on one line and ends on the next."""
    if not (line.strip() and following.strip()):
        return False
    return speaks_to_assistant(f"{line[-_MARGIN:]} {following[:_MARGIN]}", is_code=True)


def _characters(page: _Page, lines: Sequence[str]) -> Iterator[Flag]:
    for number, line in enumerate(lines, start=1):
        if holds_hidden_characters(line):
            place = page.place_of(number)
            yield Flag(FlagKind.HIDDEN_CHARACTERS, place, place, number)
