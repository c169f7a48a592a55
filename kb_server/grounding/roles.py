"""Who does what to whom: words that changed sides of the same verb, or of the same comparison.

"The scheduler calls the gateway" and "the gateway calls the scheduler" share every word. English tells the
sides by the place before and behind the verb, Korean by the particle. Words count as exchanged only where
each side has a word that the source has on the other side alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from kb_server.grounding.sequences import is_most
from kb_server.grounding.support import Check, Finding
from kb_server.grounding.turns import OPPOSITE, sense_of
from kb_server.grounding.verbs import is_verb, stem_of
from kb_server.grounding.words import Word, WordKind

_LONGEST = 400
"""Words of a sentence that are read."""
_SIDE = 8
"""Words on one side of a verb."""
_CUT_WORDS = """
and or but that which who whom while because if when whenever unless where whether so before after until
once though although since nor then
"""
_CUTS = frozenset(_CUT_WORDS.split())
_CUT = re.compile(r"[,;:.!?()\[\]{}\"“”|\n]|[–—]")
_SYMMETRIC_WORDS = """
differ equal match pair same similar compar relat correspond versus vs also other only
"""
_SYMMETRIC = frozenset(_SYMMETRIC_WORDS.split())
"""What goes both ways."""
_LONGEST_NAME = 3
_NEAR = 2
"""Words between a verb and the *be* or *by* that makes it passive."""
_BE = frozenset(["be", "is", "are", "was", "were", "been", "being", "get", "gets", "got"])
_PARTICLES = (
    ("than", ("보다",)),
    ("from", ("에게서", "한테서", "에서", "으로부터", "로부터", "부터")),
    ("to", ("에게", "한테", "으로", "로", "에")),
    ("object", ("을", "를")),
    ("doer", ("이", "가", "께서")),
    ("topic", ("은", "는")),
)
_ROLES = [(role, particle) for role, some in _PARTICLES for particle in some]
_SIDES = (
    ("subject", "object"),
    ("subject", "to"),
    ("subject", "from"),
    ("subject", "than"),
    ("object", "to"),
    ("from", "to"),
)
_VERB_OF_BEING = re.compile(r"^(?:있|없|아니|이[다며고]|입니|필요)")
_PASSIVE = re.compile(r"(?:되|돼|된|될|됩|됐|됨|어지|아지|여지|혀|려지)")


@dataclass(frozen=True, slots=True)
class _Deed:
    """A verb with what stands on its sides."""

    verb: str
    sense: str
    """Where it has an opposite."""
    is_passive: bool
    sides: Mapping[str, frozenset[str]]

    def side(self, name: str) -> frozenset[str]:
        return self.sides.get(name, frozenset())


def role_findings(sentence: Sequence[Word], units: Sequence[Sequence[Word]]) -> list[Finding]:
    """Name what stands on another side of a verb or of a comparison than in the source sentences.

            >>> from kb_server.grounding.words import read_words
    >>> source = read_words("The scheduler calls the gateway.")
            >>> [f.value for f in role_findings(read_words("The gateway calls the scheduler."), [source])]
            ['gateway']
            >>> role_findings(read_words("The gateway is called by the scheduler."), [source])
            []
    """
    said = list(_deeds(sentence[:_LONGEST]))
    if not said:
        return []
    verbs = {deed.verb for deed in said}
    stated = [deed for unit in units for deed in _deeds(unit[:_LONGEST])]
    doers = {deed.side("doer") for deed in stated} | {
        agent for unit in units for agent in _agents(unit[:_LONGEST])
    }
    stated = [deed for deed in stated if deed.verb in verbs or deed.sense]
    for deed in said:
        same = [other for other in stated if other.verb == deed.verb and other.is_passive == deed.is_passive]
        if any(_agrees(deed, other) for other in same):
            continue
        for other in same:
            if changed := _exchanged(deed, other) or _other_doer(deed, other, doers):
                return [Finding(Check.NAME, *(" ".join(sorted(words)) for words in changed))]
    return [
        Finding(Check.POLARITY, deed.sense, other.sense)
        for deed in said
        for other in stated
        if deed.sense and deed.sense == OPPOSITE.get(other.sense) and _compares_the_same(deed, other)
    ][:1]


def _exchanged(deed: _Deed, other: _Deed) -> tuple[frozenset[str], frozenset[str]] | None:
    for left, right in _SIDES:
        here, there = deed.side(left), deed.side(right)
        theirs, others = other.side(left), other.side(right)
        moved, back = (here - there) & (others - theirs), (there - here) & (theirs - others)
        if is_most(moved, here, others) and is_most(back, there, theirs):
            return moved, back
    return None


def _compares_the_same(deed: _Deed, other: _Deed) -> bool:
    return not _exchanged(deed, other) and all(
        is_most(deed.side(name) & other.side(name), deed.side(name), other.side(name))
        for name in ("subject", "than")
    )


def _other_doer(
    deed: _Deed, other: _Deed, doers: AbstractSet[frozenset[str]]
) -> tuple[frozenset[str], frozenset[str]] | None:
    """Find somebody of the sources who does here what they say of another."""
    doer, theirs = deed.side("doer"), other.side("doer")
    if not doer or not theirs or doer & (theirs | other.side("object")) or doer not in doers:
        return None
    return (doer, theirs) if deed.side("what") and deed.side("what") == other.side("what") else None


def _agrees(deed: _Deed, other: _Deed) -> bool:
    """Tell whether the sides that both have share a word each, and none changed sides."""
    both = [name for name, keys in deed.sides.items() if keys and other.side(name)]
    return (
        len(both) > 1
        and all(deed.side(name) & other.side(name) for name in both)
        and not _exchanged(deed, other)
    )


def _deeds(words: Sequence[Word]) -> Iterator[_Deed]:
    if any(word.is_hangul for word in words):
        yield from _korean_deeds(words)
    else:
        yield from _english_deeds(words)


def _english_deeds(words: Sequence[Word]) -> Iterator[_Deed]:
    for stretch in _stretches(words):
        compares = any(word.text.casefold() == "than" for word in stretch)
        content = [at for at, word in enumerate(stretch) if word.is_content]
        for place, at in enumerate(content):
            before, behind = content[max(place - _SIDE, 0) : place], content[place + 1 : place + 1 + _SIDE]
            if compares and not _is_near(stretch, at, "than"):
                continue
            if before and behind and _may_be_verb(stretch[at]):
                left, right = (frozenset(stretch[at].key for at in side) for side in (before, behind))
                yield _Deed(
                    stretch[at].key, sense_of(stretch[at]), False, _english_sides(stretch, at, left, right)
                )


def _may_be_verb(word: Word) -> bool:
    return word.kind is WordKind.WORD and word.key not in _SYMMETRIC


def _english_sides(
    words: Sequence[Word], at: int, left: frozenset[str], right: frozenset[str]
) -> Mapping[str, frozenset[str]]:
    """Tell the sides of *calls* from those of *is called* and *is called by*."""
    if _is_near(words, at, "than"):
        return {"subject": left, "than": right}
    whole, rest = _phrase(words[:at]), _phrase(words[at + 1 :])
    if words[0].text.casefold() == "to":
        whole = frozenset()
    if _is_near(words, at, "by"):
        return {"subject": right, "object": left, "doer": rest, "what": whole}
    is_passive = bool(_BE & {word.text.casefold() for word in words[max(at - _NEAR, 0) : at]})
    if is_passive and not words[at].text.casefold().endswith("ing"):
        return {"object": left, "rest": right}
    return {"subject": left, "object": right, "doer": whole, "what": rest}


def _is_near(words: Sequence[Word], at: int, word: str) -> bool:
    return any(other.text.casefold() == word for other in words[at + 1 : at + 1 + _NEAR])


def _agents(words: Sequence[Word]) -> Iterator[frozenset[str]]:
    """Give whoever stands behind a *by*."""
    for stretch in _stretches(words):
        yield from (
            _phrase(stretch[at + 1 :]) for at, word in enumerate(stretch) if word.text.casefold() == "by"
        )


def _phrase(words: Sequence[Word]) -> frozenset[str]:
    """Give the words of a side that is a short noun phrase and nothing else; else nothing."""
    content = [at for at, word in enumerate(words) if word.is_content]
    if not 0 < len(content) <= _LONGEST_NAME or content[-1] - content[0] >= len(content):
        return frozenset()
    return frozenset(words[at].key for at in content)


def _stretches(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Cut where another verb's words may begin."""
    start = 0
    for at, word in enumerate(words):
        if at > start and (_CUT.search(word.gap) or word.text.casefold() in _CUTS):
            yield words[start:at]
            start = at
    if start < len(words):
        yield words[start:]


