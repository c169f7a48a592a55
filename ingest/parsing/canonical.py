"""Nodes → canonical text, its blocks, and the way back to the source lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.parsing.model import Block, BlockKind
from ingest.parsing.tree import (
    Anchor,
    Close,
    Code,
    Heading,
    Item,
    Listing,
    Node,
    Paragraph,
    Row,
    Table,
    Text,
    plain,
)
from kb_server.index.records import SourceMap, Span

_LINK_WORDS = 12
"""A paragraph up to this long that is nothing but a link is written like an entry of a list of links."""

_Pieces = list[tuple[str, int]]
"""One line of canonical text: stretches of it with the source line of each."""


@dataclass(slots=True)
class Canonical:
    """The text that citations point into."""

    text: str
    blocks: tuple[Block, ...]
    source_map: SourceMap


def write(nodes: Sequence[Node]) -> Canonical:
    """Write ``nodes`` as canonical text."""
    writer = _Writer()
    for node in nodes:
        writer.node(node)
    return writer.finish()


@dataclass(slots=True)
class _Rendered:
    """The lines of one block; ``starts`` are the lines where its items begin."""

    lines: list[_Pieces] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)


class _Writer:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._offsets: list[int] = []
        self._lines: list[int] = []
        self._blocks: list[Block] = []
        self._closes = 0

    def node(self, node: Node) -> None:
        if isinstance(node, Heading):
            self._closes = 0
            title = plain(node.text)
            mark = "#" * node.level + " "
            span = self._block(_Rendered([_prefixed(mark, _joined(node.text))]))[0]
            self._blocks.append(
                Block(
                    BlockKind.HEADING,
                    span,
                    level=node.level,
                    title=title.replace("`", "") or title,
                    anchor=node.anchor,
                    is_question=node.is_question,
                )
            )
        elif isinstance(node, Close):
            self._closes = min(self._closes or node.level, node.level)
        elif not isinstance(node, Anchor):
            self._body(node)

    def _body(self, node: Paragraph | Code | Listing | Table) -> None:
        closes, self._closes = self._closes, 0
        if isinstance(node, Paragraph) and node.is_link and len(plain(node.text).split()) <= _LINK_WORDS:
            node = Listing([Item([node], node.text[0].line)])
        if isinstance(node, Paragraph):
            span, _ = self._block(_Rendered(_paragraph(node.text)))
            self._blocks.append(Block(BlockKind.PARAGRAPH, span, closes=closes))
        elif isinstance(node, Code):
            span, _ = self._block(_Rendered(_code(node)))
            self._blocks.append(Block(BlockKind.CODE, span, closes=closes))
        elif isinstance(node, Listing):
            span, items = self._block(_listing(node))
            self._blocks.append(Block(BlockKind.LIST, span, ordered=node.ordered, items=items, closes=closes))
        else:
            span, rows = self._block(_table(node))
            self._blocks.append(Block(BlockKind.TABLE, span, items=(rows[0], *rows[2:]), closes=closes))

    def finish(self) -> Canonical:
        source_map = SourceMap(tuple(self._offsets), tuple(self._lines))
        return Canonical("".join(self._parts), tuple(self._blocks), source_map)

    def _block(self, rendered: _Rendered) -> tuple[Span, tuple[Span, ...]]:
        """Write the lines of a block; give its span and those of its items.

        The source map never goes back: docutils reports what it could not read at the end of the page.
        """
        if self._length:
            self._write("\n\n")
        start = self._length
        bounds: list[tuple[int, int]] = []
        for at, pieces in enumerate(rendered.lines):
            if at:
                self._write("\n")
            line_start = self._length
            for text, line in pieces:
                if text and (not self._lines or self._lines[-1] < line):
                    self._offsets.append(self._length)
                    self._lines.append(line)
                self._write(text)
            bounds.append((line_start, self._length))
        ends = [*rendered.starts[1:], len(bounds)]
        items = tuple(
            Span(bounds[first][0], bounds[last - 1][1])
            for first, last in zip(rendered.starts, ends, strict=False)
        )
        return Span(start, self._length), items

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def _prefixed(mark: str, pieces: _Pieces) -> _Pieces:
    return [(mark, pieces[0][1] if pieces else 1), *pieces]


def _joined(text: Text) -> _Pieces:
    """Join running text into one line, with a space where the source breaks."""
    return [(part.text if at == 0 else f" {part.text}", part.line) for at, part in enumerate(text)]


def _paragraph(text: Text) -> list[_Pieces]:
    lines: list[Text] = []
    for part in text:
        if part.hard or not lines:
            lines.append([])
        lines[-1].append(part)
    return [_joined(line) for line in lines]


def _code(node: Code) -> list[_Pieces]:
    ticks = "```"
    while any(line.text.lstrip().startswith(ticks) for line in node.lines):
        ticks += "`"
    lines: list[_Pieces] = [[(ticks + node.info, node.line)]]
    lines += [[(line.text, line.line)] for line in node.lines]
    last = node.lines[-1].line if node.lines else node.line
    return [*lines, [(ticks, last)]]


def _table(node: Table) -> _Rendered:
    width = max(len(row.cells) for row in node.rows)
    lines = [_row(row, width) for row in node.rows]
    delimiter = [("|" + " --- |" * width, lines[0][-1][1])]
    lines = [lines[0], delimiter, *lines[1:]]
    return _Rendered(lines, list(range(len(lines))))


def _row(row: Row, width: int) -> _Pieces:
    cells = [cell.replace("|", "\\|") for cell in row.cells] + [""] * (width - len(row.cells))
    lines = list(row.cell_lines or [row.line])
    lines += [lines[-1]] * (width - len(lines))
    return [("|", row.line), *((f" {cell} |", line) for cell, line in zip(cells, lines, strict=False))]


def _listing(node: Listing) -> _Rendered:
    rendered = _Rendered()
    dot = ")" if node.ordered and all(map(_only_leads_on, node.items)) else "."
    for at, item in enumerate(node.items):
        bullet = "+" if _only_leads_on(item) else "-"
        mark = f"{node.start + at}{dot} " if node.ordered else f"{bullet} "
        lines = [line for child in item.children for line in _nested(child)]
        starts_with_text = bool(item.children) and isinstance(item.children[0], (Paragraph, Heading))
        if not starts_with_text or not lines:
            lines = [[("", item.line)], *lines]
        rendered.starts.append(len(rendered.lines))
        first, *rest = lines
        rendered.lines.append(_prefixed(mark, first) if _has_text(first) else [(mark.rstrip(), item.line)])
        indent = " " * len(mark)
        rendered.lines += [_prefixed(indent, line) if _has_text(line) else line for line in rest]
    return rendered


def _only_leads_on(item: Item) -> bool:
    """Tell an item that is nothing but a link, such as an entry of a table of contents."""
    if not item.children:
        return False
    first, *rest = item.children
    return (
        isinstance(first, Paragraph)
        and first.is_link
        and all(isinstance(node, Listing) and all(map(_only_leads_on, node.items)) for node in rest)
    )


def _has_text(pieces: _Pieces) -> bool:
    return any(text for text, _ in pieces)


def _nested(node: Node) -> list[_Pieces]:
    """Write a block inside of a list item."""
    if isinstance(node, (Paragraph, Heading)):
        return _paragraph(node.text)
    if isinstance(node, Code):
        return _code(node)
    if isinstance(node, Listing):
        return _listing(node).lines
    if isinstance(node, Table):
        return _table(node).lines
    return []
