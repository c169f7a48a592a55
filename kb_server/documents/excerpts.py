"""A stretch of a page with the lines of its source file, as a program reads along in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import BaseModel, Field

from kb_server.errors import InvalidRequestError
from kb_server.index.records import Document, Revision, Span
from kb_server.index.trust import trust_flags
from kb_server.searcher import page_url

MAX_EXCERPT_CHARS = 20_000
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class ExcerptLine(BaseModel):
    """One line of an excerpt."""

    line: int = Field(description="Line of the source file that it comes from, from 1.")
    text: str


class DocumentExcerpt(BaseModel):
    """A stretch of one revision: `text` is exactly `revision_text[char_start:char_end]`."""

    doc_id: str
    path: str = Field(description="Relative to the ingested root.", examples=["en/operations.md"])
    title: str
    lang: str
    url: str = Field(description="Address of the page from its metadata, or empty.")
    revision: str = Field(description="sha256 of the whole text; citations name it.")
    current: bool = Field(description="False for a text that the page no longer has.")
    char_start: int = Field(description="Offset of the first character, in Unicode code points.")
    char_end: int = Field(description="Offset behind the last character, in Unicode code points.")
    char_count: int = Field(description="Length of the whole text in Unicode code points.")
    line_count: int = Field(description="Number of the last line of the source file that holds text.")
    next_char: int | None = Field(description="Send it as `char_start` to read on; null at the end.")
    text: str
    lines: list[ExcerptLine] = Field(description="The same text line by line.")
    flags: list[str] = Field(
        description="Why to be careful with it: `instruction`, `hidden_text`, `low_trust`.",
        examples=[[], ["instruction"]],
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of a page to read: lines of its source file, and an offset to read on from."""

    line_start: int = 1
    line_end: int | None = None
    char_start: int = 0


def excerpt_of(document: Document, revision: Revision, stretch: Stretch) -> DocumentExcerpt:
    """Cut ``stretch`` out of ``revision``, at most ``MAX_EXCERPT_CHARS``, best at the end of a line.

    Raises ``InvalidRequestError`` where the page has nothing there.
    """
    text, lines = revision.text, _lines(revision)
    start, end = _selected(document, lines, stretch)
    begin = max(start, stretch.char_start)
    if begin >= end and text:
        raise InvalidRequestError(
            f"char_start: {stretch.char_start} is not below {end}, where {document.path} or the lines end.",
            remedy="Leave char_start out, or send the next_char of the reply before.",
        )
    stop = end if end - begin <= MAX_EXCERPT_CHARS else _break(text, begin)
    return DocumentExcerpt(
        doc_id=document.doc_id,
        path=document.path,
        title=document.title,
        lang=document.lang,
        url=page_url(document),
        revision=revision.revision,
        current=revision.revision == document.revision,
        char_start=begin,
        char_end=stop,
        char_count=len(text),
        line_count=max(line.number for line in lines),
        next_char=stop if stop < end else None,
        text=text[begin:stop],
        lines=[
            ExcerptLine(
                line=line.number, text=text[max(line.start, begin) : min(line.end, stop)].rstrip("\n")
            )
            for line in lines
            if line.start < stop and line.end > begin
        ],
        flags=list(trust_flags(document, revision, Span(begin, stop))),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    start: int
    end: int
    """Behind the line break."""


def _lines(revision: Revision) -> list[_Line]:
    lines, start = [], 0
    for text in _LINE.findall(revision.text) or [""]:
        lines.append(_Line(revision.source_map.line_at(start), start, start + len(text)))
        start += len(text)
    return lines


def _selected(document: Document, lines: list[_Line], stretch: Stretch) -> tuple[int, int]:
    last = max(line.number for line in lines) if stretch.line_end is None else stretch.line_end
    found = [line for line in lines if stretch.line_start <= line.number <= last]
    if not found:
        raise InvalidRequestError(
            f"line_start: there is no text of {document.path} in the lines {stretch.line_start} to {last}; "
            f"its text stands in the lines {lines[0].number} to {max(line.number for line in lines)}.",
            remedy="Ask for lines that the page has, or leave both out.",
        )
    return min(line.start for line in found), max(line.end for line in found)


def _break(text: str, begin: int) -> int:
    """Give where to stop reading: behind a line break, or anywhere in a line that is too long."""
    limit = begin + MAX_EXCERPT_CHARS
    return text.rfind("\n", begin, limit) + 1 or limit
