"""What a drafted answer shows about whether it answers: the words of the question that it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kb_server.answering.excerpts import Excerpt
from kb_server.retrieval.results import RetrievalResult, Signals


def signals_of(result: RetrievalResult, excerpts: Sequence[Excerpt]) -> Signals:
    """Give the signals of the search with those of the answer that would quote ``excerpts``."""
    weights = result.term_weights
    total = sum(weights.values())
    held = frozenset[str]().union(*(_terms(excerpt) for excerpt in excerpts))
    said = sum(weights[term] for term in sorted(held)) / total if total > 0 else 0.0
    return replace(result.signals, said=said)


def _terms(excerpt: Excerpt) -> frozenset[str]:
    """Give the terms of the question that stand in the quoted units."""
    return frozenset[str]().union(
        *(
            unit.terms
            for unit in excerpt.passage.units
            if any(span.start <= unit.span.start < span.end for span in excerpt.spans)
        )
    )
