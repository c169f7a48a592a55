"""A second look at the best passages: question and passage read together, slower and sharper than vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kb_server.retrieval.candidates import Candidates, Evidence, Stage, StageTrace

STAGE = "rerank"
"""Name of its score among the scores of a hit."""


class Reranker(Protocol):
    """Reads a question and a passage together."""

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Score ``passages`` (n,), finite, higher where a passage answers the question better."""
        ...


@dataclass(frozen=True)
class Reranking:
    """A reranker that is loaded once, with the first version: a server does not start without it."""

    load: Callable[[], Reranker]
    top: int
    """How many candidates it looks at."""

    @cached_property
    def reranker(self) -> Reranker:
        """The reranker, loaded now if it was not yet; raises what its loading raises."""
        return self.load()


def rerank_stage(reranking: Reranking, passages_of: Callable[[Sequence[int]], Sequence[str]]) -> Stage:
    """Give the stage that orders the best candidates by the reranker; the rest follow as they were.

    ``passages_of`` gives what is read of rows. The fused scores stay with their rows.
    """
    reranker = reranking.reranker

    def rank(evidence: Evidence, candidates: Candidates) -> Candidates:
        head = candidates.rows[: reranking.top]
        if not head.size:
            return candidates
        scores = reranker.scores(evidence.query.text, passages_of(head.tolist()))
        order = np.argsort(-scores, kind="stable")
        everything = np.concatenate([order, np.arange(head.size, candidates.rows.size)])
        return replace(
            candidates,
            rows=candidates.rows[everything],
            scores=candidates.scores[everything],
            trail=(*candidates.trail, StageTrace(STAGE, head[order], scores[order])),
        )

    return rank


def rerank_scores(candidates: Candidates) -> dict[int, float]:
    """Give the reranker's score of each row that it read; empty without a reranker."""
    return {
        row: score
        for trace in candidates.trail
        if trace.stage == STAGE
        for row, score in zip(trace.rows.tolist(), trace.scores.tolist(), strict=True)
    }
