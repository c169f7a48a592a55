"""Keep apart what pages of several products or versions say: an answer tells of one of them.

A question that names a product or a version is not answered from pages of another one. One that names no
product is answered from pages of one product and from those without any. One that names no version gets the
later one of two pages that are the same page in two versions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from kb_server.answering.quoting.passages import Passage
from kb_server.answering.quoting.product_names import is_named, own_words
from kb_server.index.facets import FACETS, value_of
from kb_server.index.records import ScoredChunk
from kb_server.index.versions import asked_versions, families_of, is_of, order_of
from kb_server.retrieval.query import SearchQuery

_LATER_SAYS_IT = 0.8
"""Share of the older page's score from which on its later version deals with the question too."""


def named_values(hits: Sequence[ScoredChunk], key: str, text: str) -> set[str]:
    """Give the values of ``key`` on the pages of ``hits`` that a text names, by any of their names."""
    names = _names(hits, key)
    return {value for value in names if any(is_named(name, text) for name in names[value])}


def asked_about(
    hits: Sequence[ScoredChunk], query: SearchQuery, *, most: int | None = None
) -> list[ScoredChunk]:
    """Leave out the hits of another product or version than the question, or one before it, is about.

    ``most`` hits of the products asked about are looked at; by default all.
    """
    left = list(hits)
    for key in FACETS:
        asked = _asked(left, key, query)
        left = [hit for hit in left if not asked or value_of(hit.document, key) in {"", *asked}]
    return _of_version(left[:most], _texts(query))


def still_of(hits: Sequence[ScoredChunk], query: SearchQuery) -> list[str]:
    """Give the products that the turns before the question, and not its own words, make it about.

    None where all that was found is of one product: nothing is told apart then.
    """
    found = {key: {value_of(hit.document, key) for hit in hits} - {""} for key in FACETS}
    return [
        value
        for key, values in found.items()
        if query.background and len(values) > 1 and not named_values(hits, key, query.text)
        for value in sorted(_asked(hits, key, query))
    ]


def of_one(passages: Sequence[Passage], quoted: Iterable[Passage], query: SearchQuery) -> list[Passage]:
    """Leave out the passages of other products than the first of ``quoted`` that has one.

    All stay where the question names several.
    """
    left, leading = list(passages), [passage.hit.document for passage in quoted]
    for key in FACETS:
        first = next(filter(None, (value_of(document, key) for document in leading)), "")
        if first and not _asked([passage.hit for passage in left], key, query):
            left = [passage for passage in left if value_of(passage.hit.document, key) in {"", first}]
    return left


def have_a_heading_in_common(one: ScoredChunk, other: ScoredChunk) -> bool:
    """Tell whether a heading below the title is the same in two passages."""
    return not _headings(one).isdisjoint(_headings(other))


def _texts(query: SearchQuery) -> tuple[str, ...]:
    return (query.text, *(query.background.asked if query.background else ()))


def _asked(hits: Sequence[ScoredChunk], key: str, query: SearchQuery) -> set[str]:
    """Give the values that the question or the latest one before it names, or else what it is still about."""
    named = (named_values(hits, key, text) for text in _texts(query))
    earlier = query.background.of.get(key, "") if query.background else ""
    held = {value_of(hit.document, key) for hit in hits}
    return next(filter(None, named), {earlier} & held - {""})


def _names(hits: Sequence[ScoredChunk], key: str) -> Mapping[str, set[str]]:
    """Give the values of ``key``, each with its names: its own, and what tells the titles of twins apart."""
    valued = [(hit, value) for hit in hits if (value := value_of(hit.document, key))]
    names = {value: {value} for _, value in valued}
    for (one, value), (other, rival) in combinations(valued, 2):
        if value != rival and have_a_heading_in_common(one, other):
            called, rival_called = own_words(one.document.title, other.document.title)
            if called:
                names[value].add(called)
                names[rival].add(rival_called)
    return names


def _headings(hit: ScoredChunk) -> set[str]:
    paths = [section.heading_path for section in hit.chunk.sections] or [hit.chunk.heading_path]
    return {path[-1] for path in paths if path}


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
        for family in _families(hit):
            known = best[family]
            known[_order(hit)] = max(hit.score, known.get(_order(hit), hit.score))

    def is_superseded(hit: ScoredChunk) -> bool:
        own = _order(hit)
        return any(
            order > own and score >= _LATER_SAYS_IT * best[family][own]
            for family in _families(hit)
            for order, score in best[family].items()
        )

    return [hit for hit in hits if not is_superseded(hit)]


def _families(hit: ScoredChunk) -> tuple[str, ...]:
    return families_of(hit.document) if hit.versions else ()


def _order(hit: ScoredChunk) -> tuple[int, ...]:
    return max(map(order_of, hit.versions), default=())
