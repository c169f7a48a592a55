"""What a grounding check says of a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Support(StrEnum):
    """How the cited spans carry a sentence."""

    VERBATIM = "verbatim"
    """It stands in them word for word, as whole sentences."""
    SUPPORTED = "supported"
    """Other words, and no check found anything that they do not say."""
    UNSUPPORTED = "unsupported"
    """At least one check failed; such a sentence never leaves the server."""
    NO_CLAIM = "no_claim"
    """A greeting or an offer of help: there is nothing to check, and it counts in no share."""


class Check(StrEnum):
    """What can be wrong with a sentence."""

    SOURCE = "source"
    """It cites nothing that could carry it."""
    COVERAGE = "coverage"
    """Too few of its words stand in the cited spans or next to them."""
    NUMBER = "number"
    """A number, version, date or unit that they do not have, or that stands next to other words there."""
    POLARITY = "polarity"
    """It denies what they state, or states what they deny."""
    NAME = "name"
    """A name, identifier, label or address that they do not have, or that stands next to other words."""
    LANGUAGE = "language"
    """It is in another language than they are, so its words cannot be compared."""
    MODEL = "model"
    """The model for entailment contradicts it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One failed check."""

    check: Check
    value: str
    """What the sentence says."""
    expected: str = ""
    """What the source says in its place, where that is known."""


@dataclass(frozen=True, slots=True)
class SentenceCheck:
    """The verdict on one sentence."""

    support: Support
    findings: tuple[Finding, ...] = ()
    """Empty unless the sentence is unsupported."""
    coverage: float = 1.0
    """Share of the weight of its words that stand in the cited windows, 0 to 1."""

    @property
    def holds(self) -> bool:
        """Tell whether the sentence may be shown."""
        return self.support is not Support.UNSUPPORTED
