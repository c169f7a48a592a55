"""Denials: what a sentence denies its sources must deny, and what they deny it must not state.

Each denial is read with the words that it is about, so that a denial elsewhere in a long sentence is not
mistaken for one of the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kb_server.grounding.alignment import Alignment, Difference, beside
from kb_server.grounding.lexicon import DENIALS, opposites
from kb_server.grounding.sources import Window
from kb_server.grounding.support import Check, Finding
from kb_server.grounding.words import Word, korean_key, read_words

_LEAST_SHARE = 0.5
"""A source sentence with fewer of the sentence's words says nothing about what the sentence left out."""
_COPY_SHARE = 0.6
"""From this share of its words on, in order, a sentence repeats the source sentence."""
_MOST_APART = 4
"""Words; what is longer was added or left out as a whole, with what it denies."""
_SCOPE = 2
"""Words that a denial is about."""
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


def closest_alignment(
    sentence: Sequence[Word], window: Window, units: Sequence[tuple[Word, ...]]
) -> Alignment:
    """Lay a sentence beside the one of ``units`` that it repeats, or beside nothing."""
    return beside(sentence, _closest(sentence, units, window)) if units else Alignment((), 0.0)


def polarity_findings(
    sentence: Sequence[Word], window: Window, units: Sequence[tuple[Word, ...]], best: Alignment
) -> list[Finding]:
    """Name the denials on one side only, and words exchanged for their opposite.

    ``units`` are the source sentences that the sentence is compared with, the closest first, and ``best``
    is the sentence beside the one that it repeats.
    """
    if not units:
        return []
    said = [*denials(sentence), *_unable(sentence)]
    stated = [denial for unit in units for denial in (*denials(unit), *_soft_denials(unit))]
    findings = [
        Finding(Check.POLARITY, denial.text)
        for denial in said
        if not any(_same_thing(denial, other) for other in stated)
        and not _may_be_denied(denial, best, stated)
    ]
    # Korean words change places freely.
    is_korean = any(word.is_hangul for word in sentence)
    share = max(best.share, _share_of_forms(sentence, best.unit)) if is_korean else best.share
    if share >= _LEAST_SHARE:
        findings += _dropped(sentence, said, best, units)
    if not findings and best.share >= _COPY_SHARE and not _same_denials(said, best.unit):
        findings = [found for difference in best.differences if (found := _one_sided(difference))]
    return findings or _opposites(sentence, best, window, said)


def _closest(sentence: Sequence[Word], units: Sequence[tuple[Word, ...]], window: Window) -> tuple[Word, ...]:
    """Give the source sentence with the most words of the sentence in their own form, quoted ones first.

    A sentence next to the quoted one that only shares the stems ("a deleted page can be restored") does not
    outweigh the denial in the quotation ("guests cannot delete a page").
    """
    return max(units, key=lambda unit: (_share_of_forms(sentence, unit), unit in window.quoted))


def _share_of_forms(sentence: Sequence[Word], unit: Sequence[Word]) -> float:
    said = {_form(word) for word in sentence if word.is_content}
    return len(said & {_form(word) for word in unit}) / len(said) if said else 0.0


def _same_denials(said: Sequence[Denial], unit: Sequence[Word]) -> bool:
    """Tell whether a sentence denies the same things with other words or at another place."""
    stated = [*denials(unit), *_unable(unit)]
    return (
        bool(said)
        and len(said) == len(stated)
        and all(
            any(one.about and _same_thing(one, other) and other.about for other in stated) for one in said
        )
    )


def _unable(words: Sequence[Word]) -> list[Denial]:
    """List the words that deny by their own sense: unable, impossible, hardly."""
    return [
        Denial(word.text, frozenset(list(_content(_clause(words, at + 1)))[:_SCOPE]))
        if not _IMPOSSIBLE.fullmatch(word.text)
        else Denial(
            word.text, frozenset(_content(words[max(at - _AROUND, 0) : at + _AROUND + 1])) - {word.key}
        )
        for at, word in enumerate(words)
        if not word.is_hangul and _UNABLE.fullmatch(word.text)
    ]


def _form(word: Word) -> str:
    """Tell what was done (``deleted``, ``삭제된``) from the doing; number and particles do not count."""
    if word.is_hangul:
        return word.key + ("된" if word.text.endswith(("된", "됐던", "되었던")) else "")
    return word.text.casefold().rstrip("s")


def _one_sided(difference: Difference) -> Finding | None:
    """Compare how often each side denies where a near copy departs from its source."""
    said = [word for word in difference.said if denies(word) or _UNABLE.fullmatch(word.text)]
    stated = [word for word in difference.stated if denies(word)]
    added = len(said) > len(stated) + len(_soft_denials(difference.stated))
    if added and len(difference.said) <= _MOST_APART:
        return Finding(Check.POLARITY, said[-1].text)
    lost = len(stated) > len(said) + len(_soft_denials(difference.said))
    if lost and len(difference.stated) <= _MOST_APART:
        return Finding(Check.POLARITY, " ".join(word.text for word in difference.said), stated[-1].text)
    return None