def _korean_deeds(words: Sequence[Word]) -> Iterator[_Deed]:
    sides: dict[str, set[str]] = {}
    bare: set[str] = set()
    for at, word in enumerate(words):
        if _CUT.search(word.gap):
            bare = set()
        if is_verb(words, at):
            if sides and not _VERB_OF_BEING.match(word.text):
                yield _korean_deed(word, sides)
                sides = {}
            bare = set()
        elif word.is_content:
            bare.add(_bare(word))
            if role := _role(word):
                sides.setdefault(role, set()).update(bare)
                bare = set()


def _korean_deed(verb: Word, sides: Mapping[str, set[str]]) -> _Deed:
    known = {name: frozenset(words) for name, words in sides.items()}
    known["what"] = next((known[name] for name in ("object", "to", "topic") if name in known), frozenset())
    known["subject"] = known.get("doer", frozenset()) | known.get("topic", frozenset())
    return _Deed(stem_of(verb), sense_of(verb), bool(_PASSIVE.search(verb.text)), known)


def _split(word: Word) -> tuple[str, str]:
    """Take the particle off a noun, also off one of a single syllable; give its role too."""
    for role, particle in _ROLES if word.is_hangul else ():
        if word.text.endswith(particle) and len(word.text) > len(particle):
            return word.text.removesuffix(particle), role
    return word.key, ""


def _bare(word: Word) -> str:
    return _split(word)[0]


def _role(word: Word) -> str:
    return _split(word)[1]
