"""Which section of the English page is which of the Korean one.

Equal outlines pair one to one. Else one page was edited after the other was translated, and the sections are
aligned in order as Gale and Church align sentences (Computational Linguistics 19(1), 1993): the monotone path
with the best sum of scores, where a score counts what translation keeps: level, kinds of blocks, length,
numbers and Latin names. A pair needs ``MIN_SCORE`` of evidence of its own, so that a gap stays a gap.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingest.chunking.sections import Section, sections_of
from ingest.parsing import Block, BlockKind, ParsedDocument, Span

MIN_SCORE = 2.0
KOREAN_PER_ENGLISH = 0.5
"""Characters of Korean that say as much as one of English, in technical documentation."""

_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{2,}|\d+")
_SMOOTHING = 10
"""Characters: the lengths of short sections say little."""
_SAME_ANCHOR = 3.0
_FIRST_OF_PAGE = 1.5
"""A page has one beginning and one title."""
_SAME_BLOCKS = 1.5
_OTHER_BLOCKS = -1.0
_NAMES = 3.0
_FEW_NAMES = 0.3
_LENGTH = 2.0
"""Cost of each factor e between the lengths, beyond the usual ratio."""


@dataclass(frozen=True, slots=True)
class Page:
    """One side of a pair of pages: the document and its sections."""

    document: ParsedDocument
    sections: tuple[Section, ...]

    @classmethod
    def of(cls, document: ParsedDocument) -> Page:
        """Read the sections of ``document``."""
        return cls(document, tuple(sections_of(document)))

    def text(self, span: Span) -> str:
        """Cut ``span`` out of the canonical text."""
        return span.of(self.document.text)

    def joined(self, blocks: Sequence[Block]) -> str:
        """Give the text of ``blocks`` with blank lines between them."""
        return "\n\n".join(self.text(block.span) for block in blocks)

    def heading(self, section: Section) -> str:
        r"""Name a section by the page's title and its headings, from the top down.

        >>> from ingest.parsing import parse
        >>> page = Page.of(parse("a.md", b"# Guide\n\n## Pay\n\nBy card."))
        >>> page.heading(page.sections[-1])
        'Guide > Pay'
        """
        title = self.document.title
        return " > ".join((title, *(part for part in section.path if part.casefold() != title.casefold())))


def prose(section: Section) -> list[Block]:
    """Give the blocks that a translator worked on: all but code."""
    return [block for block in section.body if block.kind is not BlockKind.CODE]


def match_sections(en: Page, ko: Page) -> list[tuple[Section, Section]]:
    """Pair the sections of two pages, in order; a section without a counterpart is left out."""
    if [_place(section) for section in en.sections] == [_place(section) for section in ko.sections]:
        return list(zip(en.sections, ko.sections, strict=True))
    left, right = ([_Traits.of(page, section) for section in page.sections] for page in (en, ko))
    scores = [[_score(first, second) for second in right] for first in left]
    return [(en.sections[row], ko.sections[column]) for row, column in _best_path(scores)]


class _Place(NamedTuple):
    level: int
    depth: int
    resumes: bool


def _place(section: Section) -> _Place:
    return _Place(section.heading.level if section.heading else 0, len(section.path), section.resumes)


class _Traits(NamedTuple):
    """What translation keeps of a section."""

    place: _Place
    anchor: str
    kinds: tuple[BlockKind, ...]
    length: int
    names: frozenset[str]

    @classmethod
    def of(cls, page: Page, section: Section) -> _Traits:
        blocks = prose(section)
        title = section.heading.title if section.heading else ""
        text = f"{title}\n{page.joined(section.body)}"
        return cls(
            _place(section),
            section.anchor,
            tuple(block.kind for block in blocks),
            sum(block.span.end - block.span.start for block in blocks) + len(title),
            frozenset(name.lower() for name in _TOKEN.findall(text)),
        )


def _score(en: _Traits, ko: _Traits) -> float:
    """Weigh the evidence that two sections are one; below ``MIN_SCORE`` they are not paired."""
    if en.place != ko.place:
        return 0.0
    score = _SAME_BLOCKS if en.kinds == ko.kinds else _OTHER_BLOCKS
    score += _FIRST_OF_PAGE if en.place.level <= 1 else 0.0
    score += _SAME_ANCHOR if en.anchor and en.anchor == ko.anchor else 0.0
    expected = KOREAN_PER_ENGLISH * en.length
    score -= _LENGTH * abs(math.log((ko.length + _SMOOTHING) / (expected + _SMOOTHING)))
    if ko.names:
        # English words that are no names are not expected in the Korean text: only its own ones count.
        score += _NAMES * (len(en.names & ko.names) / len(ko.names) - _FEW_NAMES)
    return score


def _best_path(scores: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Find the pairs, rising in both indices, with the highest sum of scores of ``MIN_SCORE`` or more.

    >>> _best_path([[3.0, 0.0], [0.0, 0.0], [0.0, 2.5]])
    [(0, 0), (2, 1)]
    """
    width = len(scores[0]) if scores else 0
    best = [[0.0] * (width + 1) for _ in range(len(scores) + 1)]
    for row, line in enumerate(scores):
        for column, score in enumerate(line):
            paired = best[row][column] + score if score >= MIN_SCORE else -math.inf
            best[row + 1][column + 1] = max(best[row][column + 1], best[row + 1][column], paired)
    pairs: list[tuple[int, int]] = []
    row, column = len(scores), width
    while row and column:
        if best[row][column] == best[row - 1][column]:
            row -= 1
        elif best[row][column] == best[row][column - 1]:
            column -= 1
        else:
            row, column = row - 1, column - 1
            pairs.append((row, column))
    return pairs[::-1]
