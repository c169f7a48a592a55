"""Steps as a whole: a note between two of them ends the list, and the numbers go on below it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kb_server.answering.quoting.outline import MAX_BLOCK_WORDS
from kb_server.answering.quoting.passages import Passage
from kb_server.index.records import Span
from kb_server.text.blocks import TextBlock, TextKind

_NUMBER = re.compile(r"\s*(\d{1,3})[.)]")
_MOST_BETWEEN = 3
"""Blocks between two steps."""


def whole_steps(passage: Passage, block: TextBlock) -> Span:
    """Give the place of a numbered list with the steps before and behind it that notes part from it.

    It is that of the list alone where the whole is too long to be shown.
    """
    first, last = block, block
    while (above := _next(passage, reversed(passage.blocks[: passage.blocks.index(first)]))) is not None:
        if _numbers(passage, above)[1] + 1 != _numbers(passage, first)[0]:
            break
        first = above
    while (below := _next(passage, passage.blocks[passage.blocks.index(last) + 1 :])) is not None:
        if _numbers(passage, last)[1] + 1 != _numbers(passage, below)[0]:
            break
        last = below
    whole = Span(first.span.start, last.span.end)
    return whole if passage.words_of(whole) <= MAX_BLOCK_WORDS else block.span


def _next(passage: Passage, blocks: Iterable[TextBlock]) -> TextBlock | None:
    """Give the first numbered list of ``blocks``, before a heading and not far."""
    for _, block in zip(range(_MOST_BETWEEN + 1), blocks, strict=False):
        if block.kind is TextKind.HEADING:
            return None
        if block.ordered and _NUMBER.match(passage.text_of(block.span)):
            return block
    return None


def _numbers(passage: Passage, block: TextBlock) -> tuple[int, int]:
    """Give the numbers of the first and the last step of a list; 0 where one has none."""
    found = [_NUMBER.match(passage.text_of(item)) for item in (block.items[0], block.items[-1])]
    first, last = (int(each[1]) if each else 0 for each in found)
    return first, last
