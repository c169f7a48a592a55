"""All dialects of Markdown → plain Markdown lines and events: one pass over the lines of a page."""

from __future__ import annotations

import re

from ingest.parsing.blocks import BlockReader, Blocks, Nodes, expand_tabs, split_prefix
from ingest.parsing.components import HtmlReader, TagReader
from ingest.parsing.lines import Line
from ingest.parsing.tags import Markup
from ingest.parsing.tree import Paragraph, literal

_CRAMPED_HEADING = re.compile(r"^#{2,6}(?=[^\s#])")
"""A heading whose space is forgotten; with one ``#`` it is more likely a tag."""
_MAX_MATH_LINES = 60


def read_blocks(lines: list[Line], markup: Markup, *, mdx: bool, read_html: HtmlReader) -> Blocks:
    """Turn ``lines`` into plain Markdown and events; code fences pass through, less their indentation."""
    reader = BlockReader(lines, markup, mdx=mdx)
    tags = TagReader(reader, read_html)
    at = 0
    while at < len(lines):
        at = _read_line(reader, tags, at)
    return reader.blocks


def _read_line(reader: BlockReader, tags: TagReader, at: int) -> int:
    """Read one construct that begins on line ``at``; give the line to go on with."""
    line = reader.source[at]
    blocks, position = reader.blocks, reader.position
    if not line.text.strip():
        if line.is_code:
            blocks.emit(position.dedent(line.text), line.number, is_code=True)
        else:
            position.blank()
            blocks.emit("", line.number)
        return at + 1
    follows_code = bool(at) and reader.source[at - 1].is_code
    text = expand_tabs(line.text)
    if not (line.is_code and follows_code):
        indent = len(text) - len(text.lstrip(" "))
        for frame in position.enter(indent, is_closing=text.startswith("</", indent)):
            reader.end_frame(frame, "", line.number)
    if line.is_code:
        blocks.emit(position.dedent(text), line.number, is_code=True)
        return at + 1
    return _read_text(reader, tags, at, text)


def _read_text(reader: BlockReader, tags: TagReader, at: int, text: str) -> int:
    blocks, position, number = reader.blocks, reader.position, reader.source[at].number
    column = len(text) - len(text.lstrip(" "))
    dedented = position.dedent(text)
    if reader.is_option(text):
        return at + 1
    if position.is_indented_code(dedented):
        blocks.emit(dedented, number)
        return at + 1
    prefix, body = split_prefix(dedented)
    body = _CRAMPED_HEADING.sub(r"\g<0> ", body)
    after = reader.skip_module_code(at)
    if after == at and body.startswith("$$"):
        after = _read_math(reader, at, prefix)
    if after > at:
        blocks.separate("", number)
        return after
    if reader.directive(at, body, prefix, column):
        return at + 1
    if body.startswith("<"):
        return tags.read(at, body, prefix, column)
    alone = reader.source[at].stands_alone
    if alone:
        blocks.separate(prefix, number)
    tags.read(at, body, prefix, column)
    if alone:
        blocks.separate(prefix, number)
    return at + 1


def _read_math(reader: BlockReader, at: int, prefix: str) -> int:
    """Take a display formula as it stands; give ``at`` when it is not closed."""
    line = reader.source[at]
    body = line.text.strip(" \t>")
    stop = at
    if len(body) <= len("$$") or not body.endswith("$$"):
        rest = range(at + 1, min(at + _MAX_MATH_LINES, len(reader.source)))
        stop = next((i for i in rest if reader.source[i].text.rstrip().endswith("$$")), -1)
    if stop < 0:
        return at
    text = literal("\n".join(part.text.strip(" \t>") for part in reader.source[at : stop + 1]), line.number)
    for part in text[1:]:
        part.hard = True
    reader.blocks.add(Nodes([Paragraph(text)]), prefix, line.number)
    return stop + 1
