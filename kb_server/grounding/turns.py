"""Words that turn a statement: before and after, at least and at most, start and end, all and some, only.

A closed list of opposites. Each is compared only where it stands at the same thing on both sides: the same
number, the same object, the same neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kb_server.grounding.alignment import Alignment
from kb_server.grounding.denials import denials, denies
from kb_server.grounding.lexicon import NATIVE_NUMBERS, NUMBER_WORDS, senses
from kb_server.grounding.support import Check, Finding
from kb_server.grounding.words import Word, WordKind, read_words

_LEAST_SHARE = 0.5
"""A source sentence with fewer of the sentence's words speaks of something else."""
_LONGEST = 400
"""Words of a sentence that are compared."""
_REACH = 3
"""Words between a word and the number or neighbour by which it is compared."""

_AT_LEAST, _AT_MOST, _MORE, _LESS, _BEFORE, _AFTER = "at least", "at most", "more", "less", "before", "after"
_ENGLISH_BOUNDS = {
    _AT_LEAST: "at least|no less than|no fewer than|not less than|a minimum of|minimum of",
    _AT_MOST: "at most|up to|no more than|not more than|a maximum of|maximum of|not exceeding",
    _MORE: "more than|over|exceeding|exceeds|exceed|above|longer than|greater than|larger than",
    _LESS: "less than|fewer than|under|below|shorter than|smaller than",
    _BEFORE: "before|prior to|until|till|within|no later than|not later than",
    _AFTER: "after|following|later than|once|from|since|as of|starting",
}


def _by_first_word() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for sense, row in _ENGLISH_BOUNDS.items():
        for phrase in row.split("|"):
            words = tuple(phrase.split())
            phrases.setdefault(words[0], []).append((words, sense))
    return {first: sorted(some, key=lambda pair: -len(pair[0])) for first, some in phrases.items()}


_PHRASES = _by_first_word()
"""Phrases and their sense by their first word, the longest first."""
_BEHIND: dict[tuple[str, ...], str] = {
    ("or", "more"): _AT_LEAST,
    ("or", "less"): _AT_MOST,
    ("or", "fewer"): _AT_MOST,
}
_KOREAN_FORWARD = re.compile(r"(?P<least>최소한?|적어도)|(?P<most>최대한?|많아야)")
_KOREAN_BACKWARD = re.compile(
    r"(?P<least>이상)|(?P<most>이하)|(?P<more>초과|넘)|(?P<less>미만)"
    r"|(?P<before>이내|안에|내에|이전|전$|전[에까]|까지)|(?P<after>이후|부터|뒤|후$|후[에부]|지나|지난)"
)
_KOREAN_GLUED = re.compile(
    r"(?:초|분|시|시간|일|주|개월|달|월|년|개|명|권|장|건|회|번|대|살|원)(?P<word>까지|부터|이상|이하|미만|초과|이내|전에|후에)"
)
_SENSES = {
    "least": _AT_LEAST,
    "most": _AT_MOST,
    "more": _MORE,
    "less": _LESS,
    "before": _BEFORE,
    "after": _AFTER,
}
_OPPOSED = {
    frozenset(pair)
    for pair in (
        (_AT_LEAST, _AT_MOST),
        (_AT_LEAST, _LESS),
        (_MORE, _AT_MOST),
        (_MORE, _LESS),
        (_BEFORE, _AFTER),
    )
}
_OPPOSED_IN_KOREAN = {
    frozenset(pair)
    for pair in ((_AT_LEAST, _MORE), (_AT_MOST, _LESS), (_BEFORE, _AT_LEAST), (_BEFORE, _MORE))
}
"""이상 and 초과 are kept apart with care, "at least" and "more than" are not; 까지 also ends a count."""

