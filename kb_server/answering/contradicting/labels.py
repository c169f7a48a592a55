"""Tell numbers that say how much from those that say which: dates, versions, steps, error codes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb_server.grounding.lexicon import MONTHS
from kb_server.grounding.numbers import Quantity
from kb_server.grounding.words import Word, WordKind

_YEAR = re.compile(r"(?:19|20)\d\d")
_VERSION = re.compile(r"[vV]\d|\d+\.\d+\.\d")
_NUMBERED_WORDS = """
version release step error code status chapter section page figure table example level tier phase option
버전 단계 오류 코드 상태 에러 장 절 그림 표 예시 예제 화면
"""
_NUMBERED = frozenset(_NUMBERED_WORDS.split())
"""What is numbered: a number behind it says which one."""


def is_amount(words: Sequence[Word], quantity: Quantity) -> bool:
    """Tell whether a number of a text is an amount.

    >>> from kb_server.grounding.numbers import quantities
    >>> from kb_server.grounding.words import read_words
    >>> words = read_words("Since 3 May 2024, step 2 takes 5 minutes. 5월 3일, 월 5천 원")
    >>> [quantity.text for quantity in quantities(words) if is_amount(words, quantity)]
    ['5 minutes', '5천 원']
    """
    at, end = quantity.at, quantity.end
    if (quantity.unit in {"", "year"} and _YEAR.fullmatch(words[at].text)) or _VERSION.match(words[at].text):
        return False
    if end < len(words) and _is_date(words[at], words[end]):
        return False
    before = words[at - 1] if at else None
    if before is None:
        return True
    if before.text.casefold() in MONTHS or _is_date(before, words[at]) or _is_month(words, at - 1):
        return False
    return before.key not in _NUMBERED and before.text.casefold() not in _NUMBERED


def _is_month(words: Sequence[Word], at: int) -> bool:
    """Tell the month of a date (``5월``, ``2024년``) from a word for every month."""
    return (
        at > 0
        and words[at].text in {"월", "년"}
        and words[at - 1].kind is WordKind.NUMBER
        and not words[at].gap
    )


def _is_date(one: Word, following: Word) -> bool:
    """Tell whether two words belong to a date: ``3 May``, ``5월``, ``2026-05``, ``05/03``."""
    if following.text.casefold() in MONTHS and following.kind is WordKind.NAME:
        return True
    if following.text.startswith("월") and not following.gap:
        return True
    both = one.kind is following.kind is WordKind.NUMBER
    return both and (following.gap == "/" or (following.gap in {"-", "."} and _is_padded(one, following)))


def _is_padded(one: Word, following: Word) -> bool:
    return bool(_YEAR.fullmatch(one.text)) or following.text.startswith("0")
