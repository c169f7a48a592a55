"""What a drafted answer shows about whether it answers: the words of the question that it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kb_server.answering.excerpts import Excerpt
from kb_server.answering.naming_words import naming
from kb_server.index.records import Span
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.results import RetrievalResult, Signals


def signals_of(result: RetrievalResult, excerpts: Sequence[Excerpt]) -> Signals:
    """Give the signals of the search with those of the answer that would quote ``excerpts``."""
    weights = result.term_weights
    total = sum(weights.values())
    held = frozenset[str]().union(*(_terms(excerpt) for excerpt in excerpts))
    said = sum(weights[term] for term in sorted(held)) / total if total > 0 else 0.0
    signals = replace(result.signals, said=said)
    if result.terms is None:
        return signals
    words = naming(result.query.text, result.terms, _said(excerpts))
    return replace(signals, named=words.named, topical=float(words.topical), familiar=float(words.familiar))


def _terms(excerpt: Excerpt) -> frozenset[str]:
    """Give the terms of the question that stand in the quoted units."""
    return frozenset[str]().union(
        *(
            unit.terms
            for unit in excerpt.passage.units
            if any(span.start <= unit.span.start < span.end for span in excerpt.spans)
        )
    )


def _said(excerpts: Sequence[Excerpt]) -> frozenset[str]:
    """Give all terms of what is quoted, and of the titles and headings above it."""
    texts = [_with_headings(excerpt, span) for excerpt in excerpts for span in excerpt.spans]
    return frozenset(term for text in texts for term in tokenize(text))


def _with_headings(excerpt: Excerpt, span: Span) -> str:
    passage = excerpt.passage
    headings = passage.hit.chunk.section_at(span.start).heading_path
    return "\n".join((passage.hit.document.title, *headings, passage.text_of(span)))
