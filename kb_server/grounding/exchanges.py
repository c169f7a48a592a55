"""Find a value that stands in another one's place: both may be of the same passage, and still it is wrong.

A number, a name or a Korean noun is taken to be exchanged where the words to its left and right stand
around another value of the same kind in the source, and nowhere around this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kb_server.grounding.support import Check, Finding
from kb_server.grounding.verbs import is_verb
from kb_server.grounding.words import Word, WordKind

_REACH = 3
"""Words to the left and to the right that are compared."""
_LONGEST = 400
"""Words of a sentence that are compared."""
_LEAST_FIT = 3
"""Equal words around a value, left and right together, that make its place the same."""


_DETERMINERS = frozenset({"the", "a", "an", "your", "this", "these", "each", "all", "any"})


class _Kind(StrEnum):
    NUMBER = "number"
    NAME = "name"
    NOUN = "noun"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class _Value:
    """A word, or the words of one name."""

    keys: tuple[str, ...]
    kind: _Kind
    text: str
    is_content: bool


def exchange_findings(sentence: Sequence[Word], units: Sequence[Sequence[Word]]) -> list[Finding]:
    """Name each value that has another one's neighbours in ``units``, with the one that they have there."""
    said = _values(sentence[:_LONGEST])
    stated = [_values(unit[:_LONGEST]) for unit in units]
    findings = []
    for at, value in enumerate(said):
        if value.kind is _Kind.OTHER:
            continue
        other = _better_fitting(said, at, stated)
        if other is not None:
            check = Check.NUMBER if value.kind is _Kind.NUMBER else Check.NAME
            findings.append(Finding(check, value.text, other.text))
    return findings


def _values(words: Sequence[Word]) -> list[_Value]:
    values: list[_Value] = []
    for at, word in enumerate(words):
        last = values[-1] if values else None
        # Other words for the same are common with verbs, and no sign of another thing.
        kind = _Kind.OTHER if is_verb(words, at) or _opens_an_order(words, at) else _kind_of(word)
        if kind is _Kind.NOUN and last and last.kind is _Kind.NUMBER and not word.gap:
            kind = _Kind.OTHER  # its unit
        if kind is _Kind.NAME and last and last.kind is _Kind.NAME and not word.gap.strip():
            values[-1] = _Value((*last.keys, word.key), kind, f"{last.text}{word.gap}{word.text}", True)
        else:
            values.append(_Value((word.key,), kind, word.text, word.is_content))
    return values


def _opens_an_order(words: Sequence[Word], at: int) -> bool:
    """Tell *Press the button* from a name: the capital is only that of the sentence."""
    return not at and len(words) > 1 and words[1].text.casefold() in _DETERMINERS


def _kind_of(word: Word) -> _Kind:
    if word.kind is WordKind.NUMBER:
        return _Kind.NUMBER
    if word.kind in {WordKind.NAME, WordKind.IDENTIFIER} and word.is_content:
        return _Kind.NAME
    if word.is_hangul and word.is_content:
        return _Kind.NOUN
    return _Kind.OTHER


def _better_fitting(said: Sequence[_Value], at: int, units: Sequence[Sequence[_Value]]) -> _Value | None:
    """Give the value whose place in the sources this one has taken."""
    value = said[at]
    own, best, instead = 0, 0, None
    for unit in units:
        for place, other in enumerate(unit):
            if _is_same(value, other):
                own = max(own, sum(_fit(said, at, unit, place)))
            elif other.kind is value.kind:
                fit = _fit(said, at, unit, place)
                if sum(fit) > best and _is_same_place(said, at, fit) and _is_gone(other, said, unit):
                    best, instead = sum(fit), other
    return instead if best > own else None


def _is_same(value: _Value, other: _Value) -> bool:
    """Tell whether one is the other, or a part of its name."""
    some, others = set(value.keys), set(other.keys)
    if value.kind is _Kind.NOUN:
        one, another = value.keys[0], other.keys[0]
        return one in another or another in one
    return some <= others or others <= some


def _is_gone(value: _Value, said: Sequence[_Value], unit: Sequence[_Value]) -> bool:
    """Tell whether the sentence names a value less often than the source sentence does."""
    return sum(value.keys == other.keys for other in said) < sum(value.keys == other.keys for other in unit)


def _fit(said: Sequence[_Value], at: int, unit: Sequence[_Value], place: int) -> tuple[int, int]:
    """Count the equal words to the left and to the right, a common end of both sentences as one."""
    return (
        _run(reversed(said[:at]), reversed(unit[:place])),
        _run(iter(said[at + 1 :]), iter(unit[place + 1 :])),
    )


def _run(some: Iterator[_Value], others: Iterator[_Value]) -> int:
    for count in range(_REACH):
        one, other = next(some, None), next(others, None)
        if one is None and other is None:
            return count + 1
        if one is None or other is None or one.keys != other.keys:
            return count
    return _REACH


def _is_same_place(said: Sequence[_Value], at: int, fit: tuple[int, int]) -> bool:
    left, right = fit
    around = [*said[max(at - left, 0) : at], *said[at + 1 : at + 1 + right]]
    if left + right < _LEAST_FIT or not any(value.is_content for value in around):
        return False
    if said[at].kind is _Kind.NOUN:  # Korean words change places freely
        return left > 0 and right > 0
    return (left > 0 or at == 0) and (right > 0 or at == len(said) - 1)
