r"""Show a quote inside of an answer's text so that nothing in it can pass for something of the server.

An answer's text is Markdown with ``[1]`` markers. A page may hold ``[1]`` too, or a link, or a tag that its
source had escaped. Outside of code these get backslashes, which Markdown does not show: the reader sees what
the page says, and a marker, a link or a tag that is not escaped is never a page's. So does a backtick without
its partner, which would turn what stands between it and the next quote's into code. The quote of a citation
stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

_CODE = re.compile(
    r"^[ ]*(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^[ ]*(?P=fence)[`~]*[ ]*$|\Z)"
    r"|(?<![`\\])(?P<ticks>`+)(?!`)(?:[^\n]|\n(?!\s*\n))*?(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE | re.DOTALL,
)
_SPECIAL = re.compile(r"[\[<`]")
_MARKER = re.compile(r"(?<!\\)\[(\^?\s*\d+(?:\s*[,;–-]\s*\d+)*\s*)(?<!\\)\]")
_OWN_MARKER = re.compile(r"(?<!\\)\[(\d+)\]")
_LINK = re.compile(r"(?<!\\)\[([^\[\]\n]*)(?<!\\)\](?=\s?[(\[])")
_DEFINITION = re.compile(r"^(\s*)\[([^\[\]\n]+)\](?=:)", re.MULTILINE)
_LONE_TICKS = re.compile(r"(?<!\\)`+")
_TAG = re.compile(
    r"(?<!\\)<(?=/?(?:a|abbr|applet|audio|base|button|details|div|embed|form|frame|iframe|img|input|link|math|meta|object"
    r"|p|script|select|source|span|style|svg|table|template|textarea|video)\b|!--|(?:https?|javascript|data|mailto):)",
    re.IGNORECASE,
)


def shown(quote: str) -> str:
    r"""Escape what Markdown or a reader could take for a marker, a link or a tag, outside of code.

    >>> print(shown("See [2], `a[2]` and [us](https://example.com) <img>."))
    See \[2\], `a[2]` and \[us\](https://example.com) \<img>.
    """
    if not _SPECIAL.search(quote):
        return quote
    return _outside_code(quote, _escaped)


def renumbered(text: str, numbers: Mapping[int, int]) -> str:
    r"""Give the server's own markers in an answer's text other numbers; those of pages are escaped.

    >>> print(renumbered(r"Press it. [1] See \[1\] and `a[1]`. [2]", {1: 3, 2: 4}))
    Press it. [3] See \[1\] and `a[1]`. [4]
    """
    return _outside_code(
        text, lambda prose: _OWN_MARKER.sub(lambda mark: f"[{numbers[int(mark[1])]}]", prose)
    )


class Mark(NamedTuple):
    """A marker of the server's own."""

    number: int
    start: int
    end: int


def marks(text: str) -> Iterator[Mark]:
    r"""Find the server's own markers in an answer's text, in order; those of pages are escaped.

    >>> list(marks(r"See \[2\] and `a[1]`. [1]"))
    [Mark(number=1, start=22, end=25)]
    """
    code = [match.span() for match in _CODE.finditer(text)]
    for match in _OWN_MARKER.finditer(text):
        if not any(start <= match.start() < end for start, end in code):
            yield Mark(int(match[1]), match.start(), match.end())


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts: list[str] = []
    at = 0
    for code in _CODE.finditer(text):
        parts += change(text[at : code.start()]), code.group()
        at = code.end()
    return "".join([*parts, change(text[at:])])


def _escaped(prose: str) -> str:
    for pattern in (_LINK, _MARKER):
        prose = pattern.sub(r"\\[\1\\]", prose)
    prose = _LONE_TICKS.sub(lambda ticks: ticks[0].replace("`", "\\`"), prose)
    return _TAG.sub(r"\\<", _DEFINITION.sub(r"\1\\[\2\\]", prose))