def denies(word: Word) -> bool:
    """Tell whether a word denies, such as ``not`` or ``않습니다``."""
    if not word.is_hangul:
        return word.text.casefold() in DENIALS or bool(_CONTRACTION.match(word.text))
    return word.text in _ALONE or bool(_KOREAN.match(word.text) or _KOREAN_STOP_DOING.match(word.text))


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
    if before == "or" and folded == "not":
        return None
    about = list(_content(_clause(words, at + 1)))[:_SCOPE] or list(_content(reversed(words[:at])))[:1]
    return Denial(words[at].text, frozenset(about))


def _clause(words: Sequence[Word], start: int) -> Iterator[Word]:
    for word in words[start:]:
        if _CLAUSE_END.search(word.gap):
            return
        yield word


def _content(words: Iterable[Word]) -> Iterator[str]:
    return (word.key for word in words if word.is_content)


def _korean_denial(words: Sequence[Word], at: int) -> Denial | None:
    word = words[at]
    before = words[at - 1] if at else None
    if word.text in _ALONE:
        return Denial(word.text, frozenset(list(_content(words[at + 1 :]))[:1]))
    stops = (
        _KOREAN_STOP_DOING.match(word.text)
        and before is not None
        and before.text.endswith(("지", "지는", "지도"))
    )
    match = _KOREAN.match(word.text)
    if not match and not stops:
        return None
    head = match["head"] if match else ""
    if before is not None and (
        before.text.endswith("뿐만") or before.text.endswith("뿐") or before.text == "그렇지"
    ):
        return None
    if len(head) > 1:
        return Denial(word.text, frozenset({korean_key(head)}))
    before_it = (other for other in reversed(words[max(at - 3, 0) : at]) if other.text not in _LIGHT)
    return Denial(word.text, frozenset(list(_content(before_it))[:1]))


def _same_thing(one: Denial, other: Denial) -> bool:
    return not one.about or not other.about or bool(one.about & other.about) or _alike(one.about, other.about)


def _alike(some: frozenset[str], others: frozenset[str]) -> bool:
    """Compare Korean words by their beginning: 저장하 and 저장."""
    return any(a[:2] == b[:2] and a[0] >= "가" for a in some for b in others)


def _may_be_denied(denial: Denial, best: Alignment, stated: Sequence[Denial]) -> bool:
    """Tell whether the sources deny in other words what they do not name with those of the sentence."""
    keys = {word.key for word in best.unit}
    return bool(stated) and not (denial.about & keys and best.share >= _LEAST_SHARE)


def _soft_denials(words: Sequence[Word]) -> list[Denial]:
    """List the words that deny without a ``not``: they may carry a denial, but need none."""
    found = []
    for at, word in enumerate(words):
        is_unable = not word.is_hangul and _UNABLE.fullmatch(word.text)
        prefixed = None if word.is_hangul or is_unable else _PREFIX.fullmatch(word.text)
        if prefixed:
            found.append(Denial(word.text, frozenset({_keys(prefixed["rest"])})))
        elif (_KOREAN_SOFT if word.is_hangul else _SOFT).match(word.text) and not is_unable:
            around = [other.key for other in words[max(at - _SCOPE, 0) : at + _SCOPE + 1] if other.is_content]
            found.append(Denial(word.text, frozenset(around)))
    return [*found, *_unable(words)]


def _dropped(
    sentence: Sequence[Word],
    said: Sequence[Denial],
    best: Alignment,
    units: Sequence[tuple[Word, ...]],
) -> list[Finding]:
    keys = {word.key for word in sentence if word.is_content}
    denied = [*said, *_soft_denials(sentence)]
    return [
        Finding(Check.POLARITY, " ".join(sorted(denial.about & keys)), denial.text)
        for denial in denials(best.unit)
        if denial.about & keys and not any(_same_thing(denial, other) for other in denied)
        if best.share >= _COPY_SHARE or not _stated_elsewhere(denial, best, units, sentence)
    ]


def _stated_elsewhere(
    denial: Denial, best: Alignment, units: Sequence[tuple[Word, ...]], sentence: Sequence[Word]
) -> bool:
    """Tell whether another source sentence, or this one at another place, states the same without denial."""
    for unit in units:
        denied = [other for other in denials(unit) if other.about & denial.about]
        count = sum(word.key in denial.about for word in unit)
        as_close = _share_of_forms(sentence, unit) >= _share_of_forms(sentence, best.unit)
        if unit != best.unit and count and not denied and as_close:
            return True
    return False


def _opposites(
    sentence: Sequence[Word], best: Alignment, window: Window, said: Sequence[Denial]
) -> list[Finding]:
    if said or denials(best.unit) or best.share < _LEAST_SHARE:
        return []
    keys = {word.key for word in sentence}
    unit = {word.key for word in best.unit}
    return [
        Finding(Check.POLARITY, one, other)
        for one, other in OPPOSITES
        if one in keys and other in unit and one not in unit and other not in keys
        if one not in window.keys or best.share >= _COPY_SHARE
    ]


def _keys(text: str) -> str:
    return read_words(text)[0].key


OPPOSITES = tuple((_keys(one), _keys(other)) for one, other in opposites())
"""Keys of words that say the opposite of each other, both ways round."""
