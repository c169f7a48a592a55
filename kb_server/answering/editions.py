"""Keep apart what pages of several products or versions say: an answer tells of the one that is asked about.

A question that names a product or a version is not answered from pages of another one. One that names no
version gets the later one of two pages that are the same page in two versions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from kb_server.index.records import Document, ScoredChunk
from kb_server.index.tokenization import tokenize
from kb_server.index.versions import asked_versions, family_of, is_of, order_of
from kb_server.retrieval.query import SearchQuery

FACETS = ("product", "version")
"""Front matter that tells apart whose features a page describes."""
_LATER_SAYS_IT = 0.8
"""Share of the older page's score from which on its later version deals with the question too."""


def value_of(document: Document, key: str) -> str:
    """Give the one value of a page; empty for a shared page and for a numbered version: one is the latest."""
    value = document.metadata.get(key, "")
    if not isinstance(value, str):
        value = value[0] if len(value) == 1 else ""
    return "" if key == "version" and order_of(value) else value


def is_named(value: str, question: str) -> bool:
    """Tell whether a question names a product or version."""
    said, terms = set(tokenize(question)), set(tokenize(value))
    return value.casefold() in question.casefold() or bool(terms and terms <= said)


def asked_about(hits: Sequence[ScoredChunk], query: SearchQuery) -> list[ScoredChunk]:
    """Leave out the hits of another product or version than the question, or one before it, is about."""
    texts = (query.text, *(query.background.asked if query.background else ()))
    left = list(hits)
    for key in FACETS:
        left = _named_only(left, key, texts)
    return _of_version(left, texts)


def _named_only(hits: list[ScoredChunk], key: str, texts: Iterable[str]) -> list[ScoredChunk]:
    values = {hit.document.doc_id: value_of(hit.document, key) for hit in hits}
    named = ({value for value in values.values() if value and is_named(value, text)} for text in texts)
    asked = next(filter(None, named), set[str]())
    return [hit for hit in hits if not asked or values[hit.document.doc_id] in {"", *asked}]


def _of_version(hits: list[ScoredChunk], texts: Iterable[str]) -> list[ScoredChunk]:
    asked = next(filter(None, map(asked_versions, texts)), frozenset[str]())
    if asked and any(_is_of_any(hit, asked) for hit in hits):
        return [hit for hit in hits if not hit.versions or _is_of_any(hit, asked)]
    return _latest(hits) if not asked else hits


def _is_of_any(hit: ScoredChunk, asked: frozenset[str]) -> bool:
    return any(is_of(label, asked) for label in hit.versions)


def _latest(hits: list[ScoredChunk]) -> list[ScoredChunk]:
    best: defaultdict[str, dict[tuple[int, ...], float]] = defaultdict(dict)
    for hit in hits:
        if hit.versions:
            known = best[family_of(hit.document.path)]
            known[_order(hit)] = max(hit.score, known.get(_order(hit), hit.score))

    def is_superseded(hit: ScoredChunk) -> bool:
        own = _order(hit)
        others = best[family_of(hit.document.path)] if hit.versions else {}
        return any(order > own and score >= _LATER_SAYS_IT * others[own] for order, score in others.items())

    return [hit for hit in hits if not is_superseded(hit)]


def _order(hit: ScoredChunk) -> tuple[int, ...]:
    return max(map(order_of, hit.versions), default=())
