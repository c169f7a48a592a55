"""How well a unit of a passage answers: its words, its place, its passage, and the kind of thing it says.

The score is a weighted sum of features; the weights are fitted on questions with known answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import mul

from kb_server.answering.quoting.asked import Asked
from kb_server.answering.quoting.features import Reading, features_of
from kb_server.answering.quoting.passages import Passage, Unit
from kb_server.answering.quoting.weights import shipped_weights


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores units for one question."""

    term_weights: Mapping[str, float]
    asked: Asked
    _reading: Reading = field(init=False)
    _weights: tuple[float, ...] = field(init=False)
    _scores: dict[tuple[int, int], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what the question has in common for all units."""
        object.__setattr__(self, "_reading", Reading(self.term_weights, self.asked))
        object.__setattr__(self, "_weights", shipped_weights())

    def share(self, terms: Iterable[str]) -> float:
        """Give the share of the question's idf that ``terms`` carry."""
        return self._reading.share(terms)

    def score(self, passage: Passage, unit: Unit) -> float:
        """Give what a unit is worth as the answer, about 0 to 2."""
        key = (id(passage), unit.order)
        if key not in self._scores:
            self._scores[key] = sum(map(mul, self._weights, features_of(self._reading, passage, unit)))
        return self._scores[key]
