"""Counts in sentences, as English spells them."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Give a count with its noun; ``plural`` where it is not the noun with an s.

    >>> counted(1, "rule"), counted(2, "rule"), counted(2, "rule fails", "rules fail")
    ('1 rule', '2 rules', '2 rules fail')
    """
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
