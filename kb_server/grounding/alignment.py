"""Find the source sentence that a sentence repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from kb_server.grounding.sources import Window
from kb_server.grounding.words import Word

Weight = Callable[[str], float]

_COMPARED = 12
"""Source sentences that are looked at word by word."""
_LONGEST = 400
"""Words of a sentence that are laid beside each other."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Words of the sentence and of its source between two stretches that are the same."""

    said: tuple[Word, ...]
    stated: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """A sentence beside the closest sentence of its sources."""

    unit: tuple[Word, ...]
    share: float
    """Share of the sentence's content words that the unit has in the same order."""
    differences: tuple[Difference, ...] = ()


def closest_units(sentence: Sequence[Word], window: Window) -> tuple[tuple[Word, ...], ...]:
    """Give the source sentences that share words with ``sentence``, at most the 12 closest, those first."""
    said = frozenset(word.key for word in sentence if word.is_content)
    likeness = [_likeness(said, keys) for keys in window.unit_keys]
    order = sorted(range(len(likeness)), key=lambda at: -likeness[at])
    return tuple(window.units[at] for at in order[:_COMPARED] if likeness[at])


def beside(sentence: Sequence[Word], unit: tuple[Word, ...]) -> Alignment:
    """Lay a sentence beside a source sentence, word by word."""
    said, stated = tuple(sentence[:_LONGEST]), unit[:_LONGEST]
    matcher = SequenceMatcher(None, [w.key for w in said], [w.key for w in stated], autojunk=False)
    differences = tuple(
        Difference(said[said_from:said_to], stated[stated_from:stated_to])
        for tag, said_from, said_to, stated_from, stated_to in matcher.get_opcodes()
        if tag != "equal"
    )
    return Alignment(unit, _share_in_order(said, stated), differences)


def _share_in_order(said: Sequence[Word], stated: Sequence[Word]) -> float:
    """Compare words with content only: an article at another place must not part two equal sentences."""
    some = [word.key for word in said if word.is_content]
    others = [word.key for word in stated if word.is_content]
    blocks = SequenceMatcher(None, some, others, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(some) if some else 0.0


def _likeness(said: frozenset[str], keys: frozenset[str]) -> float:
    shared = len(said & keys)
    return 2 * shared / (len(said) + len(keys)) + shared / len(said) if shared else 0.0
