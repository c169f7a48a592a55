"""What goes from stage to stage while one query is ranked.

``Evidence`` holds one value per row of the version and comes first. ``Candidates`` holds the rows that are
still in the race, best first, with a trace of each stage so far. A stage is a function from the one record
to the next; it reads the evidence and never changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb_server.index.lexical import LexicalScores
from kb_server.retrieval.crossing.question import Crossing
from kb_server.retrieval.fusion import Weights
from kb_server.retrieval.query import SearchQuery

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What each row of a version shows for one query; every array has shape (rows,)."""

    query: SearchQuery
    lang: str
    """Language of the query."""
    visible: NDArray[np.bool_] | None
    """The rows that pass the filters; None where all rows do."""
    lexical: LexicalScores
    share: Scores
    """BM25 divided by the query's upper bound, from 0 to 1; for a row in the other language, that of the
    query in its words."""
    crossing: Crossing | None
    """The query in the words of the other language; None where no visible row is in it."""
    crossed: NDArray[np.bool_]
    """The rows that are compared with ``crossing``, shape (rows,)."""
    background: Scores | None
    """What the words of earlier turns add to ``share`` in the fusion; None where they do not count."""
    cosine: Scores | None
    """Similarity with the query's vector; 0 for rows that the approximate search left out, None without a
    vector."""
    exact: bool
    """False where ``cosine`` knows only the rows that the approximate search gave."""
    weights: Mapping[str, Weights]
    """What the fusion multiplied the two parts by, by the language of the chunk."""
    fused: Scores
    """The score that chooses the candidates; -inf for rows that are not visible."""

    def count(self) -> int:
        """Give the number of visible rows that have some evidence."""
        return int(np.count_nonzero(self.evident & np.isfinite(self.fused)))

    @property
    def evident(self) -> NDArray[np.bool_]:
        """Which rows hold a term of the query or of its background, or are similar to it at all."""
        evident = self.share > 0
        for part in (self.background, self.cosine):
            if part is not None:
                evident |= part > 0
        return evident

    def terms(self, *, across: bool) -> Mapping[str, float]:
        """Give the idf of each term of the query, ``across``: in the words of the other language."""
        return self.crossing.term_weights if across and self.crossing else self.lexical.term_weights

    def scores_of(self, row: int) -> dict[str, float]:
        """Give the score of ``row`` by stage."""
        scores = {"lexical": float(self.share[row])}
        if self.cosine is not None:
            scores["dense"] = float(self.cosine[row])
        return scores


@dataclass(frozen=True, slots=True)
class StageTrace:
    """What one stage left of the candidates."""

    stage: str
    rows: Rows
    """In the stage's order, best first."""
    scores: Scores
    parts: Mapping[str, Scores] = field(default_factory=dict)
    """What the stage added to the score of each of ``rows``, by reason."""
    dropped: Mapping[int, int] = field(default_factory=dict)
    """Rows that the stage took out, each with the row that stands for it."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows in the race, best first, with their scores."""

    rows: Rows
    scores: Scores
    trail: tuple[StageTrace, ...] = ()

    def after(
        self,
        stage: str,
        rows: Rows,
        scores: Scores,
        *,
        parts: Mapping[str, Scores] | None = None,
        dropped: Mapping[int, int] | None = None,
    ) -> Candidates:
        """Give the candidates as ``stage`` left them; see ``StageTrace`` for ``parts`` and ``dropped``."""
        trace = StageTrace(stage, rows, scores, parts or {}, dropped or {})
        return replace(self, rows=rows, scores=scores, trail=(*self.trail, trace))


Stage = Callable[[Evidence, Candidates], Candidates]
"""A step that ranks again, moves or takes out candidates; a row that it leaves keeps its place."""


class Ranking(NamedTuple):
    """All that explains the order of the hits."""

    evidence: Evidence
    candidates: Candidates
    """As the last stage left them, before they were cut to the hits."""

    @property
    def dropped(self) -> dict[int, int]:
        """The rows that any stage took out, each with the row that stands for it."""
        return {row: kept for trace in self.candidates.trail for row, kept in trace.dropped.items()}

    def part(self, reason: str, row: int) -> float:
        """Give what ``reason`` added to the score of ``row`` in the stages; 0 where nothing."""
        return sum(
            float(trace.parts[reason][trace.rows == row].sum())
            for trace in self.candidates.trail
            if reason in trace.parts
        )
