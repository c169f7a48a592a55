"""Plain text: paragraphs, lists, and headings that are underlined."""

from __future__ import annotations

import re

from ingest.parsing.tree import (
    Code,
    Heading,
    Item,
    Listing,
    Node,
    Paragraph,
    Text,
    TextLine,
    Tree,
    clean,
    collapse,
)

SHORT_LINE = 40
"""After a line shorter than this the line break was meant; longer ones were wrapped."""

_UNDERLINE = re.compile(r"(=|-|~){3,}[ \t]*")
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:(?P<bullet>[-*+•])|(?P<number>\d{1,9})[.)])[ \t]+(?P<text>\S.*)")
_INDENTED = re.compile(r"(?: {4}|\t)\s*\S")


def read_plain(path: str, lines: list[str], first: int) -> Tree:
    """Read plain text that begins on source line ``first``."""
    del path
    nodes: list[Node] = []
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and lines[end].strip():
            end += 1
        if end > at:
            nodes += _read_block(lines[at:end], first + at)
        at = end + 1
    return Tree(_joined_lists(nodes))


def _read_block(lines: list[str], first: int) -> list[Node]:
    """Read lines without a blank line among them."""
    if len(lines) > 1 and _UNDERLINE.fullmatch(lines[1]) and not _UNDERLINE.fullmatch(lines[0]):
        level = 1 if lines[1].startswith("=") else 2
        title = [TextLine(collapse(lines[0]).strip(), first)]
        rest = _read_block(lines[2:], first + 2) if len(lines) > len("==") else []
        return [Heading(title, level), *rest]
    if all(_INDENTED.match(line) for line in lines) and not _ITEM.match(lines[0]):
        margin = min(len(line) - len(line.lstrip()) for line in lines)
        return [
            Code("", [TextLine(clean(line[margin:]), first + at) for at, line in enumerate(lines)], first)
        ]
    return _read_lines(lines, first)


def _read_lines(lines: list[str], first: int) -> list[Node]:
    nodes: list[Node] = []
    text: Text = []
    short = False
    for at, line in enumerate(lines):
        item = _ITEM.fullmatch(line)
        if item:
            text = [TextLine(collapse(item["text"]).strip(), first + at)]
            number = item["number"]
            entry = Item([Paragraph(text)], first + at)
            nodes.append(Listing([entry], ordered=bool(number), start=int(number or 1)))
        else:
            if not text:
                nodes.append(Paragraph(text))
            text.append(TextLine(collapse(line).strip(), first + at, hard=short and bool(text)))
        short = len(line.strip()) < SHORT_LINE
    return nodes


def _joined_lists(nodes: list[Node]) -> list[Node]:
    """Put neighbouring items of one kind into one list."""
    joined: list[Node] = []
    for node in nodes:
        last = joined[-1] if joined else None
        if isinstance(node, Listing) and isinstance(last, Listing) and _continues(last, node):
            last.items += node.items
        else:
            joined.append(node)
    return joined


def _continues(last: Listing, node: Listing) -> bool:
    if last.ordered != node.ordered:
        return False
    return not node.ordered or node.start == last.start + len(last.items)
