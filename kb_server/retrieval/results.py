"""What a search gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kb_server.index.records import ScoredChunk
from kb_server.retrieval.candidates import Ranking
from kb_server.retrieval.query import SearchQuery


@dataclass(frozen=True, slots=True)
class Signals:
    """What the answerability decision looks at, each from 0 to 1 where 1 speaks for an answer."""

    cosine: float
    """Highest cosine among the visible chunks; 0 where the encoder does not read the question's language."""
    lexical: float
    """Highest BM25 score divided by the query's upper bound (terms absent from the index included)."""
    coverage: float
    """Share of the query terms' idf that the best-ranked chunk contains."""


@dataclass(frozen=True, slots=True)
class RetrievalResult:
    """Ranked passages, all from one version of the index."""

    version: str
    query: SearchQuery
    lang: str
    """Language of the question."""
    hits: tuple[ScoredChunk, ...]
    signals: Signals
    term_weights: Mapping[str, float] = field(default_factory=dict)
    """idf of each query term, absent terms included: what sentence selection weighs words by."""
    ranking: Ranking | None = None
    """How the hits came about, for whoever wants to explain them."""
