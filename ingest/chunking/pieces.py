"""Pieces: the stretches of a section that a chunk boundary should not tear apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.chunking.budget import Meter
from ingest.chunking.cutting import (
    CODE_LEVELS,
    LIST_LEVELS,
    PROSE_LEVELS,
    ROW_LEVELS,
    Level,
    Part,
    cut,
    parts_of,
    sentence_starts,
)
from ingest.parsing.model import Block, BlockKind
from kb_server.index.records import ChunkKind, Span

# What it costs a reader when a chunk begins at a piece. Packing weighs this against the squared share of the
# target size that a chunk leaves empty (0 to 1), so 1.0 is dearer than an empty chunk.
BODY_UNDER_HEADING = 4.0
BLOCK_AFTER_LEAD_IN = 1.5
BLOCK_AFTER_PROSE = 0.4
ITEM_AFTER_ITEM = 0.3
ROW_AFTER_ROW = 0.1

_INTRODUCED = frozenset({BlockKind.LIST, BlockKind.TABLE, BlockKind.CODE})
_COLONS = (":", "：")
_SENTENCE_MARKS = (".", "?", "!", "…", "。", ")")
LABEL_LENGTH = 60
"""Characters."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one section: what it costs in tokens, and what a boundary before it costs a reader."""

    span: Span
    section: int
    """Index of its section."""
    tokens: int
    kind: ChunkKind
    boundary: float
    is_heading: bool = False
    header: Span | None = None
    """A table's header row, for a chunk that begins below it."""
    header_tokens: int = 0


