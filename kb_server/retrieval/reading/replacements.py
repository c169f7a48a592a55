"""What is read in place of what was typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Replacement(NamedTuple):
    """A stretch of a question and what is read in its place; offsets count code points."""

    start: int
    end: int
    text: str


def replaced(text: str, replacements: Iterable[Replacement]) -> str:
    """Put ``replacements``, which must not overlap and come in reading order, into ``text``.

    >>> replaced("reset my psasword", [Replacement(9, 17, "password")])
    'reset my password'
    """
    for start, end, meant in reversed(list(replacements)):
        text = text[:start] + meant + text[end:]
    return text
