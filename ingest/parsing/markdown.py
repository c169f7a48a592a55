"""Markdown as writers keep it: CommonMark, GFM tables, MDX, Liquid, Obsidian, admonitions → tree."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

from ingest.parsing.blocks import EVENT, Blocks, Event, Label, Question
from ingest.parsing.comments import drop_comments
from ingest.parsing.dialects import read_blocks
from ingest.parsing.fragments import read_fragment
from ingest.parsing.inline import Inline, build_parser, read_inline
from ingest.parsing.lines import mark_fences, number_lines, outside_code
from ingest.parsing.liquid import fence_highlights, rewrite_inline
from ingest.parsing.model import ParseError, ParseWarning
from ingest.parsing.tags import Markup
from ingest.parsing.tree import (
    Anchor,
    Code,
    Heading,
    Item,
    Listing,
    Node,
    Paragraph,
    Row,
    Table,
    Text,
    TextLine,
    Tree,
    literal,
    plain,
)

MAX_NESTING = 50
_BAR = re.compile(r"(?<!\\)\|")
_HEADING_ID = re.compile(r"\s*\{[ \t]*:?[^{}#]*#(?P<anchor>[^\s{}]+)[^{}]*\}[ \t]*$")
_EMPTY_ATTRIBUTES = re.compile(r"\s*\{[ \t]*(?:[.:][\w-]+[ \t]*)+\}[ \t]*$")


def read_markdown(path: str, lines: list[str], first: int) -> Tree:
    """Read Markdown ``lines`` that begin on source line ``first``.

    Raises ParseError where lists and quotes are nested deeper than any page needs.
    """
    mdx = path.lower().endswith(".mdx")
    size = sum(map(len, lines))
    numbered = number_lines(fence_highlights(lines), first)
    drop_comments(numbered)
    rewrite_inline(numbered)
    mark_fences(numbered)  # comments and template tags may have hidden where one begins
    prose = (outside_code(line.text, str) for line in numbered if not line.is_code)
    markup = Markup(prose, size=size)
    reader = _MarkdownReader(path, markup, mdx=mdx)
    blocks = read_blocks(numbered, markup, mdx=mdx, read_html=reader.read_html)
    return Tree(reader.read(blocks), warnings=reader.warnings)


class _MarkdownReader:
    """Walks the token stream of one page."""

    def __init__(self, path: str, markup: Markup, *, mdx: bool) -> None:
        self.path = path
        self.markup = markup
        self.warnings: list[ParseWarning] = []
        self._parser = build_parser(markup, mdx=mdx)
        self._tokens: Sequence[Token] = ()
        self._numbers: list[int] = []
        self._texts: list[str] = []
        self._events: list[Event] = []

    def read(self, blocks: Blocks) -> list[Node]:
        """Parse plain Markdown lines and put the events back in their places."""
        self._numbers = [line.number for line in blocks.lines] or [1]
        self._texts = [line.text for line in blocks.lines]
        self._events = blocks.events
        self._tokens = self._parser.parse("\n".join(self._texts), {})
        deepest = max(self._tokens, key=lambda token: token.level, default=None)
        if deepest and deepest.level >= MAX_NESTING:
            line = self._line(deepest)
            reason = f"lists and quotes are nested deeper than {MAX_NESTING // 2} levels; flatten them"
            raise ParseError(self.path, line, reason)
        nodes, _ = self._nodes(0, "")
        return nodes

    def read_html(self, source: str, line: int) -> list[Node]:
        """Read an island of HTML whose text may hold Markdown."""
        return read_fragment(source, line, self.markup, self.read_text)

    def read_text(self, source: str, line: int) -> Text:
        """Read inline Markdown that begins on source line ``line``."""
        tokens = self._parser.parseInline(source.strip("\n"), {})
        children = tokens[0].children or [] if tokens else []
        return read_inline(children, range(line, line + source.count("\n") + 1)).text

    def _line(self, token: Token) -> int:
        at = token.map[0] if token.map else 0
        return self._numbers[min(at, len(self._numbers) - 1)]

    def _nodes(self, at: int, until: str) -> tuple[list[Node], int]:
        """Read tokens from ``at`` to the closing token ``until``; give the nodes and the place behind it."""
        nodes: list[Node] = []
        while at < len(self._tokens):
            token = self._tokens[at]
            if token.type == until:
                return nodes, at + 1
            at = self._node(at, token, nodes)
        return nodes, at

    def _node(self, at: int, token: Token, nodes: list[Node]) -> int:
        if token.type == "heading_open":
            nodes += self._heading(token, self._tokens[at + 1])
            return at + 3
        if token.type == "paragraph_open":
            nodes += self._paragraph(self._tokens[at + 1])
            return at + 3
        if token.type in ("fence", "code_block"):
            nodes += self._code(token)
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            listing, at = self._listing(at + 1, token)
            nodes.append(listing)
            return at
        elif token.type == "table_open":
            table, at = self._table(at + 1)
            nodes.append(table)
            return at
        elif token.type == "blockquote_open":
            quoted, at = self._nodes(at + 1, "blockquote_close")
            nodes += quoted
            return at
        return at + 1

    def _inline(self, token: Token) -> Inline:
        start, end = token.map or (0, 1)
        last = len(self._numbers) - 1
        line_of = [self._numbers[min(at, last)] for at in range(start, max(end, start + 1))]
        return read_inline(token.children or [], line_of)

    def _heading(self, token: Token, inline: Token) -> list[Node]:
        read = self._inline(inline)
        anchor = read.anchors[0] if read.anchors else ""
        if read.text:
            last = read.text[-1]
            match = _HEADING_ID.search(last.text) or _EMPTY_ATTRIBUTES.search(last.text)
            if match:
                anchor = match.groupdict().get("anchor") or anchor
                last.text = last.text[: match.start()]
        if not plain(read.text):
            return [Anchor(anchor)] if anchor else []
        return [Heading(read.text, int(token.tag[1]), anchor)]

    def _paragraph(self, inline: Token) -> list[Node]:
        event = EVENT.fullmatch(inline.content.strip())
        if event and int(event[1]) < len(self._events):
            return self._event(self._events[int(event[1])])
        read = self._inline(inline)
        nodes: list[Node] = [Anchor(name) for name in read.anchors if not read.text]
        if read.text:
            nodes.append(Paragraph(read.text, _has_bold_lead(inline.children or [])))
        return nodes

    def _event(self, event: Event) -> list[Node]:
        if isinstance(event, Question):
            text = self.read_text(event.text, event.line)
            heading = Heading(text, anchor=event.anchor, is_question=True, closes_later=event.closes_later)
            return [heading] if text else []
        if isinstance(event, Label):
            text = self.read_text(event.text, event.line)
            return [Paragraph(text)] if text else []
        return event.nodes

    def _code(self, token: Token) -> list[Node]:
        line = self._line(token)
        content = token.content.removesuffix("\n")
        if EVENT.search(content):
            return self._misread_code(content, line)
        first = (token.map[0] if token.map else 0) + (1 if token.type == "fence" else 0)
        last = len(self._numbers) - 1
        lines = [
            TextLine(text, self._numbers[min(first + at, last)])
            for at, text in enumerate(content.split("\n"))
        ]
        return [Code(token.info.strip(), lines, line)]

    def _misread_code(self, content: str, line: int) -> list[Node]:
        """Mend events that were taken for code: they stood too deep, or a fence began where none was seen."""
        nodes: list[Node] = []
        for at, text in enumerate(content.split("\n")):
            event = EVENT.fullmatch(text.strip())
            if event and int(event[1]) < len(self._events):
                nodes += self._event(self._events[int(event[1])])
            elif text.strip():
                nodes.append(Paragraph(literal(text, line + at)))
        return nodes

    def _listing(self, at: int, opening: Token) -> tuple[Listing, int]:
        ordered = opening.type == "ordered_list_open"
        start = int(opening.attrs.get("start", 1)) if ordered else 1
        listing = Listing([], ordered=ordered, start=start)
        closing = opening.type.replace("open", "close")
        while self._tokens[at].type != closing:
            token = self._tokens[at]
            children, at = self._nodes(at + 1, "list_item_close")
            listing.items.append(Item(children, self._line(token)))
        return listing, at + 1

    def _table(self, at: int) -> tuple[Table, int]:
        table = Table([])
        while self._tokens[at].type != "table_close":
            token = self._tokens[at]
            if token.type == "tr_open":
                table.rows.append(Row([], self._line(token)))
            elif token.type == "inline":
                table.rows[-1].cells.append(plain(self._inline(token).text))
            elif token.type == "tbody_open":
                self._warn_of_excess(token, width=len(table.rows[0].cells))
            at += 1
        return table, at + 1

    def _warn_of_excess(self, body: Token, *, width: int) -> None:
        """Name the rows with more cells than the header: GFM ignores the excess."""
        for at in range(*(body.map or (0, 0))):
            lost = _cells(self._texts[at])[width:]
            if any(cell.strip() for cell in lost):
                message = f"the table has {width} columns, {len(lost)} more cells of this row are ignored; "
                remedy = "add columns to the header, or write | inside a cell as \\|"
                self.warnings.append(ParseWarning(self._numbers[at], message + remedy))


def _cells(row: str) -> list[str]:
    r"""Split a table row as GFM does; code does not protect a bar, a backslash does.

    >>> _cells(r"> | a | `b|c` | d\|e |")
    [' a ', ' `b', 'c` ', ' d\\|e ']
    """
    cells = _BAR.split(row.strip().lstrip("> \t"))
    first = 0 if cells[0] else 1
    return cells[first:] if cells[-1] else cells[first:-1]


def _has_bold_lead(children: Sequence[Token]) -> bool:
    """Tell whether the first line of a paragraph is bold from end to end."""
    line: list[Token] = []
    for token in children:
        if token.type in ("softbreak", "hardbreak"):
            break
        if token.type != "text" or token.content.strip():
            line.append(token)
    if not line or line[0].type != "strong_open":
        return False
    end = next((at for at, token in enumerate(line) if token.type == "strong_close" and token.level == 0), 0)
    return end == len(line) - 1