_ONLY = frozenset({"only", "solely", "exclusively"})
_AS_ONLY_WORDS = """
just but except unless must requires required require restricted limited limit exclusive sole alone other
need needs merely reserved
"""
_AS_ONLY = frozenset(_AS_ONLY_WORDS.split())
_KOREAN_ONLY = re.compile(r"(?P<noun>[가-힣]{2,}?)(?:에게|에서|으로)?만(?:이|을|은)?$")
_NO_KOREAN_ONLY = re.compile(
    r".*(?:지만|미만|[십백천]만)|(?:.?다만|불만|대만|낭만|거만|자만|비만|충만|오만)(?:이|을|은)?"
)
_AS_KOREAN_ONLY = re.compile(r"오직|뿐|밖에|제한|한정|반드시|전용|유일|필요|해야|여야|어야")


class _Bound(NamedTuple):
    sense: str
    anchor: str
    text: str
    is_hangul: bool


def turn_findings(sentence: Sequence[Word], best: Alignment) -> list[Finding]:
    """Name each word that says the opposite of what the closest source sentence says at the same place."""
    if best.share < _LEAST_SHARE:
        return []
    said, stated = sentence[:_LONGEST], best.unit[:_LONGEST]
    findings = _only(said, stated)
    if len(denials(said)) == len(denials(stated)):
        findings += [*_bounds(said, stated), *_senses(said, stated)]
    return findings


def means_the_same(one: str, other: str) -> bool:
    """Tell whether two words say the same of a limit or of a change.

    >>> means_the_same("이내에", "안에"), means_the_same("이내에", "뒤에")
    (True, False)
    """
    said, stated = (
        frozenset(sense_of(word) or _limit(word) for word in read_words(text)) for text in (one, other)
    )
    return said == stated and len(said) == 1 and "" not in said


def _limit(word: Word) -> str:
    match = _KOREAN_BACKWARD.match(word.text) or _KOREAN_FORWARD.match(word.text)
    return _SENSES[match.lastgroup or ""] if match else ""


def _bounds(sentence: Sequence[Word], unit: Sequence[Word]) -> list[Finding]:
    stated = list(_bounds_of(unit))
    findings = []
    for said in _bounds_of(sentence) if stated else ():
        same = [other for other in stated if other.anchor == said.anchor]
        against = [other for other in same if _is_opposed(said, other)]
        if against and not any(other.sense == said.sense for other in same):
            findings.append(Finding(Check.POLARITY, said.text, against[0].text))
    return findings


def _is_opposed(one: _Bound, other: _Bound) -> bool:
    pair = frozenset((one.sense, other.sense))
    return pair in _OPPOSED or (one.is_hangul and other.is_hangul and pair in _OPPOSED_IN_KOREAN)


def _bounds_of(words: Sequence[Word]) -> Iterator[_Bound]:
    at = 0
    while at < len(words):
        length = 1
        if words[at].is_hangul:
            yield from _korean_bounds(words, at)
        else:
            length, bound = _english_bound(words, at)
            if bound is not None:
                yield bound
        at += length


def _english_bound(words: Sequence[Word], at: int) -> tuple[int, _Bound | None]:
    first = words[at].text.casefold()
    if first not in _PHRASES and first != "or":
        return 1, None
    said = tuple(word.text.casefold() for word in words[at : at + _REACH])
    if sense := _BEHIND.get(said[:2]):
        return 2, _bound(sense, words[max(at - _REACH, 0) : at][::-1], " ".join(said[:2]))
    for phrase, sense in _PHRASES.get(first, ()):
        if said[: len(phrase)] == phrase:
            end = at + len(phrase)
            return len(phrase), _bound(sense, words[end : end + _REACH], " ".join(phrase))
    return 1, None


def _korean_bounds(words: Sequence[Word], at: int) -> Iterator[_Bound]:
    text = words[at].text
    before = words[max(at - _REACH, 0) : at][::-1]
    found = [(_KOREAN_FORWARD.match(text), words[at + 1 : at + 1 + _REACH])]
    glued = _KOREAN_GLUED.match(text)
    is_glued = at > 0 and bool(_number_of(words[at - 1]))
    found.append((_KOREAN_BACKWARD.match(glued["word"] if glued and is_glued else text), before))
    for match, around in found:
        if match:
            bound = _bound(_SENSES[match.lastgroup or ""], around, match.group(), is_hangul=True)
            if bound is not None:
                yield bound


