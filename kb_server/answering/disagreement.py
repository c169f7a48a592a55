"""Two sentences that say the same of the same thing, but for a number or a denial.

Pages differ in thousands of ways that are no contradiction: another product, another plan, another step. So
nothing counts but the words of one sentence standing in the other, and one value, or one *not*, being the
only difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from kb_server.grounding.lexicon import NUMBER_WORDS, UNITS
from kb_server.grounding.polarity import OPPOSITES, denials
from kb_server.grounding.words import Word, WordKind, glued_unit, korean_key, read_words

NUMBER = "number"
POLARITY = "polarity"

_LEAST_WORDS = 2
"""Content words that both sentences must have besides numbers and denials."""
_LEAST_SHARE = 0.85
"""Share of their content words that two sentences have in common where one has a word more."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_VERSION = re.compile(r"[vV]\d|\d+\.\d+\.\d")
_EXISTS = re.compile(r"^(?:있|수$|수[는도가]$)")
_SECONDS = {
    "millisecond": Decimal("0.001"), "second": Decimal(1), "minute": Decimal(60), "hour": Decimal(3600),
    "day": Decimal(86_400), "week": Decimal(604_800),
}  # fmt: skip
_BYTES = {
    name: Decimal(1000) ** power
    for power, name in enumerate(("byte", "kilobyte", "megabyte", "gigabyte", "terabyte"))
}


@dataclass(frozen=True, slots=True)
class Difference:
    """What two sentences disagree on."""

    kind: str
    one: str
    """As the first sentence writes it; empty for a denial."""
    other: str


@dataclass(frozen=True, slots=True)
class _Value:
    number: str
    unit: str
    text: str

    def amount(self) -> tuple[str, str] | tuple[Decimal, str]:
        """Give what is compared: durations and sizes by what they amount to."""
        for kind, scale in (("time", _SECONDS), ("size", _BYTES)):
            if self.unit in scale:
                try:
                    return Decimal(self.number) * scale[self.unit], kind
                except InvalidOperation:
                    break
        return self.number, self.unit


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence as it is compared."""

    keys: frozenset[str]
    """Content words without numbers, units and denials."""
    marked: frozenset[str]
    """Those of ``keys`` that name something: a name, an identifier, a version."""
    values: tuple[_Value, ...]
    denied: tuple[frozenset[str], ...]
    """What each denial is about."""


def read_statement(sentence: str) -> Statement:
    """Read a sentence for comparison."""
    words = read_words(sentence)
    denied = denials(words)
    spoken = {denial.text for denial in denied}
    values: list[_Value] = []
    keys: set[str] = set()
    marked: set[str] = set()
    skip = -1
    for at, word in enumerate(words):
        if at == skip or word.text in spoken or word.kind is WordKind.SIGN:
            continue
        if _is_number(word):
            value, used = _value(words, at)
            values.append(value)
            skip = at + 1 if used else skip
        elif word.is_content and not _EXISTS.match(word.text):
            keys.add(word.key)
            if word.kind in {WordKind.IDENTIFIER, WordKind.NUMBER} or (word.kind is WordKind.NAME and at):
                marked.add(word.key)
    return Statement(
        frozenset(keys), frozenset(marked), tuple(values), tuple(denial.about for denial in denied)
    )


def difference(one: Statement, other: Statement) -> Difference | None:
    """Say on what two sentences about the same thing disagree; None where they do not, or are about others.

    >>> a, b = map(read_statement, ("Backups are kept for 30 days.", "Backups are kept for 2 weeks."))
    >>> difference(a, b)
    Difference(kind='number', one='30 days', other='2 weeks')
    """
    if min(len(one.keys), len(other.keys)) < _LEAST_WORDS or len(one.values) != len(other.values):
        return None
    apart = [
        (left, right)
        for left, right in zip(one.values, other.values, strict=True)
        if left.amount() != right.amount()
    ]
    if apart:
        return _number_difference(one, other, apart)
    return _polarity_difference(one, other)


def _number_difference(
    one: Statement, other: Statement, apart: Sequence[tuple[_Value, _Value]]
) -> Difference | None:
    if len(apart) > 1 or not _same_subject(one, other) or len(one.denied) != len(other.denied):
        return None
    left, right = apart[0]
    if left.amount()[1] != right.amount()[1]:
        return None
    return Difference(NUMBER, left.text, right.text)


def _polarity_difference(one: Statement, other: Statement) -> Difference | None:
    shared = one.keys & other.keys
    left, right = one.keys - shared, other.keys - shared
    if len(left) == len(right) == 1 and (*left, *right) in OPPOSITES and len(shared) >= _LEAST_WORDS:
        return Difference(POLARITY, *left, *right) if len(one.denied) == len(other.denied) else None
    if abs(len(one.denied) - len(other.denied)) != 1 or not _same_subject(one, other):
        return None
    more = max(one.denied, other.denied, key=len)
    if any(about and not about & shared for about in more):
        return None
    return Difference(POLARITY, "", "")


def _same_subject(one: Statement, other: Statement) -> bool:
    """Tell whether all words of one sentence stand in the other, which has at most one more, and no name."""
    left, right = one.keys - other.keys, other.keys - one.keys
    if not left and not right:
        return True
    extra = left | right
    share = len(one.keys & other.keys) / len(one.keys | other.keys)
    return len(extra) == 1 and share >= _LEAST_SHARE and not extra & (one.marked | other.marked)


def _is_number(word: Word) -> bool:
    """Tell an amount from a year and a version, which say what a sentence is about."""
    if word.kind is WordKind.NUMBER:
        return not (_YEAR.fullmatch(word.text) or _VERSION.match(word.text))
    return not word.is_hangul and word.text.casefold() in NUMBER_WORDS


def _value(words: Sequence[Word], at: int) -> tuple[_Value, bool]:
    """Read a number with its unit; True where the unit is the next word."""
    word = words[at]
    number = NUMBER_WORDS.get(word.text.casefold(), word.key)
    glued = glued_unit(word.text) if word.kind is WordKind.NUMBER else ""
    following = words[at + 1] if at + 1 < len(words) else None
    if glued or following is None:
        return _Value(number, UNITS.get(glued.casefold(), glued), word.text), False
    if following.kind is WordKind.SIGN and not following.gap:
        return _Value(number, following.text, word.text + following.text), True
    if following.is_hangul and not following.gap.strip():
        counter = _counter(following.text)
        if counter or not following.gap:
            unit = counter or korean_key(following.text)
            return _Value(number, UNITS.get(unit, unit), f"{word.text}{following.gap}{unit}"), True
    if following.gap in {" ", "-"} and (unit := UNITS.get(following.text.casefold(), "")):
        return _Value(number, unit, f"{word.text}{following.gap}{following.text}"), True
    return _Value(number, _sign_before(words, at), word.text), False


def _counter(text: str) -> str:
    """Give the longest unit that a Korean word begins with."""
    return max((unit for unit in UNITS if text.startswith(unit)), key=len, default="")


def _sign_before(words: Sequence[Word], at: int) -> str:
    before = words[at - 1] if at else None
    return before.text if before and before.kind is WordKind.SIGN and not words[at].gap else ""


def context_words(texts: Iterable[str]) -> frozenset[str]:
    """Give the content words of titles and headings.

    >>> sorted(context_words(["Free plan", "Limits"]))
    ['free', 'limit', 'plan']
    """
    return frozenset(word.key for text in texts for word in read_words(text) if word.is_content)
