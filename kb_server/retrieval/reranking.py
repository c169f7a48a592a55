"""A second look at the best passages: question and passage read together, slower and sharper than vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kb_server.index.reader import IndexReader
from kb_server.index.records import ScoredChunk
from kb_server.retrieval.results import RetrievalResult, SearchMode, SearchQuery

STAGE = "rerank"
"""Name of its score among the scores of a hit."""


class Reranker(Protocol):
    """Reads a question and a passage together."""

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Score ``passages`` (n,), finite, higher where a passage answers the question better."""
        ...


class Ranking(Protocol):
    """What searches one version: the retriever, alone or with a reranker behind it."""

    @property
    def reader(self) -> IndexReader:
        """The version that is searched."""
        ...

    def needs_vector(self, query: SearchQuery) -> bool:
        """Tell whether ``search`` has use for the query's vector."""
        ...

    def search(self, query: SearchQuery, vector: NDArray[np.float32] | None) -> RetrievalResult:
        """Rank the visible chunks."""
        ...


@dataclass(frozen=True)
class Reranking:
    """A reranker that is loaded once, with the first version: a server does not start without it."""

    load: Callable[[], Reranker]
    top: int
    """How many hits it looks at."""

    @cached_property
    def _reranker(self) -> Reranker:
        return self.load()

    def behind(self, retriever: Ranking) -> RerankedRetriever:
        """Put the reranker behind ``retriever``; raises what its loading raises."""
        return RerankedRetriever(retriever, self._reranker, self.top)


@dataclass(frozen=True)
class RerankedRetriever:
    """Searches with ``retriever``, then orders the first ``top`` hits by ``reranker``; the rest follow."""

    retriever: Ranking
    reranker: Reranker
    top: int

    @property
    def reader(self) -> IndexReader:
        """The version that is searched."""
        return self.retriever.reader

    def needs_vector(self, query: SearchQuery) -> bool:
        """Tell whether ``search`` has use for the query's vector."""
        return self.retriever.needs_vector(query)

    def search(self, query: SearchQuery, vector: NDArray[np.float32] | None) -> RetrievalResult:
        """Rank the visible chunks; a search of one stage alone is left as that stage ranks it."""
        if query.mode is not SearchMode.HYBRID:
            return self.retriever.search(query, vector)
        found = self.retriever.search(replace(query, top_k=max(query.top_k, self.top)), vector)
        hits = (*self._reordered(query.text, found.hits[: self.top]), *found.hits[self.top :])
        return replace(found, query=query, hits=hits[: query.top_k])

    def _reordered(self, question: str, hits: Sequence[ScoredChunk]) -> list[ScoredChunk]:
        if not hits:
            return []
        scores = self.reranker.scores(question, [f"{hit.chunk.context}\n{hit.text}" for hit in hits])
        scored = [
            replace(hit, scores={**hit.scores, STAGE: float(score)})
            for hit, score in zip(hits, scores, strict=True)
        ]
        return [scored[row] for row in np.argsort(-scores, kind="stable")]
