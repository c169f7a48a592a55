"""Denials in a text, each with the words that it is about, English and Korean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from kb_server.grounding.lexicon import DENIALS
from kb_server.grounding.words import Word, korean_key, read_words

_SCOPE = 2
"""Words that a denial is about."""
_READ = 40
"""Words in which those are looked for."""
_CLAUSE_END = re.compile(r"[.,;:!?…\n]")
_CONTRACTION = re.compile(r".+n['’]t$", re.IGNORECASE)
_PREFIX = re.compile(r"(?:un|in|im|ir|il|dis|non|mis)-?(?P<rest>[a-z]{3,})", re.IGNORECASE)
_SOFT = re.compile(
    r"(?:fail|lack|unable|refus|prevent|den[iy]|reject|block|avoid|stop|forbid|prohibit|exclud|miss|absen|fals)\w*"
    r"|unless|except|hardly|rarely|few|little|only|instead|rather|unlike|away|off|too|but",
    re.IGNORECASE,
)
_UNABLE = re.compile(
    r"unable|incapable|impossible|inability|hardly|barely|scarcely|rarely|seldom|forbidden|prohibited",
    re.IGNORECASE,
)
_IMPOSSIBLE = re.compile(r"impossible|inability|forbidden|prohibited", re.IGNORECASE)
_AROUND = 4  # words on either side of what is called impossible
_KOREAN_SOFT = re.compile(r"실패|거부|제외|차단|막|피하|부족|모르|드물|외에|오히려|대신|못|안")
_KOREAN = re.compile(r"(?P<head>[가-힣]*?)(?:않|없|못하|못한|못했|못할|못합|아니|아닌|아닙|아닐|불가|금지)")
_KOREAN_STOP_DOING = re.compile(r"^(?:마세요|마십시오|말고|말아|말라|말 것|마라|말아야|마시)")
_TAKEN_BACK = re.compile(
    r"prevent(?:ed)?|stopped|keep|kept|unable|forbidden|prohibited|impossible|barred|banned|blocked|fails?|refuses?",
    re.IGNORECASE,
)
"""Behind a *not*, and before *from* or *to*: both together deny nothing."""
_TAKEN_BACK_WITHIN = 4
_TO = frozenset({"from", "to", "for"})
_HELD = frozenset({"keep", "kept"})
"""Denies only before *from*: what is not kept for a month is denied once."""
_IS_NOT = ("아니", "아닙", "아닌")
_KOREAN_THING = frozenset({"것은", "것이", "것도", "건", "게"})
_NOT_ALONE = ("뿐만", "뿐", "그렇지")
_DISPENSABLE = frozenset({"없어도", "않아도", "아니어도"})
_IS_FINE = ("되", "돼", "됩", "됐", "괜찮")
_NEEDED = "필요"
"""What *없어도 됩니다* denies beside the thing itself."""
_LIGHT = frozenset({"하지", "되지", "하지는", "되지는", "하지도", "되지도"})
"""Verbs that say nothing themselves: what is denied is the noun before."""
_ALONE = frozenset({"안", "못"})


@dataclass(frozen=True, slots=True)
class Denial:
    """A denying word and the keys of what it denies."""

    text: str
    about: frozenset[str]


def denials(words: Sequence[Word]) -> list[Denial]:
    """List the denials of a text.

    >>> [(d.text, sorted(d.about)) for d in denials(read_words("It is not saved. 저장되지 않습니다."))]
    [('not', ['save']), ('않습니다', ['저장'])]
    """
    return [denial for at, _ in enumerate(words) if (denial := _denial(words, at))]


def denies(word: Word) -> bool:
    """Tell whether a word denies, such as ``not`` or ``않습니다``."""
    if not word.is_hangul:
        return word.text.casefold() in DENIALS or bool(_CONTRACTION.match(word.text))
    return word.text in _ALONE or bool(_KOREAN.match(word.text) or _KOREAN_STOP_DOING.match(word.text))


def unable(words: Sequence[Word]) -> list[Denial]:
    """List the words that deny by their own sense: unable, impossible, hardly."""
    return [
        Denial(word.text, frozenset(islice(_content(_clause(words, at + 1)), _SCOPE)))
        if not _IMPOSSIBLE.fullmatch(word.text)
        else Denial(
            word.text, frozenset(_content(words[max(at - _AROUND, 0) : at + _AROUND + 1])) - {word.key}
        )
        for at, word in enumerate(words)
        if not word.is_hangul and _UNABLE.fullmatch(word.text) and not _takes_back(words, at)
    ]


def soft_denials(words: Sequence[Word]) -> list[Denial]:
    """List the words that deny without a ``not``: they may carry a denial, but need none."""
    found = []
    for at, word in enumerate(words):
        is_unable = not word.is_hangul and _UNABLE.fullmatch(word.text)
        prefixed = None if word.is_hangul or is_unable else _PREFIX.fullmatch(word.text)
        if _takes_back(words, at):
            continue
        if prefixed:
            found.append(Denial(word.text, frozenset({key_of(prefixed["rest"])})))
        elif (_KOREAN_SOFT if word.is_hangul else _SOFT).match(word.text) and not is_unable:
            around = [other.key for other in words[max(at - _SCOPE, 0) : at + _SCOPE + 1] if other.is_content]
            found.append(Denial(word.text, frozenset(around)))
    return [*found, *unable(words)]


def _takes_back(words: Sequence[Word], at: int) -> bool:
    """Tell whether the word at ``at`` is the second of two denials that deny nothing together."""
    if not _TAKEN_BACK.fullmatch(words[at].text):
        return False
    return any(
        denies(words[place]) and _is_taken_back(words, place) for place in range(max(at - _SCOPE, 0), at)
    )


def same_thing(one: Denial, other: Denial) -> bool:
    """Tell whether two denials can be about the same; one that is about nothing goes with any."""
    return not one.about or not other.about or bool(one.about & other.about) or _alike(one.about, other.about)


def _alike(some: frozenset[str], others: frozenset[str]) -> bool:
    """Compare Korean words by their beginning: 저장하 and 저장."""
    return any(a[:2] == b[:2] and a[0] >= "가" for a in some for b in others)


def _denial(words: Sequence[Word], at: int) -> Denial | None:
    word = words[at]
    return _korean_denial(words, at) if word.is_hangul else _english_denial(words, at)


def _english_denial(words: Sequence[Word], at: int) -> Denial | None:
    folded = words[at].text.casefold()
    if folded not in DENIALS and not _CONTRACTION.match(folded):
        return None
    following = words[at + 1] if at + 1 < len(words) else None
    before = words[at - 1].text.casefold() if at else ""
    if following and (
        following.text.casefold() == "only" or (folded == "no" and following.text[0].isdigit())
    ):
        return None
    if (before == "or" and folded == "not") or _is_taken_back(words, at):
        return None
    about = [*islice(_content(_clause(words, at + 1)), _SCOPE)] or [*islice(_content(_before(words, at)), 1)]
    return Denial(words[at].text, frozenset(about))


def _is_taken_back(words: Sequence[Word], at: int) -> bool:
    """Tell whether the denial at ``at`` is one of two that deny nothing together: *not prevented from*."""
    if words[at].is_hangul:
        around = [word.text for word in words[max(at - 2, 0) : at + 3]]
        return any(
            thing in _KOREAN_THING and one.endswith("는") and _KOREAN.match(one) and other.startswith(_IS_NOT)
            for one, thing, other in zip(around, around[1:], around[2:], strict=False)
        )
    behind = [word.text.casefold() for word in words[at + 1 : at + 1 + _TAKEN_BACK_WITHIN]]
    return any(
        _TAKEN_BACK.fullmatch(one) and (other == "from" or (other in _TO and one not in _HELD))
        for one, other in pairwise(behind)
    )


def _clause(words: Sequence[Word], start: int) -> Iterator[Word]:
    for word in words[start : start + _READ]:
        if _CLAUSE_END.search(word.gap):
            return
        yield word


def _before(words: Sequence[Word], end: int) -> Iterator[Word]:
    return reversed(words[max(end - _READ, 0) : end])


def _content(words: Iterable[Word]) -> Iterator[str]:
    return (word.key for word in words if word.is_content)


def _korean_denial(words: Sequence[Word], at: int) -> Denial | None:
    word = words[at]
    before = words[at - 1] if at else None
    if word.text in _ALONE:
        return Denial(word.text, frozenset(islice(_content(words[at + 1 : at + 1 + _READ]), 1)))
    stops = (
        _KOREAN_STOP_DOING.match(word.text)
        and before is not None
        and before.text.endswith(("지", "지는", "지도"))
    )
    match = _KOREAN.match(word.text)
    if not match and not stops:
        return None
    if _is_taken_back(words, at) or (before is not None and before.text.endswith(_NOT_ALONE)):
        return None
    return Denial(word.text, _korean_scope(words, at, match["head"] if match else ""))


def _korean_scope(words: Sequence[Word], at: int, head: str) -> frozenset[str]:
    """Give what the Korean denial at ``at``, with ``head`` in the same word, is about."""
    following = words[at + 1].text if at + 1 < len(words) else ""
    near = reversed(words[max(at - 3, 0) : at])
    if words[at].text in _DISPENSABLE and following.startswith(_IS_FINE):
        return frozenset((*islice(_content(near), 1), _NEEDED))
    if len(head) > 1:
        return frozenset({korean_key(head)})
    return frozenset(islice(_content(other for other in near if other.text not in _LIGHT), 1))


def key_of(text: str) -> str:
    """Give the key by which the word ``text`` is compared."""
    return read_words(text)[0].key
