"""Take comments out: HTML, JSX, Obsidian and Liquid ones. Line numbers and code stay."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.parsing.lines import Line, find_outside_code

_LIQUID_OPEN = re.compile(r"\{%-?\s*comment\s*-?%\}")
_LIQUID_CLOSE = re.compile(r"\{%-?\s*endcomment\s*-?%\}")
_LIQUID_ONE_LINE = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}")


@dataclass(frozen=True, slots=True)
class _Comment:
    start: str
    end: str


_COMMENTS = (_Comment("<!--", "-->"), _Comment("{/*", "*/}"))
_OBSIDIAN = "%%"


def drop_comments(lines: list[Line]) -> None:
    """Blank out every comment that is closed; an open one is text."""
    for comment in _COMMENTS:
        _drop(lines, comment)
    _drop_obsidian(lines)
    _drop_liquid(lines)


def _drop(lines: list[Line], comment: _Comment) -> None:
    last = max((at for at, line in enumerate(lines) if comment.end in line.text), default=-1)
    at = 0
    while at <= last:
        line = lines[at]
        start = -1 if line.is_code else find_outside_code(line.text, comment.start)
        at = at + 1 if start < 0 else _cut(lines, at, start, comment)


def _cut(lines: list[Line], at: int, start: int, comment: _Comment) -> int:
    """Remove the comment that begins at ``start`` of line ``at``; give the line to go on with."""
    line = lines[at]
    end = line.text.find(comment.end, start + len(comment.start))
    if end >= 0:
        line.text = _joined(line.text[:start], line.text[end + len(comment.end) :])
        return at
    stop = next((i for i in range(at + 1, len(lines)) if comment.end in lines[i].text), None)
    if stop is None:
        return len(lines)
    line.text = line.text[:start].rstrip()
    for inner in lines[at + 1 : stop]:
        inner.text = ""
        inner.is_code = False
    tail = lines[stop].text
    lines[stop].text = tail[tail.index(comment.end) + len(comment.end) :]
    lines[stop].is_code = False
    return stop


def _joined(head: str, tail: str) -> str:
    return head + tail if head.strip() else head + tail.lstrip()


def _drop_obsidian(lines: list[Line]) -> None:
    fences = [at for at, line in enumerate(lines) if not line.is_code and line.text.strip() == _OBSIDIAN]
    for start, end in zip(fences[::2], fences[1::2], strict=False):
        for line in lines[start : end + 1]:
            line.text = ""
            line.is_code = False
    for line in lines:
        if not line.is_code and _OBSIDIAN in line.text:
            line.text = _without_inline(line.text)


def _without_inline(text: str) -> str:
    start = find_outside_code(text, _OBSIDIAN)
    while start >= 0:
        end = find_outside_code(text, _OBSIDIAN, start + 2)
        if end < 0:
            break
        text = _joined(text[:start], text[end + 2 :])
        start = find_outside_code(text, _OBSIDIAN, start)
    return text


def _drop_liquid(lines: list[Line]) -> None:
    inside = False
    last = max((at for at, line in enumerate(lines) if _LIQUID_CLOSE.search(line.text)), default=-1)
    for line in lines[: last + 1]:
        if line.is_code and not inside:
            continue
        text = _LIQUID_ONE_LINE.sub("", line.text) if "endcomment" in line.text else line.text
        if inside:
            close = _LIQUID_CLOSE.search(text)
            inside = close is None
            line.text = text[close.end() :] if close else ""
            line.is_code = False
            continue
        start = _LIQUID_OPEN.search(text)
        inside = start is not None
        line.text = text[: start.start()] if start else text
