"""A question of the server's own, and what it got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb_server.index.records import FilterValue

FEW_PASSAGES = 5
"""As many as the composer reads: fewer can make another section lead the answer than when it is asked."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A question, where to look, and the place that its answer must come from."""

    text: str
    filters: Mapping[str, FilterValue] = field(default_factory=dict)
    doc_id: str = ""
    """The page that must lead the answer; empty where any may."""
    heading_path: tuple[str, ...] = ()
    """The section of that page, or one above the cited one."""
    top_k: int = FEW_PASSAGES

    def holds(self, outcome: Outcome) -> bool:
        """Tell whether it was answered, and from the place that it names."""
        if not outcome.answered:
            return False
        return not self.doc_id or (
            outcome.doc_id == self.doc_id
            and outcome.heading_path[: len(self.heading_path)] == self.heading_path
        )


class Outcome(NamedTuple):
    """What a probe got."""

    answered: bool
    text: str
    doc_id: str
    """The page that is cited first."""
    heading_path: tuple[str, ...]
    confidence: float = 0.0
    vector: NDArray[np.float16] | None = None
    """What the probe means, shape (dimension,); None where no encoder read it."""

    def closeness(self, vector: NDArray[np.float32] | None) -> float:
        """Give the cosine of the probe and of the text that ``vector`` stands for; 0 without either."""
        if vector is None or self.vector is None:
            return 0.0
        return float(self.vector.astype(np.float32) @ vector)
