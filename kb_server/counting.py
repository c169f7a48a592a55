"""Numbers with their nouns, as English spells them."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Give a number with its noun.

    >>> counted(1, "warning"), counted(0, "chunk"), counted(2, "piece of feedback", "pieces of feedback")
    ('1 warning', '0 chunks', '2 pieces of feedback')
    """
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"
