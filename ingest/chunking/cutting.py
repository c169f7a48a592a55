"""Where an over-long text may be cut: sentences, lines, words, and in the end anywhere safe."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.chunking.budget import Meter
from kb_server.index.records import Span

Finder = Callable[[str, Span], list[int]]
"""Gives the offsets, strictly inside the span, at which a part may begin."""

WORD_RUN = 100
HARD_RUN = 64
"""Characters: small enough to fit any window, large enough to keep the number of counts low."""

_SENTENCE_END = re.compile(r"[.?!…][\"'”’»)\]]*\s+|[。？！]\s*|(?<=[다요죠])\.(?=[가-힣])|\n+")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"'“])(?:e\.g|i\.e|cf|vs|etc|approx|resp|incl|al|ca|no|nr|fig|sec|ch|vol|ed|mr|mrs|ms|dr|st|"
    r"prof|inc|ltd|co|corp|dept|est|[A-Za-z]|\d+)$",
    re.IGNORECASE,
)
_ABBREVIATION_WINDOW = 10
_BLANK_LINES = re.compile(r"(?:[^\S\n]*\n)+")
_PARAGRAPH_GAP = re.compile(r"\n[^\S\n]*\n\s*?(?=[^\S\n]*\S)")
_LINE_END = re.compile(r"\n+")
_CELL = re.compile(r"(?<!\\)\|[^\S\n]+")
_SPACE = re.compile(r"\s+")
_JOINERS = "\u200c\u200d"
_EMOJI_MODIFIERS = range(0x1F3FB, 0x1F400)
_REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)
_JAMO_FOLLOWERS = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))
CRUMBS = 10
"""Neighbouring parts below this fraction of the room are taken together."""


@dataclass(frozen=True, slots=True)
class Level:
    """One way to cut, and what it costs a reader when a chunk begins there."""

    find: Finder
    cost: float


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch that fits, its tokens, and the cost of a chunk that begins with it (0 for the first)."""

    span: Span
    tokens: int
    cost: float


def sentence_starts(text: str, span: Span) -> list[int]:
    """Find where sentences begin, the first one left out; abbreviations and versions end none.

    >>> sentence_starts("Use v1.2, e.g. here. 끝났습니다. 다음입니다.", Span(0, 35))
    [21, 28]
    """
    return [
        match.end()
        for match in _SENTENCE_END.finditer(text, span.start, span.end)
        if _ends(text, span, match)
    ]


def _ends(text: str, span: Span, match: re.Match[str]) -> bool:
    if match.end() >= span.end:
        return False
    if text[match.start()] != ".":
        return True
    if text[match.end()].islower():
        return False
    before = text[max(span.start, match.start() - _ABBREVIATION_WINDOW) : match.start()]
    return _ABBREVIATION.search(before) is None


def paragraph_starts(text: str, span: Span) -> list[int]:
    """Find the lines after blank lines."""
    return _ends_inside(_PARAGRAPH_GAP, text, span)


def line_starts(text: str, span: Span) -> list[int]:
    """Find the beginnings of lines."""
    return _ends_inside(_LINE_END, text, span)


def cell_starts(text: str, span: Span) -> list[int]:
    """Find the beginnings of table cells, the first one left out."""
    return _ends_inside(_CELL, text, span)[1:]


def word_runs(text: str, span: Span) -> list[int]:
    """Find word beginnings, about 100 characters apart.

    >>> word_runs("word " * 30, Span(0, 150))
    [100]
    """
    found: list[int] = []
    last = span.start
    for start in _ends_inside(_SPACE, text, span):
        if start - last >= WORD_RUN:
            found.append(start)
            last = start
    if not found:
        return _ends_inside(_SPACE, text, span)
    return found


