"""Read foreign text: its sentences, and the citation markers that stand in or behind them."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

from kb_server.text.sentences import split_sentences

_MARKER = re.compile(r"(?:(?<!\s)\s+)?(?<!\\)\[(?P<numbers>\d{1,3}(?:\s*[,\-–]\s*\d{1,3})*)\](?![(:])")
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_RANGE = re.compile(r"(\d+)\s*[-–]\s*(\d+)")
_MOST_IN_RANGE = 100


class MarkedSentence(NamedTuple):
    """A sentence without its markers, and the numbers in them."""

    text: str
    numbers: tuple[int, ...]


def marked_sentences(text: str) -> list[MarkedSentence]:
    """Split ``text``; a marker counts for the sentence that it stands in or right behind.

    >>> marked_sentences("Backups run daily [1]. They last a month. [1-2] 매일 실행됩니다.[3]")
    ... # doctest: +NORMALIZE_WHITESPACE
    [MarkedSentence(text='Backups run daily.', numbers=(1,)),
     MarkedSentence(text='They last a month.', numbers=(1, 2)),
     MarkedSentence(text='매일 실행됩니다.', numbers=(3,))]
    """
    bare, markers = _without_markers(text)
    spans = split_sentences(bare)
    numbers: list[list[int]] = [[] for _ in spans]
    starts = [span.start for span in spans]
    for offset, cited in markers:
        behind = bisect_left(starts, offset)
        if spans:
            numbers[max(behind - 1, 0)] += cited
    return [
        MarkedSentence(span.of(bare), tuple(dict.fromkeys(cited)))
        for span, cited in zip(spans, numbers, strict=True)
    ]


def _without_markers(text: str) -> tuple[str, list[tuple[int, list[int]]]]:
    """Take the markers out; give the offset in what is left at which each one stood."""
    code = [match.span() for match in _CODE.finditer(text)]
    pieces: list[str] = []
    markers: list[tuple[int, list[int]]] = []
    previous = length = 0
    for match in _MARKER.finditer(text):
        if any(start <= match.start("numbers") < end for start, end in code):
            continue
        piece = text[previous : match.start()]
        pieces.append(piece)
        length += len(piece)
        markers.append((length, _numbers(match["numbers"])))
        previous = match.end()
    pieces.append(text[previous:])
    return "".join(pieces), markers


def _numbers(text: str) -> list[int]:
    """List the numbers of a marker: ``1, 3-5`` → 1, 3, 4, 5."""
    found: list[int] = []
    for part in text.split(","):
        ends = _RANGE.fullmatch(part.strip())
        if ends:
            first, last = int(ends[1]), int(ends[2])
            found += range(first, min(last, first + _MOST_IN_RANGE) + 1)
        else:
            found += (int(number) for number in re.findall(r"\d+", part))
    return found
