"""Amounts that a sentence states, as they are compared: value, unit, and whether it is a limit.

Units of one quantity are converted. Where a conversion is rough, as between days and months, amounts that
come close are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from kb_server.answering.contradicting.labels import is_amount
from kb_server.grounding.lexicon import NUMBER_WORDS, UNITS
from kb_server.grounding.numbers import Quantity, quantities
from kb_server.grounding.words import Word, WordKind

AT_MOST, AT_LEAST = "at most", "at least"

_DAY = Decimal(86_400)
_SCALES: dict[str, dict[str, Decimal]] = {
    "time": {
        "millisecond": Decimal("0.001"), "second": Decimal(1), "minute": Decimal(60), "hour": Decimal(3600),
        "day": _DAY, "week": 7 * _DAY, "month": _DAY * Decimal("30.4375"), "year": _DAY * Decimal("365.25"),
    },
    "size": {
        name: Decimal(1000) ** power
        for power, name in enumerate(("byte", "kilobyte", "megabyte", "gigabyte", "terabyte"))
    },
    "rate": {"megabit/s": Decimal(1), "gigabit/s": Decimal(1000)},
    "frequency": {
        name: Decimal(1000) ** power
        for power, name in enumerate(("hertz", "kilohertz", "megahertz", "gigahertz"))
    },
    "length": {
        "millimetre": Decimal("0.001"), "centimetre": Decimal("0.01"), "metre": Decimal(1),
        "kilometre": Decimal(1000), "mile": Decimal("1609.344"),
    },
}  # fmt: skip
_OF_UNIT = {unit: (kind, scale) for kind, units in _SCALES.items() for unit, scale in units.items()}
_ROUGH = {"time": Decimal("0.03"), "size": Decimal("0.05"), "length": Decimal("0.01")}
"""By how much amounts in two units may differ and be the same: a month has 28 to 31 days, a kilobyte 1000 or
1024 bytes."""
_ROUGH_WEEKS = Decimal("0.1")
"""The same of weeks and months: people say four weeks for a month."""
_CALENDAR = frozenset({"month", "year"})

_COUNTER = re.compile(r"개(?!월)|가지|건|대|곳|장|권|배|항목|쪽|좌석|석")
_KOREAN_DAYS = {"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "열흘": 10, "보름": 15, "일주일": 7}
_KOREAN_DAY = re.compile(
    rf"(?P<days>{'|'.join(_KOREAN_DAYS)})(?:간|에|은|는|이|가|을|를|만|씩|마다|까지|이내|동안)*"
)
_KOREAN_UNIT = re.compile(
    "|".join(sorted((name for name in UNITS if "가" <= name[0] <= "힣"), key=len, reverse=True))
)
_BEFORE_TIMES = "after for within in than to about over under last take least most every"
_BEFORE_A_TIME = frozenset(_BEFORE_TIMES.split())
_BEFORE_ONE = _BEFORE_A_TIME | {"only", "exactly", "just", "have", "has"}
"""Behind other words, *one* mostly stands for a thing, and counts nothing."""
_BEHIND_ONCE = frozenset({"per", "a", "an", "every", "only", "in", "for"})
_HYPHENATED = re.compile(r"(?P<number>[a-z]+)-(?P<unit>[a-z]+)", re.IGNORECASE)
_LIMITS = {
    AT_MOST: "up to|at most|no more than|not more than|a maximum of|maximum of|as many as",
    AT_LEAST: "at least|no less than|no fewer than|not less than|a minimum of|minimum of",
}
_LIMIT_WORDS = sorted(
    ((tuple(phrase.split()), limit) for limit, phrases in _LIMITS.items() for phrase in phrases.split("|")),
    key=lambda pair: -len(pair[0]),
)
_LIMITS_BEHIND: dict[tuple[str, ...], str] = {
    ("at", "most"): AT_MOST,
    ("or", "less"): AT_MOST,
    ("or", "fewer"): AT_MOST,
    ("at", "least"): AT_LEAST,
    ("or", "more"): AT_LEAST,
}
_SUPERLATIVES = dict.fromkeys(
    ("largest", "longest", "biggest", "highest", "greatest", "maximum", "max", "최대", "최댓값"), AT_MOST
) | dict.fromkeys(("smallest", "shortest", "lowest", "minimum", "min", "최소", "최솟값"), AT_LEAST)
_MOST = {"큰": AT_MOST, "긴": AT_MOST, "많은": AT_MOST, "높은": AT_MOST, "작은": AT_LEAST, "짧은": AT_LEAST}
"""What Korean says behind 가장."""
_KOREAN_BEFORE = {"최대": AT_MOST, "최소": AT_LEAST, "적어도": AT_LEAST}
_KOREAN_BEHIND = {"까지": AT_MOST, "이하": AT_MOST, "이상": AT_LEAST}


@dataclass(frozen=True, slots=True)
class Amount:
    """A value with its unit, in one spelling."""

    number: str
    unit: str
    text: str
    """As it is written."""
    limit: str = ""
    """``at most`` or ``at least``, empty where neither is said."""

    @property
    def kind(self) -> str:
        """Give what is measured: two amounts of one kind can be compared."""
        return _OF_UNIT[self.unit][0] if self.unit in _OF_UNIT else self.unit

    def equals(self, other: Amount) -> bool:
        """Tell whether both are the same amount, roughly where their units can only be converted so.

        >>> days, month = Amount("30", "day", "30 days"), Amount("1", "month", "a month")
        >>> days.equals(month), days.equals(Amount("2", "week", "2 weeks"))
        (True, False)
        """
        if self.number == other.number and (self.unit == other.unit or "" in {self.unit, other.unit}):
            return True
        if self.unit == other.unit or self.kind != other.kind or self.unit not in _OF_UNIT:
            return False
        try:
            one, two = (Decimal(a.number) * _OF_UNIT[a.unit][1] for a in (self, other))
        except InvalidOperation:
            return False
        return abs(one - two) <= _tolerance(self, other) * max(abs(one), abs(two))

    def is_opposed(self, other: Amount) -> bool:
        """Tell whether one is a lower and the other an upper limit."""
        return {self.limit, other.limit} == {AT_MOST, AT_LEAST}


class Amounts(NamedTuple):
    """The amounts of a sentence, in reading order."""

    found: tuple[Amount, ...]
    places: frozenset[int]
    """Of the words that make them, their units and limits included."""


class _Read(NamedTuple):
    number: str
    unit: str
    text: str
    at: int
    end: int


def amounts(words: Sequence[Word]) -> Amounts:
    """List the amounts of a sentence; years, versions and numbers of steps are none.

    >>> from kb_server.grounding.words import read_words
    >>> read = amounts(read_words("Sessions expire after an hour; keep at most 14-day logs, 최대 한 달"))
    >>> [(a.number, a.unit, a.limit) for a in read.found]
    [('1', 'hour', ''), ('14', 'day', 'at most'), ('1', 'month', 'at most')]
    """
    found: list[Amount] = []
    places: set[int] = set()
    stated = {quantity.at: quantity for quantity in quantities(words)}
    end = 0
    for at in range(len(words)):
        read = _read(words, at, stated.get(at)) if at >= end else None
        if read is None:
            continue
        end = read.end
        limit, own = _limit(words, read)
        start = at - 1 if _is_sign(words, at) else at
        text = f"{words[start].text}{read.text}" if start < at else read.text
        found.append(Amount(read.number, read.unit, text, limit))
        places |= {*range(start, read.end), *own}
    if len(found) == 1:
        limit, own = _superlative(words)
        places |= own
        found = [replace(found[0], limit=found[0].limit or limit)]
    return Amounts(tuple(found), frozenset(places))


def _superlative(words: Sequence[Word]) -> tuple[str, frozenset[int]]:
    """Give the limit that ``the largest file`` or 가장 큰 파일 says of the only amount, with its places."""
    for at, word in enumerate(words):
        if limit := _SUPERLATIVES.get(word.text.casefold(), ""):
            return limit, frozenset({at})
        if word.text == "가장" and at + 1 < len(words) and (limit := _MOST.get(words[at + 1].text, "")):
            return limit, frozenset({at, at + 1})
    return "", frozenset()


def _tolerance(one: Amount, other: Amount) -> Decimal:
    units = {one.unit, other.unit}
    if one.kind == "time" and (not units & _CALENDAR or units <= _CALENDAR):
        return Decimal("0.000001")
    return _ROUGH_WEEKS if "week" in units else _ROUGH.get(one.kind, Decimal("0.000001"))


def _read(words: Sequence[Word], at: int, quantity: Quantity | None) -> _Read | None:
    if quantity is not None:
        return _counted(words, quantity) if is_amount(words, quantity) else None
    return _korean(words, at) if words[at].is_hangul else _english(words, at)


def _counted(words: Sequence[Word], quantity: Quantity) -> _Read:
    """Give a number with its unit, also one in words, a Korean counter or a hyphenated unit behind it."""
    value, unit, text, at, end = quantity[:5]
    following = words[end] if end < len(words) else None
    if following is None or quantity.unit_texts:
        return _Read(value, unit, text, at, end)
    if following.is_hangul:
        behind = (
            (_KOREAN_UNIT if unit else _COUNTER).match(following.text) if len(following.gap) <= 1 else None
        )
        name = behind.group() if behind else ""
    else:
        name = following.text if following.gap in {" ", "-"} and following.text.casefold() in UNITS else ""
        name = name if unit or following.gap == "-" else ""
    if not name:
        return _Read(value, unit, text, at, end)
    return _Read(value, UNITS.get(name.casefold(), name), f"{text}{following.gap}{name}", at, end + 1)


def _english(words: Sequence[Word], at: int) -> _Read | None:
    """Read ``one hour``, ``an hour``, ``once``, ``twice`` and ``seven-day``."""
    folded = words[at].text.casefold()
    following = words[at + 1] if at + 1 < len(words) else None
    hyphenated = _HYPHENATED.fullmatch(folded)
    if hyphenated:
        number = {"one": "1", **NUMBER_WORDS}.get(hyphenated["number"], "")
        unit = UNITS.get(hyphenated["unit"], "")
        return _Read(number, unit, words[at].text, at, at + 1) if number and unit else None
    if folded in {"once", "twice"}:
        is_count = following is None or following.gap.strip() or following.text.casefold() in _BEHIND_ONCE
        number = "1" if folded == "once" else "2"
        return _Read(number, "times", words[at].text, at, at + 1) if is_count or number == "2" else None
    if following is None or following.gap != " " or folded not in {"one", "a", "an"}:
        return None
    unit = UNITS.get(following.text.casefold(), "")
    if folded != "one":
        is_time = unit in _SCALES["time"] and at and words[at - 1].key in _BEFORE_A_TIME
        return _Read("1", unit, f"{folded} {following.text}", at, at + 2) if is_time else None
    if unit:
        return _Read("1", unit, f"{words[at].text} {following.text}", at, at + 2)
    is_counted = following.is_content and at > 0 and words[at - 1].text.casefold() in _BEFORE_ONE
    return _Read("1", "", words[at].text, at, at + 1) if is_counted else None


def _korean(words: Sequence[Word], at: int) -> _Read | None:
    """Read 한 달, 하루 and their like."""
    word = words[at]
    days = _KOREAN_DAY.fullmatch(word.text)
    if days:
        return _Read(str(_KOREAN_DAYS[days["days"]]), "day", days["days"], at, at + 1)
    following = words[at + 1] if at + 1 < len(words) else None
    if word.text != "한" or following is None or following.gap != " " or not following.is_hangul:
        return None
    unit = _KOREAN_UNIT.match(following.text) or _COUNTER.match(following.text)
    name = unit.group() if unit else ""
    return _Read("1", UNITS.get(name, name), f"한 {name}", at, at + 2) if name else None


def _is_sign(words: Sequence[Word], at: int) -> bool:
    return bool(at) and words[at - 1].kind is WordKind.SIGN and not words[at].gap


def _limit(words: Sequence[Word], read: _Read) -> tuple[str, frozenset[int]]:
    """Give whether an amount is a limit, with the places of the words that say so."""
    said = [*_before(words, read.at), *_behind(words, read)]
    limit = said[0][0] if said else ""
    return limit, frozenset[int]().union(*(places for sense, places in said if sense == limit))


def _before(words: Sequence[Word], at: int) -> Iterator[tuple[str, frozenset[int]]]:
    if at and words[at - 1].text in _KOREAN_BEFORE:
        yield _KOREAN_BEFORE[words[at - 1].text], frozenset({at - 1})
    for phrase, limit in _LIMIT_WORDS:
        start = at - len(phrase)
        if start >= 0 and tuple(word.text.casefold() for word in words[start:at]) == phrase:
            yield limit, frozenset(range(start, at))


def _behind(words: Sequence[Word], read: _Read) -> Iterator[tuple[str, frozenset[int]]]:
    following = words[read.end : read.end + 2]
    limit = _LIMITS_BEHIND.get(tuple(word.text.casefold() for word in following), "")
    if limit:
        yield limit, frozenset({read.end, read.end + 1})
    last = words[read.end - 1].text
    for place, text in ((read.end - 1, last), (read.end, following[0].text if following else "")):
        for said, sense in _KOREAN_BEHIND.items():
            if text.startswith(said) or (place < read.end and said in text):
                yield sense, frozenset({place})
