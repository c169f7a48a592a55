"""Denials: what a sentence denies its sources must deny, and what they deny it must not state.

Each denial is read with the words that it is about, so that a denial elsewhere in a long sentence is not
mistaken for one of the same thing.
"""

from __future__ import annotations

from collections.abc import Sequence

from kb_server.grounding.alignment import Alignment, Difference, beside
from kb_server.grounding.denials import Denial, denials, denies, key_of, same_thing, soft_denials, unable
from kb_server.grounding.lexicon import opposites
from kb_server.grounding.sources import Window
from kb_server.grounding.support import Check, Finding
from kb_server.grounding.words import Word

_LEAST_SHARE = 0.5
"""A source sentence with fewer of the sentence's words says nothing about what the sentence left out."""
_COPY_SHARE = 0.6
"""From this share of its words on, in order, a sentence repeats the source sentence."""
_MOST_APART = 4
"""Words; what is longer was added or left out as a whole, with what it denies."""


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
    said = [*denials(sentence), *unable(sentence)]
    stated = [denial for unit in units for denial in (*denials(unit), *soft_denials(unit))]
    findings = [
        Finding(Check.POLARITY, denial.text)
        for denial in said
        if not any(same_thing(denial, other) for other in stated) and not _may_be_denied(denial, best, stated)
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
    stated = [*denials(unit), *unable(unit)]
    return (
        bool(said)
        and len(said) == len(stated)
        and all(any(one.about and same_thing(one, other) and other.about for other in stated) for one in said)
    )


def _form(word: Word) -> str:
    """Tell what was done (``deleted``, ``삭제된``) from the doing; number and particles do not count."""
    if word.is_hangul:
        return word.key + ("된" if word.text.endswith(("된", "됐던", "되었던")) else "")
    return word.text.casefold().rstrip("s")


def _one_sided(difference: Difference) -> Finding | None:
    """Compare how often each side denies where a near copy departs from its source."""
    said = [word for word in difference.said if denies(word) or unable((word,))]
    stated = [word for word in difference.stated if denies(word)]
    added = len(said) > len(stated) + len(soft_denials(difference.stated))
    if added and len(difference.said) <= _MOST_APART:
        return Finding(Check.POLARITY, said[-1].text)
    lost = len(stated) > len(said) + len(soft_denials(difference.said))
    if lost and len(difference.stated) <= _MOST_APART:
        return Finding(Check.POLARITY, " ".join(word.text for word in difference.said), stated[-1].text)
    return None


def _may_be_denied(denial: Denial, best: Alignment, stated: Sequence[Denial]) -> bool:
    """Tell whether the sources deny in other words what they do not name with those of the sentence."""
    keys = {word.key for word in best.unit}
    return bool(stated) and not (denial.about & keys and best.share >= _LEAST_SHARE)


def _dropped(
    sentence: Sequence[Word],
    said: Sequence[Denial],
    best: Alignment,
    units: Sequence[tuple[Word, ...]],
) -> list[Finding]:
    keys = {word.key for word in sentence if word.is_content}
    denied = [*said, *soft_denials(sentence)]
    return [
        Finding(Check.POLARITY, " ".join(sorted(denial.about & keys)), denial.text)
        for denial in denials(best.unit)
        if denial.about & keys and not any(same_thing(denial, other) for other in denied)
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


OPPOSITES = tuple((key_of(one), key_of(other)) for one, other in opposites())
"""Keys of words that say the opposite of each other, both ways round."""
