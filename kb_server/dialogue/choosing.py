"""Read a reply to a list of options as what it picks: by number, place or words, all of them, or none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from kb_server.dialogue.deciding import says_yes, takes_all, takes_none
from kb_server.index.tokenization import tokenize

_WORD = re.compile(r"[^\s.,!?;:()\[\]{}\"'“”‘’…~>·|*_#\\/-]+")
_HANGUL = re.compile(r"[가-힣]")
_PARTICLE = re.compile(
    r"(?<=.)(?:이에요|이예요|예요|입니다|이요|으로요|으로|로요|로|에서|에|은요|는요|은|는|을|를|의|요)$"
)
_DIGITS = re.compile(r"([1-9])(?:st|nd|rd|th)?")
_PLACES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "one": 1, "two": 2, "three": 3, "four": 4}
_LAST = ("last", "마지막")
_OF_TWO = {"former": 1, "latter": 2, "전자": 1, "후자": 2}
_TWO = 2
_FILLING = frozenset(
    word
    for line in (
        "the a an one option number no nr choice item answer i i'd mean meant want would like pick choose",
        "select take go with for in about on of and what how is it that this please thanks ok okay yes",
        "거 것 걸 쪽 항목 선택지 선택 그럼 그러면 네 예 저는 제가 말한 원하는 대해 대해서 알려 말해 설명해",
        "보여 해 할게요 주세요 줘 줘요 알려주세요 알려줘 알려줘요 해주세요 해줘 부탁해요",
        "부탁드립니다 부탁드려요",
    )
    for word in line.split()
)
"""What stands around a pick and picks nothing itself."""
_KOREAN = re.compile(
    r"(?:그럼|그러면|네|예|저는|아니요|아뇨)?(?:(?P<digit>[1-9])(?:번째|번)?"
    r"|(?P<place>첫째|둘째|셋째|넷째|하나|둘|셋|넷|[첫한두세네](?:번째|번)|[일이삼사]번|마지막))"
    r"(?:항목|선택지|거|것|걸|쪽)?(?:으로|로|이|은|는|을|를)?(?:요|이요|이에요|예요|입니다)?"
    r"(?:선택)?(?:알려|말해|설명해|보여|해)?(?:주세요|줘요?|할게요|부탁해요|부탁드립니다|부탁드려요)?"
)
_MOST_CHARS = 400
"""No reply that picks is longer; a label with a word around it may be."""
_KOREAN_PLACES = ("첫한일하", "두둘이", "세셋삼", "네넷사")


def chosen(reply: str, labels: Sequence[str]) -> tuple[int, ...] | None:
    """Give the indices of the labels that ``reply`` picks: none of them where it says *neither*.

    None where it says anything else.

    >>> pages = ["Sync your phone", "Sync a calendar"]
    >>> [chosen(reply, pages) for reply in ("2.", "the first one, please", "calendar", "Sync", "Print?")]
    [(1,), (0,), (1,), None, None]
    >>> [chosen(reply, pages) for reply in ("both", "neither of them")], chosen("yes", pages[:1])
    ([(0, 1), ()], (0,))
    >>> pages = ["휴대폰 동기화", "캘린더 동기화"]
    >>> [chosen(reply, pages) for reply in ("2번이요", "첫 번째 거요", "캘린더로 알려주세요", "동기화")]
    [(1,), (0,), (1,), None]
    >>> [chosen(reply, pages) for reply in ("둘 다요", "둘 다 아니에요")], chosen("네", pages[:1])
    ([(0, 1), ()], (0,))
    """
    reply = unicodedata.normalize("NFC", reply).casefold().replace("’", "'")
    if len(reply) > _MOST_CHARS:
        return None
    one = _one(reply, labels)
    if one is not None:
        return (one,)
    words = _words(reply)
    if len(labels) == 1 and says_yes(words):
        return (0,)
    if takes_all(words, len(labels)):
        return tuple(range(len(labels)))
    return () if takes_none(words) else None


def _one(reply: str, labels: Sequence[str]) -> int | None:
    named = [at for at, label in enumerate(labels) if _words(label) == _words(reply)]
    if len(named) == 1:
        return named[0]
    place = _place(reply, len(labels))
    if place is not None:
        return place if place < len(labels) else None
    said = {word for word in _words(reply) if word not in _FILLING}
    holding = [at for at, label in enumerate(labels) if said and _keys(said) <= _keys(_words(label))]
    return holding[0] if len(holding) == 1 else None


def _place(reply: str, count: int) -> int | None:
    """Give the place, from 0, that a reply names and says nothing else."""
    said = _words(reply)
    if korean := _KOREAN.fullmatch("".join(said)):
        if korean["digit"]:
            return int(korean["digit"]) - 1
        firsts = (at for at, signs in enumerate(_KOREAN_PLACES) if korean["place"][0] in signs)
        return next(firsts, count - 1)
    left = [word for word in said if word not in _FILLING] or [word for word in said if word in _PLACES]
    if len(left) != 1:
        return None
    if digits := _DIGITS.fullmatch(left[0]):
        return int(digits[1]) - 1
    places = _PLACES | (_OF_TWO if count == _TWO else {}) | dict.fromkeys(_LAST, count)
    place = places.get(_PARTICLE.sub("", left[0]))
    return None if place is None else place - 1


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(unicodedata.normalize("NFC", text).casefold()))


def _stem(word: str) -> str:
    """Take off all that may be a particle, so that a word has one stem: 프로의, 프로요."""
    bare = _PARTICLE.sub("", word)
    return word if bare == word else _stem(bare)


def _keys(words: Sequence[str] | set[str]) -> set[str]:
    """Give what words are compared by: English by their stems, Korean without a particle."""
    keys: set[str] = set()
    for word in words:
        bare = _stem(word) if _HANGUL.search(word) else word
        keys |= {bare} if _HANGUL.search(bare) else set(tokenize(bare)) or {bare}
    return keys
