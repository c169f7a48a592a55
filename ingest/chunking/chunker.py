"""The whole path: sections → groups → pieces → packs → chunks.

A chunk's span begins below its section's own heading line: the heading stands in the context, and a quote
then begins with what is said, not with a title that the citation shows anyway. Two exceptions keep their
heading lines inside the span: a question, because the answer is only half of an FAQ item, and tiny sections
that share a chunk, because only their headings tell them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.chunking.budget import Meter, TokenBudget
from ingest.chunking.packing import Packing
from ingest.chunking.pieces import Piece, PieceCutter
from ingest.chunking.sections import Section, common_heading, grouped, sections_of
from ingest.parsing.model import ParsedDocument, ParseError
from kb_server.index.language import detect_language
from kb_server.index.records import Chunk, ChunkKind, SectionStart, Span, chunk_id_of

CHUNKER_VERSION = "2"
MAX_CHUNKS = 5_000
"""Per document: more is a data dump, not a page, and would crowd out the rest of the corpus."""
TARGET_TOKENS = 240
"""About 180 English words: the passages that MiniLM was trained on are no longer."""
MERGED_TARGET_TOKENS = 130
"""For tiny sections that share a chunk: about 100 words, so that each of them still colours the vector."""
DEEPER_BOUNDARY = 0.5
"""Cost of a chunk that begins at a deeper heading than its neighbours, per level."""
FEW_LETTERS = 10
"""Below this the script of a text says little about its language."""


class TooManyChunksError(ParseError):
    """A document that would give more than ``MAX_CHUNKS`` chunks."""


def chunk(document: ParsedDocument, *, doc_id: str, revision: str, budget: TokenBudget) -> list[Chunk]:
    """Cut ``document`` into chunks of at most ``budget.limit`` tokens, context included.

    Spans are ordered and disjoint and cover all text except headings. Raises TooManyChunksError, and
    EncoderError for a window below 32 tokens.
    """
    chunks: list[Chunk] = []
    seen: Counter[tuple[str, str]] = Counter()
    for draft in _Chunker(document, Meter(budget)).drafts():
        if len(chunks) == MAX_CHUNKS:
            line = document.source_map.line_at(draft.span.start)
            reason = f"gives more than {MAX_CHUNKS:,} chunks; split the file before this line"
            raise TooManyChunksError(doc_id, line, reason)
        content = (draft.span.of(document.text), draft.context)
        chunks.append(
            Chunk(
                chunk_id=chunk_id_of(
                    doc_id=doc_id,
                    text=content[0],
                    context=draft.context,
                    ordinal=seen[content],
                    chunker=CHUNKER_VERSION,
                ),
                doc_id=doc_id,
                revision=revision,
                kind=draft.kind,
                heading_path=draft.path,
                anchor=draft.anchor,
                char_start=draft.span.start,
                char_end=draft.span.end,
                context=draft.context,
                lang=_language(content[0], draft.kind, document.lang),
                sections=draft.sections,
            )
        )
        seen[content] += 1
    return chunks


def _language(text: str, kind: ChunkKind, page: str) -> str:
    """Name the language of a chunk; code and scraps of text count as the page's."""
    letters = sum(map(str.isalpha, text))
    return page if kind == ChunkKind.CODE or letters < FEW_LETTERS else detect_language(text)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A chunk before it has a name."""

    span: Span
    kind: ChunkKind
    path: tuple[str, ...]
    anchor: str
    context: str
    sections: tuple[SectionStart, ...]


class _Chunker:
    """Drafts the chunks of one document."""

    def __init__(self, document: ParsedDocument, meter: Meter) -> None:
        self._document = document
        self._text = document.text
        self._meter = meter
        self._sections = sections_of(document)

    def drafts(self) -> Iterator[_Draft]:
        """Give the drafts in reading order; the first one also carries the page's description."""
        drafts = (draft for group in grouped(self._sections) for draft in self._group(group))
        for number, draft in enumerate(drafts):
            yield draft if number else self._with_description(draft)

    def _group(self, group: Sequence[Section]) -> Iterator[_Draft]:
        longest = max(self._meter.tokens(self._context(section.path)) for section in group)
        room = self._meter.room - longest - self._meter.gap
        tiny = len(group) > 1 and group[-1].is_tiny
        target = min(MERGED_TARGET_TOKENS if tiny else TARGET_TOKENS, room)
        pieces = list(self._pieces(group, PieceCutter(self._text, self._meter, room)))
        for pack in Packing(room, target, self._meter.gap).pack(pieces):
            yield from self._fitting(pack)

    def _pieces(self, group: Sequence[Section], cutter: PieceCutter) -> Iterator[Piece]:
        top = min(len(section.ancestors) for section in group)
        for section in group:
            # The context names the heading of a section that stands alone or leads into the others.
            named = all(section.index in other.ancestors for other in group if other is not section)
            unseen = section.resumes or (named and not section.is_faq)
            heading = None if unseen else section.heading
            if heading:
                boundary = DEEPER_BOUNDARY * (len(section.ancestors) - top)
                yield from cutter.heading(heading, section.index, boundary)
            yield from cutter.body(section.body, section.index, under_heading=heading is not None)

    def _fitting(self, pack: Sequence[Piece]) -> Iterator[_Draft]:
        """Draft ``pack`` as one chunk, or its halves where the sum of the pieces was too optimistic."""
        if all(piece.is_heading for piece in pack):
            return
        while pack[0].is_heading and self._is_named(pack):
            pack = pack[1:]
        draft = self._draft(pack)
        text = draft.span.of(self._text)
        if self._meter.fits(draft.context, text) or len(text) == 1:
            yield draft
            return
        if len(pack) == 1:
            pack = PieceCutter(self._text, self._meter, max(pack[0].tokens // 2, 1)).smaller(pack[0])
        yield from self._fitting(pack[: len(pack) // 2])
        yield from self._fitting(pack[len(pack) // 2 :])

    def _is_named(self, pack: Sequence[Piece]) -> bool:
        """Tell whether the context of ``pack`` names its first section, so that the heading line can go."""
        first = self._sections[pack[0].section]
        others = (self._sections[index] for index in {piece.section for piece in pack} - {first.index})
        return not first.is_faq and all(first.index in other.ancestors for other in others)

    def _draft(self, pack: Sequence[Piece]) -> _Draft:
        path, anchor = common_heading([self._sections[index] for index in _distinct(pack)])
        first = pack[0]
        opens_faq = first.is_heading and self._sections[first.section].is_faq
        context = self._context(path[:-1] if opens_faq else path)
        if first.header:
            context = f"{context}\n{first.header.of(self._text)}".strip()
        span = Span(first.span.start, pack[-1].span.end)
        return _Draft(span, self._kind(pack), path, anchor, context, self._section_starts(pack))

    def _section_starts(self, pack: Sequence[Piece]) -> tuple[SectionStart, ...]:
        starts: dict[int, int] = {}
        for piece in pack:
            starts.setdefault(piece.section, piece.span.start)
        if len(starts) == 1:
            return ()
        return tuple(
            SectionStart(start, self._sections[index].path, self._sections[index].anchor)
            for index, start in starts.items()
        )

    def _kind(self, pack: Sequence[Piece]) -> ChunkKind:
        """Name what most characters of ``pack`` belong to."""
        if any(self._sections[piece.section].is_faq for piece in pack):
            return ChunkKind.FAQ
        shares: Counter[ChunkKind] = Counter()
        for piece in pack:
            if not piece.is_heading:
                shares[piece.kind] += piece.span.end - piece.span.start
        return max(shares, key=lambda kind: (shares[kind], kind))

    def _context(self, path: Sequence[str]) -> str:
        return self._meter.context((self._document.title, *path))

    def _with_description(self, draft: _Draft) -> _Draft:
        description = self._document.metadata.get("description", "")
        text = draft.span.of(self._text)
        if not isinstance(description, str) or not description.strip() or description.strip() in text:
            return draft
        context = f"{draft.context}\n{' '.join(description.split())}"
        return replace(draft, context=context) if self._meter.fits(context, text) else draft


def _distinct(pack: Sequence[Piece]) -> list[int]:
    return list(dict.fromkeys(piece.section for piece in pack))
