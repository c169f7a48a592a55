"""Say what a quoted block is about: with the heading or the short line that stands right above it.

Code, steps and tables seldom say which case they are for, and two of them side by side are told apart by
their headings alone: Docker and Kubernetes, macOS and Windows. What stands above is quoted with the block, so
that it can be checked like the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kb_server.answering.quoting.excerpts import Excerpt
from kb_server.index.records import ChunkKind, Span
from kb_server.text.blocks import TextBlock, TextKind

_MARKS = "# "


def captioned(excerpts: Sequence[Excerpt]) -> Iterator[Excerpt]:
    """Give the excerpts, blocks without a sentence above them with what names them.

    So is a sentence where the answer quotes blocks of several sections of its page.
    """
    variants = _variants(excerpts)
    seen: set[tuple[str, ...]] = set()
    for excerpt in excerpts:
        section = _section(excerpt)
        is_variant = section in variants and section not in seen
        seen.add(section)
        yield _with_caption(excerpt) if excerpt.is_block or is_variant else excerpt


def _variants(excerpts: Sequence[Excerpt]) -> frozenset[tuple[str, ...]]:
    """Give the sections of which blocks are quoted, where there are several below one heading."""
    sections = {_section(excerpt) for excerpt in excerpts if excerpt.is_block}
    parents = [section[:-1] for section in sections]
    return frozenset(section for section in sections if parents.count(section[:-1]) > 1)


def _section(excerpt: Excerpt) -> tuple[str, ...]:
    return (excerpt.passage.revision.doc_id, *section_path(excerpt))


def section_path(excerpt: Excerpt) -> tuple[str, ...]:
    """Give the headings above an excerpt, from the top down."""
    return excerpt.passage.hit.chunk.section_at(excerpt.spans[-1].start).heading_path


def _with_caption(excerpt: Excerpt) -> Excerpt:
    passage = excerpt.passage
    first = excerpt.spans[0]
    block = next((block for block in passage.blocks if block.span.start == first.start), None)
    above = passage.block_before(block) if block else None
    if above is None or passage.hit.chunk.kind is ChunkKind.FAQ:
        return excerpt
    caption = _caption(excerpt, above)
    if caption is None or not passage.text_of(caption).strip():
        return excerpt
    return replace(excerpt, spans=(Span(caption.start, first.end), *excerpt.spans[1:]))


def _caption(excerpt: Excerpt, above: TextBlock) -> Span | None:
    """Give what names an excerpt: the heading above it, or a paragraph that is nothing but a label."""
    passage = excerpt.passage
    line = passage.text_of(above.span)
    if above.kind is TextKind.HEADING:
        title = line.lstrip(_MARKS)
        is_own = title.replace("`", "") == "".join(section_path(excerpt)[-1:]).replace("`", "")
        return Span(above.span.end - len(title), above.span.end) if is_own else None
    units = passage.units_of(above)
    is_label = len(units) == 1 and units[0].is_label and units[0].span == above.span
    return above.span if is_label else None
