"""Why each hit stands where it stands: rank and score in every stage, and the words behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kb_server.index.reader import IndexReader
from kb_server.retrieval.candidates import Evidence, Ranking, Scores, StageTrace
from kb_server.retrieval.query import SearchMode


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the query as the index knows it: a stem, or a pair of syllables."""

    term: str
    idf: float
    chunks: int
    """How many chunks of the whole index hold it."""


@dataclass(frozen=True, slots=True)
class FilterEffect:
    """What one filter alone leaves to be seen."""

    key: str
    values: tuple[str, ...]
    visible_chunks: int


@dataclass(frozen=True, slots=True)
class QueryExplanation:
    """What the search made of the query."""

    lang: str
    terms: tuple[Term, ...]
    encoder: str
    """Name of the encoder whose vector was compared; empty where none was."""
    dense: str
    """``exact``, ``approximate`` (only the nearest chunks were compared) or ``unused``."""
    weights: Mapping[str, Mapping[str, float]]
    """What the fusion multiplied the dense and the lexical score by, by the language of the chunk."""
    chunks: int
    visible_chunks: int
    matching_chunks: int
    """Visible chunks with a word of the query, or any similarity."""
    filters: tuple[FilterEffect, ...]


@dataclass(frozen=True, slots=True)
class StageView:
    """Where one stage put a chunk."""

    stage: str
    rank: int | None
    """From 1 on; None where the stage did not see it or took it out."""
    score: float | None
    parts: Mapping[str, float]
    """What the stage added, by reason."""


@dataclass(frozen=True, slots=True)
class ChunkExplanation:
    """How one chunk came through the stages."""

    stages: tuple[StageView, ...]
    terms: Mapping[str, float]
    """What each term of the query that stands in the chunk added to its BM25 score."""
    missing_terms: tuple[str, ...]
    """Terms of the query that the chunk does not hold."""


def explain_query(reader: IndexReader, ranking: Ranking) -> QueryExplanation:
    """Tell what the search made of the query, apart from any hit."""
    evidence = ranking.evidence
    weights = evidence.lexical.term_weights
    terms = (Term(term, idf, reader.lexical.row_frequency(term)) for term, idf in weights.items())
    return QueryExplanation(
        lang=evidence.lang,
        terms=tuple(sorted(terms, key=lambda term: (-term.idf, term.term))),
        encoder=reader.manifest.encoder_id if evidence.cosine is not None else "",
        dense="unused" if evidence.cosine is None else ("exact" if evidence.exact else "approximate"),
        weights=_weights(evidence),
        chunks=reader.row_count,
        visible_chunks=_visible(evidence, reader.row_count),
        matching_chunks=evidence.count(),
        filters=tuple(_effect(reader, key, value) for key, value in evidence.query.filters.items()),
    )


def explain_chunk(reader: IndexReader, ranking: Ranking, row: int) -> ChunkExplanation:
    """Tell how the chunk in ``row`` came through the stages; a row that is no candidate as well."""
    evidence = ranking.evidence
    asked = _asked(evidence, row)
    held = reader.lexical.explain_weighted(asked, row)
    stages = [_of_all("lexical", evidence.share, evidence, row)]
    if evidence.cosine is not None:
        stages.append(_of_all("dense", evidence.cosine, evidence, row))
    stages.append(_of_all("fusion", evidence.fused, evidence, row))
    stages += [_of_trace(trace, row) for trace in ranking.candidates.trail[1:]]
    return ChunkExplanation(
        stages=tuple(stages),
        terms=dict(sorted(held.items(), key=lambda pair: -pair[1])),
        missing_terms=tuple(term for term in asked if term not in held),
    )


def _asked(evidence: Evidence, row: int) -> Mapping[str, float]:
    """Give the terms that a row is compared with: a row in the other language, with those of its language."""
    if evidence.crossing is not None and evidence.crossed[row]:
        return evidence.crossing.factors
    return dict.fromkeys(evidence.lexical.term_weights, 1.0)


def _weights(evidence: Evidence) -> dict[str, dict[str, float]]:
    if evidence.query.mode is not SearchMode.HYBRID:
        return {}
    dense = evidence.cosine is not None
    return {
        lang: {"dense": weights.dense if dense else 0.0, "lexical": weights.lexical}
        for lang, weights in evidence.weights.items()
    }


def _visible(evidence: Evidence, row_count: int) -> int:
    return row_count if evidence.visible is None else int(np.count_nonzero(evidence.visible))


def _effect(reader: IndexReader, key: str, value: str | Sequence[str]) -> FilterEffect:
    values = (value,) if isinstance(value, str) else tuple(value)
    mask = reader.visible({key: values})
    return FilterEffect(key, values, reader.row_count if mask is None else int(np.count_nonzero(mask)))


def _of_all(stage: str, scores: Scores, evidence: Evidence, row: int) -> StageView:
    """Rank a row among all visible ones; one without a score there has no rank."""
    score = float(scores[row])
    unseen = stage == "dense" and not evidence.exact and score == 0
    if unseen or not np.isfinite(evidence.fused[row]):
        return StageView(stage, None, None, {})
    seen = scores if evidence.visible is None else scores[evidence.visible]
    ranked = stage != "lexical" or score > 0
    return StageView(stage, 1 + int(np.count_nonzero(seen > score)) if ranked else None, score, {})


def _of_trace(trace: StageTrace, row: int) -> StageView:
    found = np.flatnonzero(trace.rows == row)
    if not found.size:
        return StageView(trace.stage, None, None, {})
    at = int(found[0])
    parts = {reason: float(values[at]) for reason, values in trace.parts.items()}
    return StageView(trace.stage, at + 1, float(trace.scores[at]), parts)
