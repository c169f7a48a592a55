"""Numbers with their units: each one that a sentence states must stand in its sources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from kb_server.grounding.lexicon import (
    ENGLISH_SCALES,
    KOREAN_SCALES,
    LOOSE_NUMBER_WORDS,
    MONTHS,
    NATIVE_NUMBERS,
    NUMBER_WORDS,
    UNITS,
)
from kb_server.grounding.numerals import Numeral, numerals
from kb_server.grounding.support import Check, Finding
from kb_server.grounding.words import Word, WordKind, glued_unit, number_key


class Quantity(NamedTuple):
    """A number and its unit in one spelling, or an empty one."""

    value: str
    unit: str
    text: str
    """As it is written."""
    at: int = -1
    """Place of its first word."""
    end: int = -1
    """Place behind the last word of it and its unit."""
    unit_texts: tuple[str, ...] = ()
    """How its unit is written where it stands apart."""


_KOREAN_UNIT = re.compile("|".join(sorted((n for n in UNITS if "가" <= n[0] <= "힣"), key=len, reverse=True)))
_KOREAN_SCALE = re.compile(r"천만|백만|[백천만억조](?!분)")
_KOREAN_ZERO = re.compile(r"영(?:입니다|이며|이고|이다|이면|으로|보다|에서|부터)?")
"""Not the many words that begin with the syllable, nor names that only add a particle to it."""
_CALENDAR = "calendar"
"""The unit of a month in words: `May` is a 5, but none of hours or files."""
_CURRENCY_CODES = frozenset({"USD", "KRW", "EUR", "GBP", "JPY"})
_COUNTER = re.compile(
    r"가지|개|번|명|단계|달|시간|곳|대|장|권|마리|차례|배|군데|종류|살|사람|쪽|회|편|항목|방법"
)


def quantities(words: Sequence[Word], *, as_source: bool = False) -> list[Quantity]:
    """List the numbers of a text; ``as_source`` adds words such as ``once`` that also say a number.

    >>> from kb_server.grounding.words import read_words
    >>> [(q.value, q.unit) for q in quantities(read_words("30분 동안 $5, 1.5 GB, three"))]
    [('30', 'minute'), ('5', 'dollar'), ('1.5', 'gigabyte'), ('3', '')]
    """
    found: list[Quantity] = []
    spelled = {numeral.at: numeral for numeral in numerals(words)}
    end = 0
    for at, word in enumerate(words):
        if at < end:
            continue
        following = words[at + 1] if at + 1 < len(words) else None
        if word.kind is WordKind.NUMBER:
            quantity = _quantity(words, at)
        elif at in spelled:
            quantity = _in_words(words, spelled[at])
        elif value := _spelled(word, following):
            quantity = Quantity(value, _unit_after(words, at + 1), word.text, at, at + 1)
        elif as_source and (value := _loosely_spelled(word)):
            unit = _CALENDAR if word.text.casefold() in MONTHS else ""
            quantity = Quantity(value, unit, word.text, at, at + 1)
        else:
            continue
        found.append(quantity)
        end = quantity.end
    return found


def spelled_values(words: Sequence[Word]) -> dict[int, str]:
    """Give the values of the numbers in words, by the place of the word.

    >>> from kb_server.grounding.words import read_words
    >>> spelled_values(read_words("zero of twelve")), spelled_values(read_words("기본값은 영입니다"))
    ({0: '0', 2: '12'}, {1: '0'})
    """
    following = (*words[1:], None)
    values = {at: value for at, word in enumerate(words) if (value := _spelled(word, following[at]))}
    for numeral in numerals(words):
        values |= dict.fromkeys(range(numeral.at, numeral.at + numeral.length), str(numeral.value))
    return values


def number_findings(numbers: Sequence[Quantity], stated: Sequence[Quantity]) -> list[Finding]:
    """Name each number of a sentence that is not ``stated``, or stated with another unit."""
    findings = []
    by_value: dict[str, list[Quantity]] = {}
    for quantity in stated if numbers else ():
        by_value.setdefault(quantity.value, []).append(quantity)
    for said in numbers:
        same = by_value.get(said.value, ())
        if not same:
            findings.append(Finding(Check.NUMBER, said.text))
        elif said.unit and not any(quantity.unit in {"", said.unit} for quantity in same):
            findings.append(
                Finding(Check.NUMBER, f"{said.value} {said.unit}", f"{same[0].value} {same[0].unit}")
            )
    return findings


def stated_units(said: Sequence[Quantity], stated: Sequence[Quantity]) -> frozenset[str]:
    """Give the spellings of units, such as ``USD``, that stand with the same number in the sources."""
    known = {(quantity.value, quantity.unit) for quantity in stated if quantity.unit}
    agreed = (quantity for quantity in said if (quantity.value, quantity.unit) in known)
    return frozenset(word for quantity in agreed for word in quantity.unit_texts)


def _quantity(words: Sequence[Word], at: int) -> Quantity:
    word = words[at]
    unit, value = glued_unit(word.text), word.key
    end, text = at + 1, word.text
    if not unit:
        value, end, rest = _with_scales(words, at)
        following = words[end] if end < len(words) else None
        if rest:
            unit = _unit_name(rest, is_hangul=True)
        elif following is not None and len(following.gap) <= 1 and not following.gap.strip():
            unit = _unit_name(following.text, is_hangul=following.is_hangul)
            end += bool(unit)
        text = _written(words, at, end)
        if unit and words[end - 1].is_hangul:  # leave out the particle or verb behind it
            text = text[: len(text) - len(words[end - 1].text) + words[end - 1].text.find(unit) + len(unit)]
    before = words[at - 1] if at else None
    if not unit and before is not None and not word.gap.strip() and _is_currency(before, word.gap):
        unit = before.text
    return Quantity(value, UNITS.get(unit.casefold(), ""), text, at, end, (unit,) if unit else ())


def _is_currency(before: Word, gap: str) -> bool:
    return (before.kind is WordKind.SIGN and not gap) or before.text in _CURRENCY_CODES


def _with_scales(words: Sequence[Word], at: int) -> tuple[str, int, str]:
    """Read ``5천``, ``3만 5천`` and ``2 million``: value, place behind, what is glued to the scale."""
    total, lowest, end = "", 0, at
    while True:
        key = words[end].key
        scale = _scale_of(words[end + 1]) if _follows(words, end + 1) else 0
        if not scale or (lowest and scale >= lowest):
            if not total:
                return key, at + 1, ""
            is_rest = key.isdigit() and len(key) < len(str(lowest))
            return _sum(total, key) if is_rest else total, end + is_rest, ""
        total, lowest = _sum(total, _scaled(key, scale)), scale
        last = words[end + 1]
        rest = _KOREAN_SCALE.sub("", last.text, count=1) if last.is_hangul else ""
        end += 2
        if rest or not last.is_hangul or not _follows(words, end) or words[end].kind is not WordKind.NUMBER:
            return total, end, rest


def _follows(words: Sequence[Word], at: int) -> bool:
    return at < len(words) and words[at].gap in {"", " "}


def _sum(total: str, more: str) -> str:
    try:
        return number_key(format(Decimal(total or 0) + Decimal(more), "f"))
    except InvalidOperation:
        return more


def _written(words: Sequence[Word], start: int, end: int) -> str:
    return words[start].text + "".join(word.gap + word.text for word in words[start + 1 : end])


def _in_words(words: Sequence[Word], numeral: Numeral) -> Quantity:
    end = numeral.at + numeral.length
    unit = numeral.unit or _unit_after(words, end)
    return Quantity(str(numeral.value), unit, _written(words, numeral.at, end), numeral.at, end)


def _unit_after(words: Sequence[Word], at: int) -> str:
    following = words[at] if at < len(words) and words[at].gap in {" ", "-"} else None
    name = _unit_name(following.text, is_hangul=following.is_hangul) if following is not None else ""
    return UNITS.get(name.casefold(), "")


def _unit_name(text: str, *, is_hangul: bool) -> str:
    if not is_hangul:
        return text if text.casefold() in UNITS else ""
    match = _KOREAN_UNIT.match(text)
    return match.group() if match else ""


def _scale_of(word: Word) -> int:
    if not word.is_hangul:
        return ENGLISH_SCALES.get(word.text.casefold(), 0)
    match = _KOREAN_SCALE.match(word.text) if not word.gap else None
    return KOREAN_SCALES[match.group()] if match else 0


def _scaled(value: str, scale: int) -> str:
    try:
        return number_key(format(Decimal(value) * scale, "f"))
    except InvalidOperation:
        return value


def _spelled(word: Word, following: Word | None) -> str:
    if word.is_hangul:
        counted = following is not None and following.is_hangul and _COUNTER.match(following.text)
        if _KOREAN_ZERO.fullmatch(word.text) and (counted or word.text != "영" or _is_measured(following)):
            return "0"
        return (
            NATIVE_NUMBERS[word.text] if counted and word.text != "한" and word.text in NATIVE_NUMBERS else ""
        )
    return NUMBER_WORDS.get(word.text.casefold(), "")


def _is_measured(following: Word | None) -> bool:
    return following is not None and bool(_unit_name(following.text, is_hangul=following.is_hangul))


def _loosely_spelled(word: Word) -> str:
    folded = word.text.casefold()
    return LOOSE_NUMBER_WORDS.get(folded) or MONTHS.get(folded) or NATIVE_NUMBERS.get(folded, "")