def hard_runs(text: str, span: Span) -> list[int]:
    """Find safe offsets 64 characters apart; a shorter span is halved."""
    step = HARD_RUN if span.end - span.start > HARD_RUN else max((span.end - span.start) // 2, 1)
    found = {_safe_offset(text, span, offset) for offset in range(span.start + step, span.end, step)}
    return sorted(found)


def is_safe(text: str, offset: int) -> bool:
    r"""Tell whether a cut before ``text[offset]`` leaves every visible character whole.

    >>> is_safe("e\u0301", 1), is_safe("각도", 1)
    (False, True)
    """
    char, before = text[offset], text[offset - 1]
    if unicodedata.category(char).startswith("M") or char in _JOINERS or before in _JOINERS:
        return False
    if ord(char) in _EMOJI_MODIFIERS or any(ord(char) in jamo for jamo in _JAMO_FOLLOWERS):
        return False
    return not (ord(char) in _REGIONAL_INDICATORS and ord(before) in _REGIONAL_INDICATORS)


def _safe_offset(text: str, span: Span, offset: int) -> int:
    for candidate in range(offset, max(span.start, offset - HARD_RUN // 2), -1):
        if is_safe(text, candidate):
            return candidate
    # A letter under dozens of marks is not text that a reader could lose anything of.
    return offset


def _ends_inside(pattern: re.Pattern[str], text: str, span: Span) -> list[int]:
    return [m.end() for m in pattern.finditer(text, span.start, span.end) if span.start < m.end() < span.end]


def parts_of(text: str, span: Span, offsets: list[int]) -> list[Span]:
    """Cut ``span`` at ``offsets``, dropping blank lines before a part and white space after it."""
    edges = [span.start, *offsets, span.end]
    trimmed = (trim(text, Span(start, end)) for start, end in pairwise(edges))
    return [part for part in trimmed if part.start < part.end]


def trim(text: str, span: Span) -> Span:
    r"""Drop blank lines and white space around a part; a part that begins a line keeps its indentation.

    >>> trim(" \n  a \n", Span(0, 7)), trim("a  b", Span(1, 4))
    (Span(start=2, end=5), Span(start=3, end=4))
    """
    content = span.of(text)
    end = span.start + len(content.rstrip())
    blank = _BLANK_LINES.match(content)
    start = span.start + (blank.end() if blank else 0)
    if start > 0 and text[start - 1] != "\n":
        start += len(text[start:end]) - len(text[start:end].lstrip())
    return Span(start, max(start, end))


PROSE_LEVELS = (Level(sentence_starts, 0.5), Level(word_runs, 0.9), Level(hard_runs, 0.9))
LIST_LEVELS = (Level(line_starts, 0.5), *PROSE_LEVELS)
ROW_LEVELS = (Level(cell_starts, 0.8), *PROSE_LEVELS)
CODE_LEVELS = (
    Level(paragraph_starts, 0.2),
    Level(line_starts, 0.4),
    Level(word_runs, 0.9),
    Level(hard_runs, 0.9),
)


def cut(text: str, span: Span, *, room: int, meter: Meter, levels: tuple[Level, ...]) -> list[Part]:
    """Cut ``span`` into parts of at most ``room`` tokens, by the coarsest level that does it."""
    tokens = meter.tokens(span.of(text))
    if tokens <= room or span.end - span.start <= 1:
        return [Part(span, tokens, 0.0)]
    level, finer = levels[0], levels[1:] or levels
    parts: list[Part] = []
    for stretch in parts_of(text, span, level.find(text, span)):
        first, *others = cut(text, stretch, room=room, meter=meter, levels=finer)
        _append(parts, replace(first, cost=level.cost), small=room // CRUMBS, gap=meter.gap)
        parts.extend(others)
    return parts


def _append(parts: list[Part], part: Part, *, small: int, gap: int) -> None:
    """Add ``part``, to the last one while both are crumbs: packing need not weigh each line of a listing."""
    if not parts:
        parts.append(replace(part, cost=0.0))
        return
    tokens = parts[-1].tokens + gap + part.tokens
    if tokens > small:
        parts.append(part)
    else:
        parts[-1] = Part(Span(parts[-1].span.start, part.span.end), tokens, parts[-1].cost)
