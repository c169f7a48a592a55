"""What a drafted answer shows about whether it answers: its words, and the kind of thing that it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kb_server.answering.asked import AnswerType, read_question
from kb_server.answering.excerpts import Excerpt
from kb_server.retrieval.results import RetrievalResult, Signals

_UNTOLD = 0.5
"""Where the question does not tell which kind of thing it asks for."""


def signals_of(result: RetrievalResult, excerpts: Sequence[Excerpt]) -> Signals:
    """Give the signals of the search with those of the answer that would quote ``excerpts``."""
    if not excerpts:
        return result.signals
    weights = result.term_weights
    total = sum(weights.values())
    held = frozenset[str]().union(*(_terms(excerpt) for excerpt in excerpts))
    return replace(
        result.signals,
        said=sum(weights[term] for term in sorted(held)) / total if total > 0 else 0.0,
        kind=_kind(result.query.text, excerpts),
    )


def _terms(excerpt: Excerpt) -> frozenset[str]:
    """Give the terms of the question that stand in the quoted units."""
    return frozenset[str]().union(
        *(
            unit.terms
            for unit in excerpt.passage.units
            if any(span.start <= unit.span.start < span.end for span in excerpt.spans)
        )
    )


def _kind(question: str, excerpts: Sequence[Excerpt]) -> float:
    asked = read_question(question)
    if asked.type is AnswerType.ANY:
        return _UNTOLD
    quoted = (excerpt.passage.text_of(span) for excerpt in excerpts for span in excerpt.spans)
    return float(any(asked.is_met_by(text) for text in quoted))
