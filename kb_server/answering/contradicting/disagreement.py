"""Two sentences that say the same of the same thing, but for an amount or a denial.

Pages differ in thousands of ways that are no contradiction: another product, another plan, another step. So
nothing counts but the words of one sentence standing in the other, and one amount, or one *not*, being the
only difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kb_server.answering.contradicting.amounts import Amount, amounts
from kb_server.grounding.denials import denials
from kb_server.grounding.polarity import OPPOSITES
from kb_server.grounding.words import WordKind, read_words

NUMBER = "number"
POLARITY = "polarity"

_LEAST_WORDS = 2
"""Content words that both sentences must have besides amounts and denials; a unit counts as one."""
_LEAST_SHARE = 0.85
"""Share of their content words that two sentences have in common where one has a word more."""
_EXISTS = re.compile(r"^(?:있|수$|수[는도가]$)")
_TIMES = "times"
_SWITCHED = {
    "켜": "on",
    "켠": "on",
    "켭": "on",
    "켰": "on",
    "꺼": "off",
    "끄": "off",
    "끈": "off",
    "껐": "off",
}
"""How Korean forms of switching on and off begin."""


def context_words(texts: Iterable[str]) -> frozenset[str]:
    """Give the content words of titles and headings.

    >>> sorted(context_words(["Free plan", "Limits"]))
    ['free', 'limit', 'plan']
    """
    return frozenset(word.key for text in texts for word in read_words(text) if word.is_content)


_FILLERS = context_words(
    (
        "currently always also simply just now please now typically by default",
        "항상 언제나 현재 지금 동안 모두 바로",
    )
)
"""Words that change nothing of what is compared."""
_CONDITIONS = context_words(
    (
        "after before within until since unless if when while except without during beyond over under only",
        "이후 이전 이내 지나면 지난 경우 때 전 후 안에 동안만 없이 외 초과 미만 만",
    )
)
"""Words by which two sentences with other denials can both be true."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What two sentences disagree on."""

    kind: str
    one: str
    """As the first sentence writes it; empty for a denial."""
    other: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence as it is compared."""

    keys: frozenset[str]
    """Content words without amounts, units and denials."""
    marked: frozenset[str]
    """Those of ``keys`` that name something: a name, an identifier, a version."""
    amounts: tuple[Amount, ...]
    denied: tuple[frozenset[str], ...]
    """What each denial is about."""

    @property
    def weight(self) -> int:
        """Give how many words it is known by."""
        return len(self.keys) + any(amount.unit for amount in self.amounts)


def read_statement(sentence: str) -> Statement:
    """Read a sentence for comparison."""
    words = read_words(sentence)
    found = amounts(words)
    left = [word for at, word in enumerate(words) if at not in found.places]
    denied = denials(left)
    spoken = {denial.text for denial in denied}
    keys: set[str] = set()
    marked: set[str] = set()
    for at, word in enumerate(left):
        if (
            word.text in spoken
            or word.kind is WordKind.SIGN
            or not word.is_content
            or _EXISTS.match(word.text)
        ):
            continue
        keys.add(word.key)
        if word.kind in {WordKind.IDENTIFIER, WordKind.NUMBER} or (word.kind is WordKind.NAME and at):
            marked.add(word.key)
    return Statement(
        frozenset(keys - _FILLERS), frozenset(marked), found.found, tuple(denial.about for denial in denied)
    )


def agrees(one: Statement, other: Statement) -> bool:
    """Tell whether two sentences say the same, in whatever units."""
    return (
        one.keys == other.keys
        and len(one.denied) == len(other.denied)
        and len(one.amounts) == len(other.amounts)
        and all(left.equals(right) for left, right in zip(one.amounts, other.amounts, strict=True))
    )


def difference(one: Statement, other: Statement) -> Difference | None:
    """Say on what two sentences about the same thing disagree; None where they do not, or are about others.

    >>> a, b = map(read_statement, ("Backups are kept for 30 days.", "Backups are kept for 2 weeks."))
    >>> difference(a, b)
    Difference(kind='number', one='30 days', other='2 weeks')
    """
    if min(one.weight, other.weight) < _LEAST_WORDS or not min(len(one.keys), len(other.keys)):
        return None
    if len(one.denied) != len(other.denied):
        return _denial(one, other)
    if len(one.amounts) != len(other.amounts):
        return None
    pairs = zip(one.amounts, other.amounts, strict=True)
    apart = [pair for pair in pairs if not pair[0].equals(pair[1])]
    return _other_amount(one, other, apart) if apart else _opposite(one, other)


def _other_amount(
    one: Statement, other: Statement, apart: Sequence[tuple[Amount, Amount]]
) -> Difference | None:
    left, right = apart[0]
    if len(apart) > 1 or not _same_subject(one, other) or left.kind != right.kind or left.is_opposed(right):
        return None
    return Difference(NUMBER, left.text, right.text)


def _opposite(one: Statement, other: Statement) -> Difference | None:
    """Compare two sentences of which one has a word for its opposite."""
    shared = one.keys & other.keys
    left, right = one.keys - shared, other.keys - shared
    if len(left) == len(right) == 1 and len(shared) >= _LEAST_WORDS and _are_opposites(*left, *right):
        return Difference(POLARITY, *left, *right)
    return None


def _are_opposites(one: str, other: str) -> bool:
    return (one, other) in OPPOSITES or {_SWITCHED.get(one[:1]), _SWITCHED.get(other[:1])} == {"on", "off"}


def _denial(one: Statement, other: Statement) -> Difference | None:
    """Compare a sentence with one that denies it, as a whole or for the same amounts."""
    shared = one.keys & other.keys
    less, more = sorted((one, other), key=lambda statement: len(statement.denied))
    if len(more.denied) - len(less.denied) != 1 or not _same_subject(one, other):
        return None
    if any(about and not about & shared for about in more.denied):
        return None
    if (one.keys ^ other.keys) & _CONDITIONS:
        return None
    same = len(one.amounts) == len(other.amounts) and all(
        left.equals(right) and not left.is_opposed(right)
        for left, right in zip(one.amounts, other.amounts, strict=True)
    )
    # "once" and "up to 5" against "never" and "not at all"; "not within 5 days" is not denied by "can".
    as_a_whole = not more.amounts and all(amount.limit or amount.unit == _TIMES for amount in less.amounts)
    return Difference(POLARITY, "", "") if same or as_a_whole else None


def _same_subject(one: Statement, other: Statement) -> bool:
    """Tell whether all words of one sentence stand in the other, which has at most one more, and no name."""
    left, right = one.keys - other.keys, other.keys - one.keys
    if not left and not right:
        return True
    extra = left | right
    share = len(one.keys & other.keys) / len(one.keys | other.keys)
    return len(extra) == 1 and share >= _LEAST_SHARE and not extra & (one.marked | other.marked)
