"""Read a passage to the ends of the paragraphs and lists that its chunk cuts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kb_server.answering.quoting.wording import count_words
from kb_server.index.records import Revision, ScoredChunk, Span
from kb_server.remembering import Recent
from kb_server.text.blocks import TextBlock, TextKind, section_blocks

MAX_PASSAGE_WORDS = 300
"""A block is read whole where the passage stays within this many words."""
_SPANS: Recent[tuple[str, int, int], Span] = Recent(1 << 13)
"""By revision and place of a chunk."""


def with_whole_blocks(hit: ScoredChunk, revision: Revision) -> ScoredChunk:
    """Give the hit with the rest of the blocks in which its chunk begins and ends, unless they are long."""
    inside = Span(hit.chunk.char_start, hit.chunk.char_end)
    whole = whole_place(revision, inside)
    if whole == inside:
        return hit
    return replace(hit, chunk=replace(hit.chunk, char_start=whole.start, char_end=whole.end))


def whole_place(revision: Revision, inside: Span) -> Span:
    """Give the place of a chunk with the rest of the blocks that it cuts; remembered."""
    return _SPANS.get((revision.revision, *inside), lambda: _whole(revision.text, inside))


def is_within(hit: ScoredChunk, others: Iterable[ScoredChunk]) -> bool:
    """Tell whether one of the ``others`` holds all of a hit's chunk."""
    chunk = hit.chunk
    return any(
        other.chunk.doc_id == chunk.doc_id
        and other.chunk.char_start <= chunk.char_start
        and chunk.char_end <= other.chunk.char_end
        for other in others
    )


def _whole(text: str, inside: Span) -> Span:
    blocks = section_blocks(text, *inside)
    whole = inside
    for offset in (inside.end, inside.start):
        block = _cut_at(blocks, offset)
        if block is None:
            continue
        wider = Span(min(whole.start, block.span.start), max(whole.end, block.span.end))
        whole = wider if count_words(wider.of(text)) <= MAX_PASSAGE_WORDS else whole
    return whole


def _cut_at(blocks: Sequence[TextBlock], offset: int) -> TextBlock | None:
    """Give the paragraph, list or table with something on both sides of ``offset``: code is whole anyway."""
    cut = (block for block in blocks if block.span.start < offset < block.span.end)
    return next((block for block in cut if block.kind not in {TextKind.HEADING, TextKind.CODE}), None)
