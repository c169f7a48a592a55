"""Source lines that remember their number, and which parts of them are code."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_FENCE = re.compile(r"(?P<prefix>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<fence>`{3,}(?=[^`]*$)|~{3,})")
_TICKS = re.compile(r"\\`|`+")
_ESCAPE = re.compile(r"\\[!-/:-@\[-`{-~]")


@dataclass(slots=True)
class Line:
    """One line on its way to the Markdown parser."""

    text: str
    number: int
    """1-based line in the source file."""
    is_code: bool = False
    """Part of a code fence, the fence lines included."""
    stands_alone: bool = False
    """Was nothing but template tags: what is left of it is no part of the paragraph around it."""


def number_lines(lines: list[str], first: int) -> list[Line]:
    """Give ``lines`` their numbers, from ``first`` on, and mark the code fences among them."""
    numbered = [Line(text, first + at) for at, text in enumerate(lines)]
    mark_fences(numbered)
    return numbered


def mark_fences(lines: list[Line]) -> None:
    """Mark the lines of code fences, at any indentation and inside quotes and lists."""
    fence = ""
    quotes = 0
    for line in lines:
        if fence:
            line.is_code = line.text.count(">", 0, len(line.text) - len(line.text.lstrip(" >\t"))) >= quotes
            if line.is_code:
                if _closes(line.text, fence):
                    fence = ""
                continue
        match = _FENCE.match(line.text)
        fence = match["fence"] if match else ""
        quotes = match["prefix"].count(">") if match else 0
        line.is_code = bool(fence)


def _closes(text: str, fence: str) -> bool:
    mark = text.strip(" \t>")
    return len(mark) >= len(fence) and mark == fence[0] * len(mark)


def code_spans(text: str) -> list[tuple[int, int]]:
    """Find the inline code in one line, backticks included.

    >>> code_spans("a `b` ``c`d``")
    [(2, 5), (6, 13)]
    """
    if "`" not in text:
        return []
    runs = [match for match in _TICKS.finditer(text) if match[0] != "\\`"]
    last_of_width: dict[int, int] = {len(run[0]): run.start() for run in runs}
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(runs):
        run = runs[at]
        at += 1
        width = len(run[0])
        if last_of_width[width] <= run.start():
            continue
        while len(runs[at][0]) != width:
            at += 1
        spans.append((run.start(), runs[at].end()))
        at += 1
    return spans


def outside_code(text: str, rewrite: Callable[[str], str]) -> str:
    """Rewrite the parts of a line that are not inline code.

    >>> outside_code("ab `ab` ab", lambda part: part.replace("a", "x"))
    'xb `ab` xb'
    """
    spans = code_spans(text)
    if not spans:
        return rewrite(text)
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += rewrite(text[at:start]), text[start:end]
        at = end
    parts.append(rewrite(text[at:]))
    return "".join(parts)


def find_all_outside_code(text: str, pattern: re.Pattern[str]) -> list[re.Match[str]]:
    """Find all matches of ``pattern`` in a line that do not begin inside inline code."""
    spans = code_spans(text)
    found = pattern.finditer(text)
    return [match for match in found if not any(start <= match.start() < end for start, end in spans)]


def find_outside_code(text: str, mark: str, start: int = 0) -> int:
    """Find ``mark`` in a line, not inside inline code and not escaped; -1 when it is not there."""
    at = text.find(mark, start)
    if at < 0:
        return -1
    spans = code_spans(text)
    while at >= 0:
        span = next((span for span in spans if span[0] <= at < span[1]), None)
        if span is None and not _escaped(text, at):
            return at
        at = text.find(mark, span[1] if span else at + 1)
    return -1


def _escaped(text: str, at: int) -> bool:
    backslashes = len(text[:at]) - len(text[:at].rstrip("\\"))
    return backslashes % 2 == 1
