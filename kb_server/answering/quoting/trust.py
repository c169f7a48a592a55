"""Keep out of answers what a page should not be taken at its word for.

What was flagged when the page was read is found by a search, and shown there with its flags. An answer never
quotes it, not even where nothing else answers: a reader cannot tell an order to an assistant from an
instruction of the product. The text stays a text; nothing in this server follows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kb_server.answering.quoting.excerpts import Excerpt
from kb_server.answering.quoting.passages import Passage
from kb_server.index.records import Revision, Span
from kb_server.text.blocks import TextBlock, TextKind


def quotable(passage: Passage) -> Passage | None:
    """Take the flagged sentences out of a passage, and lists, tables and code with a flagged line whole.

    None where nothing of it is left.
    """
    cleaned = _cleaned(passage) if passage.revision.flags else passage
    return cleaned if cleaned.units else None


def unflagged(excerpts: Sequence[Excerpt]) -> tuple[Excerpt, ...]:
    """Drop the excerpts that reach into a flagged stretch, such as a sentence outside of the passage."""
    return tuple(
        excerpt
        for excerpt in excerpts
        if not any(_is_flagged(excerpt.passage.revision, span) for span in excerpt.spans)
    )


def _is_flagged(revision: Revision, span: Span) -> bool:
    return bool(revision.flags_in(*span))


def _cleaned(passage: Passage) -> Passage:
    """Drop what is flagged, and number the units anew: their order is their place."""
    revision = passage.revision

    def holds_flag(block: TextBlock) -> bool:
        return block.kind is not TextKind.PARAGRAPH and _is_flagged(revision, block.span)

    kept = [
        unit for unit in passage.units if not holds_flag(unit.block) and not _is_flagged(revision, unit.span)
    ]
    return replace(
        passage,
        blocks=tuple(block for block in passage.blocks if not holds_flag(block)),
        units=tuple(replace(unit, order=order) for order, unit in enumerate(kept)),
    )
