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
from kb_server.grounding.support import Check, Finding
from kb_server.grounding.words import Word, WordKind, glued_unit, number_key


class Quantity(NamedTuple):
    """A number and its unit in one spelling, or an empty one."""

    value: str
    unit: str
    text: str
    """As it is written."""


_KOREAN_UNIT = re.compile("|".join(sorted((n for n in UNITS if "가" <= n[0] <= "힣"), key=len, reverse=True)))
_KOREAN_SCALE = re.compile(r"천만|백만|[백천만억조](?!분)")
_KOREAN_ZERO = re.compile(r"영(?:입니다|이며|이고|이다|이면|으로|보다|에서|부터)?")
"""Not the many words that begin with the syllable, nor names that only add a particle to it."""
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
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else None
        if word.kind is WordKind.NUMBER:
            found.append(_quantity(words, at))
        elif (value := _spelled(word, following)) or (as_source and (value := _loosely_spelled(word))):
            found.append(Quantity(value, "", word.text))
    return found


def spelled_values(words: Sequence[Word]) -> dict[int, str]:
    """Give the values of the numbers in words, by the place of the word.

    >>> from kb_server.grounding.words import read_words
    >>> spelled_values(read_words("zero of twelve")), spelled_values(read_words("기본값은 영입니다"))
    ({0: '0', 2: '12'}, {1: '0'})
    """
    following = (*words[1:], None)
    return {at: value for at, word in enumerate(words) if (value := _spelled(word, following[at]))}


def number_findings(sentence: Sequence[Word], stated: Sequence[Quantity]) -> list[Finding]:
    """Name each number of the sentence that is not ``stated``, or stated with another unit."""
    findings = []
    for said in quantities(sentence):
        same = [quantity for quantity in stated if quantity.value == said.value]
        if not same:
            findings.append(Finding(Check.NUMBER, said.text))
        elif said.unit and not any(quantity.unit in {"", said.unit} for quantity in same):
            findings.append(
                Finding(Check.NUMBER, f"{said.value} {said.unit}", f"{same[0].value} {same[0].unit}")
            )
    return findings


def _quantity(words: Sequence[Word], at: int) -> Quantity:
    word = words[at]
    unit, value = glued_unit(word.text), word.key
    following = words[at + 1] if at + 1 < len(words) and len(words[at + 1].gap) <= 1 else None
    text = word.text
    if following is not None and not unit:
        rest = following.text
        scale = _scale_of(following)
        if scale:
            value = _scaled(value, scale)
            rest = _KOREAN_SCALE.sub("", rest, count=1) if following.is_hangul else ""
        unit = _unit_name(rest, is_hangul=following.is_hangul)
        if unit and following.gap.strip():
            unit = ""
        text += following.gap + unit if unit else ""
    before = words[at - 1] if at else None
    if not unit and before is not None and before.kind is WordKind.SIGN and not word.gap.strip():
        unit = before.text
    return Quantity(value, UNITS.get(unit.casefold(), ""), text)


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
