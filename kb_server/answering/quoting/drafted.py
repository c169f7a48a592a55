"""What a drafted answer shows about whether it answers: the words of the question that it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kb_server.answering.quoting.excerpts import Excerpt
from kb_server.answering.quoting.naming_words import naming
from kb_server.index.records import Span
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.results import RetrievalResult, Signals
from kb_server.retrieval.visible_terms import VisibleTerms


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
    return replace(
        signals,
        named=words.named,
        topical=float(words.topical),
        familiar=float(words.familiar),
        titled=_titled(result, result.terms),
    )


def _titled(result: RetrievalResult, terms: VisibleTerms) -> float:
    """Tell how alone the best hit is with a title or heading that the question holds whole, from 0 to 1."""
    if not result.hits:
        return 0.0
    best, asked = result.hits[0], frozenset(tokenize(result.query.text))
    paths = [section.heading_path for section in best.chunk.sections] or [best.chunk.heading_path]
    names = {best.document.title, *(path[-1] for path in paths if path)}
    held = [words for words in map(tokenize, sorted(names)) if words and asked.issuperset(words)]
    return max((1 / max(min(map(terms.heading_pages, words)), 1) for words in held), default=0.0)


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
