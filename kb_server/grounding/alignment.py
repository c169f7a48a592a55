"""Find the source sentence that a sentence repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from kb_server.grounding.sources import Window
from kb_server.grounding.words import Word

Weight = Callable[[str], float]

_LONGEST = 400
"""Words of a sentence that are laid beside each other."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """A sentence beside the closest sentence of its sources."""

    unit: tuple[Word, ...]
    share: float
    """Share of the sentence's content words that the unit has in the same order."""


def closest(sentence: Sequence[Word], window: Window) -> Alignment | None:
    """Give the source sentence that shares the most words with ``sentence``; None where none shares any."""
    said = {word.key for word in sentence if word.is_content}

    def likeness(unit: tuple[Word, ...]) -> float:
        keys = {word.key for word in unit if word.is_content}
        shared = len(said & keys)
        return 2 * shared / (len(said) + len(keys)) + shared / len(said) if said else 0.0

    unit = max(window.units, key=likeness, default=())
    return Alignment(unit, _share_in_order(sentence, unit)) if likeness(unit) else None


def _share_in_order(sentence: Sequence[Word], unit: Sequence[Word]) -> float:
    said = sentence[:_LONGEST]
    matcher = SequenceMatcher(None, [w.key for w in said], [w.key for w in unit[:_LONGEST]], autojunk=False)
    kept = sum(
        word.is_content for at, _, size in matcher.get_matching_blocks() for word in said[at : at + size]
    )
    total = sum(word.is_content for word in said)
    return kept / total if total else 0.0
