"""What a passage is made of before anything is asked: the same for every question, so it is read once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kb_server.answering.quoting.wording import (
    count_words,
    is_short_reply,
    is_terminated,
    names_what_follows,
    points_elsewhere,
)
from kb_server.index.records import Span
from kb_server.index.tokenization import tokenize
from kb_server.text.blocks import TextBlock, TextKind, holds_only_links, section_blocks
from kb_server.text.sentences import ends_bare, split_sentences

_FENCE = "```"
_REPLY_MARK = re.compile(r"(?:A|Answer|답|답변)\s?[.:：]\s+(?=\S)")
"""``A: Yes.``: without the question above it, the mark says nothing."""
MAX_BLOCK_WORDS = 250
"""Steps and code up to this long are shown whole, also where the chunk holds only a part of them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, a list item, a table row or a block that could be quoted."""

    span: Span
    block: TextBlock
    words: int
    tokens: tuple[str, ...]
    is_label: bool
    """A short line or a question: it names what follows."""
    is_line: bool
    """A paragraph of its own without a full stop."""
    is_pointer: bool
    """A sentence that sends the reader elsewhere."""
    is_link: bool = False
    """List items that are nothing but links to other places: navigation."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a block has inside the passage."""

    heading: tuple[str, ...] | None
    """Tokens of the block where it is a heading."""
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A passage, cut into what can be quoted."""

    blocks: tuple[TextBlock, ...]
    """Of the section around the passage."""
    parts: tuple[Part, ...]
    whole: Piece | None = None
    """The passage as one piece, where it is nothing but headings."""

    @property
    def size(self) -> int:
        """Count what it is made of, as a measure of the memory that it takes."""
        pieces = [piece for part in self.parts for piece in part.pieces]
        return 10 * (len(self.blocks) + len(pieces)) + sum(len(piece.tokens) for piece in pieces)


def outline_of(text: str, inside: Span) -> Outline:
    """Read the passage ``inside`` of a page's text."""
    blocks = section_blocks(text, inside.start, inside.end)
    parts = tuple(part for block in blocks if (part := _part(text, block, inside)) is not None)
    if any(part.pieces for part in parts):
        return Outline(blocks, parts)
    whole = TextBlock(TextKind.PARAGRAPH, inside)
    return Outline((whole,), (), piece_of(text, whole, inside))


def piece_of(text: str, block: TextBlock, span: Span) -> Piece:
    """Read one stretch of a block."""
    quote = span.of(text)
    words = count_words(quote)
    is_prose = block.kind is TextKind.PARAGRAPH
    alone = span == block.span
    named = alone or (is_prose and ends_bare(text[block.span.start : span.start].rstrip()))
    return Piece(
        span=span,
        block=block,
        words=words,
        tokens=tuple(tokenize(quote)),
        is_label=is_prose and names_what_follows(quote, words, alone=named),
        is_line=is_prose and alone and not is_terminated(quote),
        is_pointer=is_prose and points_elsewhere(quote),
        is_link=block.kind is TextKind.LIST and holds_only_links(quote),
    )


def _part(text: str, block: TextBlock, inside: Span) -> Part | None:
    """Give what ``block`` has inside; None where it lies outside."""
    shared = _overlap(block.span, inside)
    if shared is None:
        return None
    if block.kind is TextKind.HEADING:
        return Part(tuple(tokenize(block.span.of(text))), ())
    spans = _spans(text, block, shared, inside)
    return Part(None, tuple(piece_of(text, block, span) for span in spans))


def _overlap(span: Span, inside: Span) -> Span | None:
    start, end = max(span.start, inside.start), min(span.end, inside.end)
    return Span(start, end) if start < end else None


def _spans(text: str, block: TextBlock, shared: Span, inside: Span) -> Iterator[Span]:
    if block.kind is TextKind.PARAGRAPH:
        start = _REPLY_MARK.match(text, shared.start, shared.end)
        inner = start.end() if start and shared.start == block.span.start else shared.start
        yield from _with_short_replies(text, split_sentences(text, inner, shared.end))
    elif block.kind is TextKind.CODE or (block.kind is TextKind.LIST and block.ordered):
        yield block.span if count_words(block.span.of(text)) <= MAX_BLOCK_WORDS else shared
    else:
        yield from (_item(text, item, part) for item in block.items if (part := _overlap(item, inside)))


def _item(text: str, item: Span, part: Span) -> Span:
    """Give the part of an item that lies inside, or all of one that holds code: half of it is none."""
    is_cut = part != item and _FENCE in item.of(text)
    return item if is_cut and count_words(item.of(text)) <= MAX_BLOCK_WORDS else part


def _with_short_replies(text: str, sentences: list[Span]) -> Iterator[Span]:
    """Keep ``No.`` together with the sentence that explains it."""
    pending: Span | None = None
    for sentence in sentences:
        joined = Span(pending.start, sentence.end) if pending else sentence
        pending = None
        if is_short_reply(joined.of(text)):
            pending = joined
        else:
            yield joined
    if pending:
        yield pending