def _bound(sense: str, around: Sequence[Word], text: str, *, is_hangul: bool = False) -> _Bound | None:
    """Compare bounds by their number, before and after also by what they stand at."""
    number = next((value for word in around if (value := _number_of(word))), "")
    if not number and sense in {_BEFORE, _AFTER}:
        number = next((word.key for word in around if word.is_content), "")
    return _Bound(sense, number, text, is_hangul) if number else None


def _number_of(word: Word) -> str:
    if word.kind is WordKind.NUMBER:
        return word.key
    return NUMBER_WORDS.get(word.text.casefold(), "") or NATIVE_NUMBERS.get(word.text, "")


def _senses(sentence: Sequence[Word], unit: Sequence[Word]) -> list[Finding]:
    said, stated = _places(sentence), _places(unit)
    findings = []
    for sense, place in said.items():
        opposite = OPPOSITE[sense]
        if sense in stated or opposite not in stated or opposite in said:
            continue
        other = stated[opposite]
        if _around(sentence, place) & _around(unit, other):
            findings.append(Finding(Check.POLARITY, sentence[place].text, unit[other].text))
    return findings


def _places(words: Sequence[Word]) -> dict[str, int]:
    return {
        sense: at
        for at, word in enumerate(words)
        if (sense := sense_of(word)) and not _is_compared(words, at)
    }


def _is_compared(words: Sequence[Word], at: int) -> bool:
    """Tell whether a word compares two things: what it says depends on which comes first."""
    return any(word.text.casefold() == "than" for word in words[at + 1 : at + 1 + _REACH]) or any(
        word.text.endswith("보다") for word in words[max(at - _REACH, 0) : at]
    )


def sense_of(word: Word) -> str:
    """Give the sense by which a word has an opposite; nothing for most words."""
    if word.is_hangul:
        match = _KOREAN_SENSE.match(word.text)
        return _KOREAN_SENSES[match.group()] if match else ""
    return _ENGLISH_SENSES.get(word.key) or _ENGLISH_SENSES.get(word.text.casefold(), "")


def _around(words: Sequence[Word], at: int) -> frozenset[str]:
    near = (*words[max(at - _REACH, 0) : at], *words[at + 1 : at + 1 + _REACH])
    return frozenset(word.key for word in near if word.is_content)


def _only(sentence: Sequence[Word], unit: Sequence[Word]) -> list[Finding]:
    """Name what limits a statement that the source does not limit."""
    said = [word for word in sentence if _limits(word)]
    if not said or any(_limits(word) or _limits_in_other_words(word) or denies(word) for word in unit):
        return _widened(sentence, unit)
    return [Finding(Check.POLARITY, said[0].text)]


def _limits(word: Word) -> bool:
    if not word.is_hangul:
        return word.text.casefold() in _ONLY
    return word.text == "오직" or bool(
        _KOREAN_ONLY.match(word.text) and not _NO_KOREAN_ONLY.fullmatch(word.text)
    )


def _limits_in_other_words(word: Word) -> bool:
    if not word.is_hangul:
        return word.text.casefold() in _AS_ONLY
    return bool(_AS_KOREAN_ONLY.search(word.text))


def _widened(sentence: Sequence[Word], unit: Sequence[Word]) -> list[Finding]:
    """Name what has 도 ("also") where the source has 만 ("only")."""
    limited = {word.key: word.text for word in unit if word.is_hangul and _limits(word)}
    return [
        Finding(Check.POLARITY, word.text, limited[word.key])
        for word in sentence
        if word.is_hangul and word.text.endswith("도") and word.key in limited
    ]


OPPOSITE = {sense: opposite for sense, opposite, _ in senses()}
_FORMS = [(form, sense) for sense, _, forms in senses() for form in forms]
_ENGLISH_SENSES = {read_words(form)[0].key: sense for form, sense in _FORMS if form.isascii()}
_KOREAN_SENSES = {form: sense for form, sense in _FORMS if not form.isascii()}
_KOREAN_SENSE = re.compile("|".join(sorted(_KOREAN_SENSES, key=len, reverse=True)))