@dataclass(frozen=True, slots=True)
class PieceCutter:
    """Turns the blocks of a section into pieces, each within ``room`` tokens."""

    text: str
    meter: Meter
    room: int

    def heading(self, block: Block, section: int, boundary: float) -> Iterator[Piece]:
        """Give the heading's own line."""
        for index, part in enumerate(self._cut(block.span, PROSE_LEVELS)):
            cost = part.cost if index else boundary
            yield Piece(part.span, section, part.tokens, ChunkKind.PROSE, cost, is_heading=True)

    def body(self, blocks: Sequence[Block], section: int, *, under_heading: bool) -> Iterator[Piece]:
        """Give the pieces of the blocks below a heading."""
        for index, block in enumerate(blocks):
            following = blocks[index + 1] if index + 1 < len(blocks) else None
            boundary = self._boundary(blocks[index - 1] if index else None, block)
            if index == 0 and under_heading:
                boundary = BODY_UNDER_HEADING
            for number, piece in enumerate(self._block(block, following, section)):
                yield replace(piece, boundary=boundary) if number == 0 else piece

    def smaller(self, piece: Piece) -> list[Piece]:
        """Cut one piece again, into the smaller room of this cutter."""
        levels = {ChunkKind.CODE: CODE_LEVELS, ChunkKind.TABLE: ROW_LEVELS}.get(piece.kind, LIST_LEVELS)
        parts = self._cut(piece.span, levels)
        return [replace(piece, span=part.span, tokens=part.tokens) for part in parts]

    def _boundary(self, before: Block | None, block: Block) -> float:
        if before is None or before.kind != BlockKind.PARAGRAPH:
            return 0.0
        if self._ends_with_colon(before) or self._is_label(before):
            return BLOCK_AFTER_LEAD_IN
        return BLOCK_AFTER_PROSE if block.kind in _INTRODUCED else 0.0

    def _ends_with_colon(self, block: Block) -> bool:
        return self.text.endswith(_COLONS, block.span.start, block.span.end)

    def _is_label(self, block: Block) -> bool:
        """Tell whether a paragraph is the title of a callout, a tab or a listing: short and no sentence."""
        short = block.span.end - block.span.start <= LABEL_LENGTH
        return short and not self.text.endswith(_SENTENCE_MARKS, block.span.start, block.span.end)

    def _block(self, block: Block, following: Block | None, section: int) -> Iterator[Piece]:
        match block.kind:
            case BlockKind.TABLE:
                yield from self._table(block, section)
            case BlockKind.LIST:
                kind = ChunkKind.STEPS if block.ordered else ChunkKind.PROSE
                starts = [item.start for item in block.items]
                parts = self._cut_at(block.span, starts, ITEM_AFTER_ITEM, LIST_LEVELS)
                yield from _pieces(parts, section, kind)
            case BlockKind.CODE:
                yield from _pieces(self._cut(block.span, CODE_LEVELS), section, ChunkKind.CODE)
            case _:
                yield from self._paragraph(block, following, section)

    def _paragraph(self, block: Block, following: Block | None, section: int) -> Iterator[Piece]:
        introduces = self._ends_with_colon(block) or self._is_label(block)
        if following is None or following.kind not in _INTRODUCED or not introduces:
            yield from _pieces(self._cut(block.span, PROSE_LEVELS), section, ChunkKind.PROSE)
            return
        last = self._introducing_sentence(block, following)
        parts = [
            part
            for stretch in parts_of(self.text, block.span, [last] if last else [])
            for part in self._cut(stretch, PROSE_LEVELS)
        ]
        yield from _pieces(parts[:-1], section, ChunkKind.PROSE)
        # The sentence that introduces a block belongs to it, also when the chunk's kind is decided.
        first_cost = PROSE_LEVELS[0].cost if len(parts) > 1 else 0.0
        kind = _kind_of(following)
        yield Piece(parts[-1].span, section, parts[-1].tokens, kind, first_cost)

    def _introducing_sentence(self, block: Block, following: Block) -> int | None:
        """Give the start of the paragraph's last sentence where only that fits beside the block."""
        introduced = self.meter.tokens(following.span.of(self.text))
        if self.meter.tokens(block.span.of(self.text)) + self.meter.gap + introduced <= self.room:
            return None
        starts = sentence_starts(self.text, block.span)
        return starts[-1] if starts else None

    def _table(self, block: Block, section: int) -> Iterator[Piece]:
        tokens = self.meter.tokens(block.span.of(self.text))
        if tokens <= self.room:
            yield Piece(block.span, section, tokens, ChunkKind.TABLE, 0.0)
            return
        header = block.items[0] if block.items else None
        cost = self.meter.tokens(header.of(self.text)) + self.meter.gap if header else 0
        if cost > self.room // 3:
            header, cost = None, 0
        # Header and delimiter stay with the first row; chunks below name the header in the context.
        starts = [row.start for row in block.items[2:]]
        parts = self._cut_at(block.span, starts, ROW_AFTER_ROW, ROW_LEVELS, room=self.room - cost)
        for index, part in enumerate(parts):
            piece = Piece(part.span, section, part.tokens, ChunkKind.TABLE, part.cost)
            yield replace(piece, header=header, header_tokens=cost) if index else piece

    def _cut(self, span: Span, levels: tuple[Level, ...], room: int = 0) -> list[Part]:
        return cut(self.text, span, room=room or self.room, meter=self.meter, levels=levels)

    def _cut_at(
        self, span: Span, starts: list[int], cost: float, levels: tuple[Level, ...], room: int = 0
    ) -> list[Part]:
        """Keep ``span`` whole where it fits, else cut it at ``starts`` first."""
        level = Level(lambda _text, within: [s for s in starts if within.start < s < within.end], cost)
        return self._cut(span, (level, *levels), room)


def _pieces(parts: Iterable[Part], section: int, kind: ChunkKind) -> Iterator[Piece]:
    for part in parts:
        yield Piece(part.span, section, part.tokens, kind, part.cost)


def _kind_of(block: Block) -> ChunkKind:
    match block.kind:
        case BlockKind.TABLE:
            return ChunkKind.TABLE
        case BlockKind.CODE:
            return ChunkKind.CODE
        case BlockKind.LIST if block.ordered:
            return ChunkKind.STEPS
        case _:
            return ChunkKind.PROSE
