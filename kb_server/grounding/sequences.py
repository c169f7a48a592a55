"""What comes first and what depends on what: before and after, if, unless, even if, in English and Korean.

The two halves of such a sentence are compared as a pair: one that changed places with the other says another
thing with the same words. A condition that denies is the same as one that does not with a denied consequence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kb_server.grounding.denials import denials, soft_denials
from kb_server.grounding.support import Check, Finding
from kb_server.grounding.words import Word

_LONGEST = 400
"""Words of a sentence that are read."""
_HALF = 30
"""Words of one half."""
_LEAST_SHARE = 0.5
"""Share of the shorter half's words that make two halves the same."""


class _Link(StrEnum):
    ORDER = "order"
    CONDITION = "condition"
    CONCESSION = "concession"


_ENGLISH = {
    "before": (_Link.ORDER, False),
    "after": (_Link.ORDER, True),
    "once": (_Link.ORDER, True),
    "if": (_Link.CONDITION, True),
    "when": (_Link.CONDITION, True),
    "whenever": (_Link.CONDITION, True),
    "unless": (_Link.CONDITION, True),
}
"""Words that open the lesser half, and whether that half comes first."""
_NEARLY_ALL = 0.8
"""Share of the words of a main clause that a sentence repeats."""
_SHOWN = 12
"""Words of a sentence that a finding names."""
_WISH_WORDS = "want need like wish prefer question problem troubl help find 원하 싶 필요 문제 궁금"
_WISHES = frozenset(_WISH_WORDS.split())
"""Conditions that only say what something is good for."""
_TIMES = frozenset({"when", "whenever"})
_KOREAN_WISH = re.compile(r"(?:려면|으면|때[에는]*)$")
_BARE = re.compile(r"(?:후|뒤|다음|전|경우|때)(?:에|는|에는|에만)?$")
"""Words that only join: they are in neither half."""
_PAUSE = re.compile(r"[,;:.!?()\n]|[–—]")
_STOP = re.compile(r"[;:.!?()\n]|[–—]")
_NOUN_IN_MYEON = re.compile(r"(?:화|측|반|방|표|전|수|장|도|이|정|단|국|지|라|냉|후|양|가|내|외|서|노)면$")
_KOREAN_IF = re.compile(r"(?:[가-힣]+면|[가-힣]*(?:경우|때)(?:에|는|에는|에만)?)$")
_KOREAN_AFTER = re.compile(r"(?:후|후에|뒤|뒤에|다음|다음에|나서)$")
_KOREAN_BEFORE = re.compile(r"전에?는?$")
_KOREAN_THOUGH = re.compile(r"[가-힣]+(?:더라도|[해아어여라]도)$")


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two halves of a sentence."""

    link: _Link
    first: frozenset[str]
    """What comes first, or the condition."""
    then: frozenset[str]
    is_turned: bool | None
    """Whether exactly one half is denied; None where that cannot be told."""
    text: str
    restricts: bool
    """Whether the condition says for whom or when the rest holds at all."""
    denied: tuple[str, ...]
    """Its denying words."""


def sequence_findings(sentence: Sequence[Word], units: Sequence[Sequence[Word]]) -> list[Finding]:
    """Name the word that joins two halves in another way than the source sentences do.

    >>> from kb_server.grounding.words import read_words
    >>> source = read_words("Turn on the lock before you invite members.")
    >>> said = read_words("Invite members before you turn on the lock.")
    >>> [finding.value for finding in sequence_findings(said, [source])]
    ['before']
    >>> sequence_findings(read_words("After you turn on the lock, invite members."), [source])
    []
    """
    said = list(_pairs(sentence[:_LONGEST]))
    stated = [pair for unit in units for pair in _pairs(unit[:_LONGEST])]
    if not said:
        return _unconditional(sentence, units, stated)
    for pair in said:
        against = [other for other in stated if _is_reversed(pair, other) or _is_turned(pair, other)]
        if against and not any(_is_same(pair, other) for other in stated):
            return [Finding(Check.POLARITY, pair.text, against[0].text)]
    return []


def agreed(sentence: Sequence[Word], units: Sequence[Sequence[Word]]) -> frozenset[str]:
    """Give the joining and denying words of halves that the source sentences join to the same effect.

    >>> from kb_server.grounding.words import read_words
    >>> source = read_words("Links expire unless the owner renews them.")
    >>> sorted(agreed(read_words("Links do not expire if the owner renews them."), [source]))
    ['not']
    """
    said = list(_pairs(sentence[:_LONGEST]))
    stated = [pair for unit in units for pair in _pairs(unit[:_LONGEST])] if said else []
    same = [(pair, other) for pair in said for other in stated if _is_same(pair, other)]
    joining = (pair.text.casefold() for pair, _ in same if pair.link is _Link.ORDER)
    denying = (text for pair, other in same if _is_told_by_unless(pair, other) for text in pair.denied)
    return frozenset((*joining, *denying))


def _is_told_by_unless(one: _Pair, other: _Pair) -> bool:
    """Tell whether *unless* on one side takes the place of a denial on the other."""
    has_unless = [pair.text.casefold() == "unless" for pair in (one, other)]
    return one.is_turned is not None and other.is_turned is not None and has_unless[0] != has_unless[1]


def _unconditional(
    sentence: Sequence[Word], units: Sequence[Sequence[Word]], stated: Sequence[_Pair]
) -> list[Finding]:
    """Name the condition under which alone the sources say what the sentence says of any case."""
    said = _keys(sentence)
    for pair in stated:
        if not pair.restricts or said & (pair.first - pair.then):
            continue
        if len(said & pair.then) < _NEARLY_ALL * max(len(said), len(pair.then)):
            continue
        if not any(said <= _keys(unit) and not pair.first <= _keys(unit) for unit in units):
            return [Finding(Check.POLARITY, " ".join(word.text for word in sentence[:_SHOWN]), pair.text)]
    return []


def _is_reversed(one: _Pair, other: _Pair) -> bool:
    moved = (one.first - one.then) & (other.then - other.first)
    back = (one.then - one.first) & (other.first - other.then)
    return is_most(moved, one.first, other.then) and is_most(back, one.then, other.first)


def is_most(shared: frozenset[str], some: frozenset[str], others: frozenset[str]) -> bool:
    """Tell whether ``shared`` is at least half of the smaller set."""
    return len(shared) >= _LEAST_SHARE * max(min(len(some), len(others)), 1)


def _is_turned(one: _Pair, other: _Pair) -> bool:
    if _Link.ORDER in (one.link, other.link) or not _are_alike(one, other):
        return False
    if one.is_turned is None or other.is_turned is None:
        return False
    return one.is_turned != other.is_turned or (one.link is _Link.CONCESSION and one.link is not other.link)


def _is_same(one: _Pair, other: _Pair) -> bool:
    return _are_alike(one, other) and not _is_reversed(one, other) and not _is_turned(one, other)


def _are_alike(one: _Pair, other: _Pair) -> bool:
    halves = ((one.first, other.first), (one.then, other.then))
    return all(is_most(some & others, some, others) for some, others in halves)


def _pairs(words: Sequence[Word]) -> Iterator[_Pair]:
    for at, word in enumerate(words):
        found = _korean(words, at) if word.is_hangul else _english(words, at)
        if found is not None and found.first and found.then:
            yield found


def _english(words: Sequence[Word], at: int) -> _Pair | None:
    folded = words[at].text.casefold()
    if folded not in _ENGLISH:
        return None
    link, is_first = _ENGLISH[folded]
    lesser = _until(words, at + 1, _PAUSE)
    is_even = at > 0 and words[at - 1].text.casefold() == "even"
    start = _since(words, at)
    main = words[start : at - is_even] or _until(words, at + 1 + len(lesser), _STOP)
    if is_even:
        link = _Link.CONCESSION
    return _pair(link, words[at].text, lesser, main, is_first=is_first, is_denied=folded == "unless")


def _korean(words: Sequence[Word], at: int) -> _Pair | None:
    text = words[at].text
    if _KOREAN_THOUGH.match(text):
        link, is_first = _Link.CONCESSION, True
    elif _KOREAN_IF.match(text) and not _NOUN_IN_MYEON.match(text):
        link, is_first = _Link.CONDITION, True
    elif _KOREAN_AFTER.match(text):
        link, is_first = _Link.ORDER, True
    elif _KOREAN_BEFORE.match(text):
        link, is_first = _Link.ORDER, False
    else:
        return None
    return _pair(
        link,
        text,
        words[_since(words, at) : at + (not _BARE.match(text))],
        _until(words, at + 1, _STOP),
        is_first=is_first,
    )


def _pair(
    link: _Link,
    text: str,
    lesser: Sequence[Word],
    main: Sequence[Word],
    *,
    is_first: bool,
    is_denied: bool = False,
) -> _Pair:
    halves = (_keys(lesser), _keys(main))
    turned = None
    if not any(soft_denials(half) and not denials(half) for half in (lesser, main)):
        turned = (bool(denials(lesser)) != is_denied) != bool(denials(main))
    first, then = halves if is_first else halves[::-1]
    restricts = (
        link is _Link.CONDITION
        and text.casefold() not in _TIMES
        and not (first & _WISHES)
        and not _KOREAN_WISH.search(text)
    )
    denied = tuple(denial.text for half in (lesser, main) for denial in denials(half))
    return _Pair(link, first, then, turned, text, restricts, denied)


def _keys(words: Sequence[Word]) -> frozenset[str]:
    return frozenset(word.key for word in words if word.is_content)


def _until(words: Sequence[Word], start: int, end: re.Pattern[str]) -> Sequence[Word]:
    last = min(start + _HALF, len(words))
    for at in range(start, last):
        if at > start and (end.search(words[at].gap) or words[at].text.casefold() in _ENGLISH):
            return words[start:at]
    return words[start:last]


def _since(words: Sequence[Word], end: int) -> int:
    """Give where the stretch begins that ends before ``end``."""
    first = max(end - _HALF, 0)
    return next((at for at in range(end, first, -1) if _PAUSE.search(words[at].gap)), first)
