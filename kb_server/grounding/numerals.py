"""Numbers in words, English and Korean: which stretch of words says which number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from kb_server.grounding.lexicon import UNITS
from kb_server.grounding.words import Word

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
)
_BELOW_TWENTY = f"{_ONES} seventeen eighteen nineteen".split()
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SMALL = {word: value for value, word in enumerate(_BELOW_TWENTY)}
_SMALL |= {word: 10 * tens for tens, word in enumerate(_TENS, start=2)}
_LARGE = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}

_DIGITS = {sign: value for value, sign in enumerate("일이삼사오육칠팔구", start=1)} | {"륙": 6}
_POWERS = {"십": 10, "백": 100, "천": 1000}
_MYRIADS = {"만": 10**4, "억": 10**8}
_SINO = r"[일이삼사오육륙칠팔구십백천만억]+"
_NATIVE_TEN_WORDS = "열 스물 서른 마흔 쉰 예순 일흔 여든 아흔"
_NATIVE_TENS = dict(zip(_NATIVE_TEN_WORDS.split(), range(10, 100, 10), strict=True))
_NATIVE_ONES = {"": 0, "한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "네": 4, "넷": 4}
_NATIVE_ONES |= {"다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9}
_NATIVE = re.compile(rf"(?P<tens>{'|'.join(_NATIVE_TENS)})(?P<ones>{'|'.join(filter(None, _NATIVE_ONES))})?")
_KOREAN_UNITS = sorted((name for name in UNITS if "가" <= name[0] <= "힣"), key=len, reverse=True)
_COUNTER_WORDS = (
    "가지 개 번 명 단계 달 시간 곳 대 장 권 마리 차례 배 군데 종류 살 사람 쪽 회 편 항목 방법 건 인"
)
_COUNTERS = _COUNTER_WORDS.split()
_MEASURE = "|".join(dict.fromkeys([*_KOREAN_UNITS, *_COUNTERS]))
_MEASURED = re.compile(_MEASURE)
_GLUED = re.compile(
    rf"(?P<number>{_SINO})(?P<unit>{_MEASURE})(?:을|를|이|가|은|는|의|에|만|도|까지|마다|동안|간|씩|입니다|이다)?"
)
_NAMELESS = frozenset("일이만억")
"""Syllables that by themselves are more often another word: a day, this, a particle."""


_TEN = 10
_LONGEST = 24
"""Syllables; no number is longer."""


class Numeral(NamedTuple):
    """A number in words from word ``at`` on."""

    at: int
    length: int
    value: int
    unit: str
    """That is written onto it, in one spelling; empty where it stands apart or nowhere."""


def numerals(words: Sequence[Word]) -> list[Numeral]:
    """List the numbers that take more than one word of the short lists, or are none of them.

    >>> from kb_server.grounding.words import read_words
    >>> [n.value for n in numerals(read_words("one hundred and five; 삼십오 일, 스무 명, 오백원"))]
    [105, 35, 20, 500]
    """
    found: list[Numeral] = []
    at = 0
    while at < len(words):
        numeral = _korean(words, at) if words[at].is_hangul else _english(words, at)
        if numeral is not None:
            found.append(numeral)
        at += numeral.length if numeral is not None else 1
    return found


def _english(words: Sequence[Word], at: int) -> Numeral | None:
    if _small(words[at].text.casefold()) is None and words[at].text.casefold() not in _LARGE:
        return None
    total = part = 0
    end = at
    is_counted = False
    for place in range(at, min(at + 12, len(words))):
        text = words[place].text.casefold()
        if place > at and words[place].gap not in {" ", "-"}:
            break
        if text == "and" and place > at and words[place - 1].text.casefold() in _LARGE:
            continue
        value = _small(text)
        if value is not None:
            if part % 100 and not (part % _TEN == 0 and 0 < value < _TEN):
                break
            part, is_counted = part + value, True
        elif text in _LARGE and (is_counted or (at and words[at - 1].text.casefold() == "a")):
            scale = _LARGE[text]
            part = max(part, 1) * scale
            if scale >= _LARGE["thousand"]:
                total, part = total + part, 0
        else:
            break
        end = place + 1
    if end == at or (end == at + 1 and words[at].text.casefold() == "one"):
        return None
    return Numeral(at, end - at, total + part, "")


def _small(text: str) -> int | None:
    tens, dash, ones = text.partition("-")
    if dash and tens in _TENS and 0 < _SMALL.get(ones, 0) < _TEN:
        return _SMALL[tens] + _SMALL[ones]
    return _SMALL.get(text)


def _korean(words: Sequence[Word], at: int) -> Numeral | None:
    word = words[at]
    if len(word.text) > _LONGEST:
        return None
    following = words[at + 1] if at + 1 < len(words) and words[at + 1].gap == " " else None
    is_measured = following is not None and following.is_hangul and bool(_MEASURED.match(following.text))
    native = _NATIVE.fullmatch(word.text)
    if is_measured and (native or word.text == "스무"):
        value = _NATIVE_TENS[native["tens"]] + _NATIVE_ONES[native["ones"] or ""] if native else 20
        return Numeral(at, 1, value, "")
    if at and words[at - 1].text[-1:].isdigit() and not word.gap:
        return None  # the scale of a number in digits
    if is_measured and re.fullmatch(_SINO, word.text) and word.text not in _NAMELESS:
        sino = _sino(word.text)
        return Numeral(at, 1, sino, "") if sino else None
    glued = _GLUED.fullmatch(word.text)
    if glued and len(glued["number"]) > 1 and set(glued["number"]) & {*_POWERS, *_MYRIADS}:
        sino = _sino(glued["number"])
        return Numeral(at, 1, sino, UNITS.get(glued["unit"], "")) if sino else None
    return None


def _sino(text: str) -> int:
    """Give the value of Sino-Korean digits and powers; 0 for what is no number."""
    total = part = digit = 0
    for sign in text:
        if sign in _DIGITS:
            if digit:
                return 0
            digit = _DIGITS[sign]
        elif sign in _POWERS:
            part += (digit or 1) * _POWERS[sign]
            digit = 0
        else:
            total += (part + digit or 1) * _MYRIADS[sign]
            part = digit = 0
    return total + part + digit
