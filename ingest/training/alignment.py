"""Two pages of one path → segments and sections that say the same in English and Korean.

The evidence is the structure that translation keeps: the outline, then the kinds of the blocks below each
heading, then the number of items and sentences. Where a level differs, nothing below it is aligned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.chunking.cutting import sentence_starts
from ingest.chunking.sections import Section
from ingest.parsing import Block, BlockKind, ParsedDocument, Span
from ingest.training.outlines import Page, match_sections, prose
from ingest.training.plausibility import implausible
from ingest.training.records import Alignment, Miss, SectionPair, SegmentKind, SegmentPair
from kb_server.index.language import ENGLISH, KOREAN

PASSAGE_CHARS = 1000
"""English characters of a section pair; a longer section gives several."""
MIN_PASSAGE_CHARS = 40
MAX_PASSAGE_CHARS = 2 * PASSAGE_CHARS
MAX_SEGMENT_CHARS = 600

_ITEM_MARK = re.compile(r"\A\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_CELL = re.compile(r"(?<!\\)\|")
_Both = tuple[str, str]
"""English and Korean."""


def align_pages(path: str, en: ParsedDocument, ko: ParsedDocument) -> Alignment:
    r"""Align the English and the Korean page of ``path``; what does not match is counted, never guessed.

    >>> from ingest.parsing import parse
    >>> en = parse("a.md", b"# Invoices\n\nOpen the settings.")
    >>> ko = parse("a.md", "# 청구서\n\n설정을 엽니다.".encode())
    >>> [(pair.en, pair.ko) for pair in align_pages("a.md", en, ko).segments]
    [('Invoices', '청구서'), ('Open the settings.', '설정을 엽니다.')]
    """
    aligned = Alignment()
    if en.lang != ENGLISH:
        aligned.misses[Miss.NOT_ENGLISH] += 1
    elif ko.lang != KOREAN:
        aligned.misses[Miss.NOT_KOREAN] += 1
    else:
        _Aligner(path, Page.of(en), Page.of(ko), aligned).align()
    return aligned


class _Aligner:
    """Collects what two pages share."""

    def __init__(self, path: str, en: Page, ko: Page, aligned: Alignment) -> None:
        self._path, self._en, self._ko, self._aligned = path, en, ko, aligned

    def align(self) -> None:
        titles = self._en.document.title, self._ko.document.title
        self._segment(SegmentKind.TITLE, titles)
        pairs = match_sections(self._en, self._ko)
        unmatched = max(len(self._en.sections), len(self._ko.sections)) - len(pairs)
        self._aligned.misses[Miss.OUTLINE] += unmatched
        for en, ko in pairs:
            if en.heading and ko.heading and not en.resumes:
                headings = en.heading.title, ko.heading.title
                if headings != titles:
                    self._segment(SegmentKind.HEADING, headings)
            self._section(en, ko)

    def _section(self, en: Section, ko: Section) -> None:
        headings = self._en.heading(en), self._ko.heading(ko)
        left, right = prose(en), prose(ko)
        if [block.kind for block in left] != [block.kind for block in right]:
            self._aligned.misses[Miss.BLOCKS] += 1
            self._passage(headings, (self._en.joined(left), self._ko.joined(right)), limit=PASSAGE_CHARS)
            return
        blocks = list(zip(left, right, strict=True))
        for pair in blocks:
            self._block(*pair)
        for part in _parts(blocks):
            first, second = zip(*part, strict=True)
            self._passage(headings, (self._en.joined(first), self._ko.joined(second)))

    def _passage(self, headings: _Both, texts: _Both, *, limit: int = MAX_PASSAGE_CHARS) -> None:
        en, ko = texts
        if len(en) < MIN_PASSAGE_CHARS:
            return
        miss = Miss.LONG if len(en) > limit else implausible(en, ko)
        if miss:
            self._aligned.misses[miss] += 1
        else:
            self._aligned.sections.append(SectionPair(self._path, *headings, en, ko))

    def _block(self, en: Block, ko: Block) -> None:
        if en.kind is BlockKind.PARAGRAPH:
            self._paragraph(self._en.text(en.span), self._ko.text(ko.span))
        elif len(en.items) != len(ko.items):
            self._aligned.misses[Miss.ITEMS] += 1
        else:
            divide = _cells if en.kind is BlockKind.TABLE else _lines
            for first, second in zip(en.items, ko.items, strict=True):
                self._item(divide(self._en.text(first)), divide(self._ko.text(second)))

    def _item(self, en: Sequence[str], ko: Sequence[str]) -> None:
        if len(en) != len(ko):
            self._aligned.misses[Miss.ITEMS] += 1
            return
        for pair in zip(en, ko, strict=True):
            sentences = _sentences(pair[0]), _sentences(pair[1])
            if len(sentences[0]) == len(sentences[1]) > 1:
                for both in zip(*sentences, strict=True):
                    self._segment(SegmentKind.SENTENCE, both)
            else:
                self._segment(SegmentKind.ITEM, pair)

    def _paragraph(self, en: str, ko: str) -> None:
        """Align sentence by sentence, or the paragraph as a whole where the counts differ."""
        left, right = _sentences(en), _sentences(ko)
        if len(left) == len(right):
            for pair in zip(left, right, strict=True):
                self._segment(SegmentKind.SENTENCE, pair)
        else:
            self._aligned.misses[Miss.SENTENCES] += 1
            self._segment(SegmentKind.PARAGRAPH, (en, ko))

    def _segment(self, kind: SegmentKind, pair: _Both) -> None:
        en, ko = (_ITEM_MARK.sub("", " ".join(text.split()), count=1) for text in pair)
        if not en and not ko:
            return
        miss = Miss.LONG if len(en) > MAX_SEGMENT_CHARS else implausible(en, ko)
        if miss:
            self._aligned.misses[miss] += 1
        else:
            self._aligned.segments.append(SegmentPair(self._path, kind, en, ko))


def _parts(blocks: Sequence[tuple[Block, Block]]) -> Iterator[list[tuple[Block, Block]]]:
    """Cut aligned blocks into parts of about ``PASSAGE_CHARS`` English characters, at the same places."""
    pending: list[tuple[Block, Block]] = []
    length = 0
    for pair in blocks:
        size = pair[0].span.end - pair[0].span.start
        if pending and length + size > PASSAGE_CHARS:
            yield pending
            pending, length = [], 0
        pending.append(pair)
        length += size
    if pending:
        yield pending


def _sentences(text: str) -> list[str]:
    bounds = [0, *sentence_starts(text, Span(0, len(text))), len(text)]
    return [text[start:end].strip() for start, end in pairwise(bounds)]


def _lines(item: str) -> list[str]:
    return [line for line in item.split("\n") if line.strip()]


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _CELL.split(row)[1:-1]]
