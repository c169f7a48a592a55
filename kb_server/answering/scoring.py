"""How well a unit of a passage answers: its words, its place, its passage, and the kind of thing it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kb_server.answering.asked import AnswerType, Asked
from kb_server.answering.passages import Passage, Unit, is_adrift
from kb_server.text.blocks import TextKind

HEADING_WEIGHT = 0.8
CONTEXT_WEIGHT = 0.3
PASSAGE_WEIGHT = 0.4
PRIOR_WEIGHT = 0.4
NEIGHBOUR_WEIGHT = 0.1
TYPE_WEIGHT = 0.1
POSITION_WEIGHT = 0.03
ADRIFT_PENALTY = 0.15
"""For a sentence that leans on one that the passage does not hold, or announces a block that is not there."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores units for one question.

    A word of the question counts most in the unit itself, less in the heading of its section, the headings of
    the page, or elsewhere in the passage.
    """

    term_weights: Mapping[str, float]
    asked: Asked
    _scores: dict[tuple[int, int], float] = field(default_factory=dict)
    _total: float = field(init=False)

    def __post_init__(self) -> None:
        """Sum the idf of the question, which every share is one of."""
        object.__setattr__(self, "_total", sum(self.term_weights.values()))

    def share(self, terms: Iterable[str]) -> float:
        """Give the share of the question's idf that ``terms`` carry."""
        weights = self.term_weights
        return sum([weights[term] for term in terms]) / self._total if self._total > 0 else 0.0

    def score(self, passage: Passage, unit: Unit) -> float:
        """Give what a unit is worth as the answer, about 0 to 2."""
        key = (id(passage), unit.order)
        if key not in self._scores:
            self._scores[key] = self._score(passage, unit)
        return self._scores[key]

    def _score(self, passage: Passage, unit: Unit) -> float:
        own = self._said(unit)
        seen = own
        total = self.share(seen)
        for terms, weight in (
            (unit.heading_terms, HEADING_WEIGHT),
            (passage.context_terms, CONTEXT_WEIGHT),
        ):
            total += weight * self.share(terms - seen)
            seen |= terms
        around = _around(passage, unit) - own
        return (
            total
            + PASSAGE_WEIGHT * self.share(passage.terms - own)
            + NEIGHBOUR_WEIGHT * self.share(around)
            + PRIOR_WEIGHT * passage.prior
            + TYPE_WEIGHT * self._is_met_by(passage, unit)
            + POSITION_WEIGHT / (1 + max(unit.order, 0))
            - ADRIFT_PENALTY * is_adrift(passage, unit)
        )

    def _is_met_by(self, passage: Passage, unit: Unit) -> bool:
        """Tell whether a unit says the kind of thing asked for; behind a yes or no it decides."""
        decides = unit.decides and self.asked.type is AnswerType.VERDICT
        return decides or self.asked.is_met_by(passage.text_of(unit.span))

    def _said(self, unit: Unit) -> frozenset[str]:
        """Give the terms of a unit; of code that nobody asks for only names and numbers.

        The words inside an example, such as a request that somebody could send, answer nothing.
        """
        if unit.block.kind is not TextKind.CODE or self.asked.wants_code:
            return unit.terms
        return frozenset(term for term in unit.terms if not term.isalpha())


def _around(passage: Passage, unit: Unit) -> frozenset[str]:
    near = passage.units[max(unit.order - 1, 0) : unit.order + 2]
    return frozenset[str]().union(*(each.terms for each in near))
