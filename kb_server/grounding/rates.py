"""Rates: what an amount is per. Twelve dollars a month are not twelve dollars a year."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kb_server.grounding.numbers import Quantity
from kb_server.grounding.support import Check, Finding
from kb_server.grounding.words import Word, WordKind, korean_key

_REACH = 4
"""Words between an amount and what it is per."""
_PERIODS = {"second": "second", "minute": "minute", "hour": "hour", "day": "day", "week": "week"}
_PERIODS |= {
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "annum": "year",
    "mo": "month",
    "yr": "year",
}
_ADVERBS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter"}
_ADVERBS |= {"yearly": "year", "annually": "year", "annual": "year"}
_KOREAN_PERIODS = {"초": "second", "분": "minute", "시간": "hour", "일": "day", "하루": "day", "날": "day"}
_KOREAN_PERIODS |= {"주": "week", "일주일": "week", "월": "month", "달": "month", "분기": "quarter"}
_KOREAN_PERIODS |= {"년": "year", "연": "year", "해": "year"}
_PERIOD = "|".join(sorted(_KOREAN_PERIODS, key=len, reverse=True))
_EVERY = re.compile(rf"매(?P<period>{_PERIOD})(?:에|의|은|마다)?")
_PER = re.compile(rf"(?P<period>{_PERIOD})(?:당|마다)(?:는|은|의|에)?")
_SPAN = re.compile(r"(?P<period>일|주|월|연)간(?:으로|은|에)?")
_ONE = re.compile(r"(?P<period>달|주|해|시간)(?:에|당|마다)?")
_ALONE = re.compile(r"월|연|주|하루|하루에|일|년")
_ANYTHING = re.compile(r"(?P<thing>[가-힣]{2,}|[건개명인곳대회])(?:당|마다)(?:는|은|의|에)?")
_NO_RATE = re.compile(r"(?:해당|담당|할당|상당|부당|정당|감당|적당|당당|그때|저마다)")
_PER_WORDS = frozenset({"per", "each", "every"})
_ARTICLES = frozenset({"a", "an"})


class Rate(NamedTuple):
    """What an amount is per."""

    amount: str
    """Empty where no number is near."""
    per: str
    is_period: bool
    text: str


def rates(words: Sequence[Word], quantities: Sequence[Quantity]) -> list[Rate]:
    """List the rates of a text.

    >>> from kb_server.grounding.numbers import quantities
    >>> from kb_server.grounding.words import read_words
    >>> words = read_words("$12 per month; 월 5천 원, 폴더당 3개")
    >>> [(rate.amount, rate.per) for rate in rates(words, quantities(words))]
    [('12', 'month'), ('5000', 'month'), ('3', '폴더')]
    """
    return [
        Rate(_amount(words, at, quantities), per, is_period, text)
        for at, per, is_period, text in _stretches(words)
    ]


def rate_findings(said: Sequence[Rate], stated: Sequence[Rate]) -> list[Finding]:
    """Name each rate that the same amount does not have, or, without an amount, no amount has."""
    findings = []
    for rate in said:
        same = [other for other in stated if rate.amount and other.amount == rate.amount]
        others = same or [other for other in stated if other.is_period and rate.is_period]
        if others and not any(other.per == rate.per for other in (same or stated)):
            findings.append(Finding(Check.NUMBER, rate.text, others[0].text))
    return findings


def _stretches(words: Sequence[Word]) -> Iterator[tuple[int, str, bool, str]]:
    for at, word in enumerate(words):
        found = _korean(words, at) if word.is_hangul else _english(words, at)
        if found is not None:
            yield (at, *found)


def _english(words: Sequence[Word], at: int) -> tuple[str, bool, str] | None:
    word, before = words[at], words[at - 1] if at else None
    folded = word.text.casefold()
    if folded in _ADVERBS:
        return _ADVERBS[folded], True, word.text
    if before is None or word.kind is WordKind.NUMBER:
        return None
    marker = before.text.casefold()
    is_amount_before = before.kind is WordKind.NUMBER or (at > 1 and words[at - 2].kind is WordKind.NUMBER)
    period = _PERIODS.get(folded, "")
    if word.gap == "/" and is_amount_before and period:
        return period, True, f"{before.text}/{word.text}"
    if marker in _PER_WORDS or (marker in _ARTICLES and period and _is_counted(words, at - 1)):
        return period or word.key, bool(period), f"{before.text} {word.text}"
    return None


def _is_counted(words: Sequence[Word], at: int) -> bool:
    """Tell ``$12 a month`` and ``twice a day`` from ``a month ago``."""
    before = words[max(at - 2, 0) : at]
    return any(w.kind is WordKind.NUMBER or w.text.casefold() in {"once", "twice", "times"} for w in before)


def _korean(words: Sequence[Word], at: int) -> tuple[str, bool, str] | None:
    word = words[at]
    glued_to_number = at > 0 and words[at - 1].kind is WordKind.NUMBER and not word.gap
    if glued_to_number:
        return None
    for pattern in (_EVERY, _PER, _SPAN):
        if match := pattern.fullmatch(word.text):
            return _KOREAN_PERIODS[match["period"]], True, word.text
    if at and words[at - 1].text == "한" and (match := _ONE.fullmatch(word.text)):
        return _KOREAN_PERIODS[match["period"]], True, f"한 {word.text}"
    following = words[at + 1] if at + 1 < len(words) else None
    if (
        _ALONE.fullmatch(word.text)
        and following is not None
        and following.kind in {WordKind.NUMBER, WordKind.SIGN}
    ):
        return _KOREAN_PERIODS[word.text.removesuffix("에")], True, word.text
    thing = None if _NO_RATE.match(word.text) else _ANYTHING.fullmatch(word.text)
    return (korean_key(thing["thing"]), False, word.text) if thing else None


def _amount(words: Sequence[Word], at: int, quantities: Sequence[Quantity]) -> str:
    """Give the nearest number: before the rate in English, behind it in Korean."""
    place = bisect_left(quantities, at, key=lambda quantity: quantity.at)
    if words[at].is_hangul:
        near = [q for q in quantities[place : place + 2] if 0 < q.at - at <= _REACH][:1]
    else:
        before = quantities[max(place - _REACH, 0) : place]
        near = [q for q in before if q.unit != "calendar" and at - q.at <= _REACH + 1][-1:]
    return near[0].value if near else ""
