"""What cases name that the index does not have: pages, headings, anchors, quotes, and filters."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Protocol

from evals.cases.matching import headings, slug
from evals.cases.problems import Problem, did_you_mean
from evals.cases.schema import Case, Place
from evals.text import plain, squeezed

_BUILT_IN_FILTERS = {"lang", "type", "path", "path_prefix", "title", "doc_id", "version"}
_SHOWN = 5


class Docs(Protocol):
    """The pages of an index, through the public API."""

    async def pages(self) -> list[dict[str, Any]]:
        """List the pages with path, title and metadata."""

    async def text(self, page: Mapping[str, Any]) -> str:
        """Give the text of a page."""

    async def has_section(self, path: str, anchor: str) -> bool:
        """Tell whether a page has a section of that anchor, whatever its heading says."""


async def lint_places(cases: Sequence[Case], places: Mapping[str, str], docs: Docs) -> list[Problem]:
    """List every place and filter that the index does not have."""
    index = _Index(docs, await docs.pages())
    found = []
    for case in cases:
        for code, message in [*index.filters(case), *[item async for item in index.places(case)]]:
            found.append(Problem(places[case.id], case.id, code, message))
    return found


class _Index:
    def __init__(self, docs: Docs, pages: Sequence[dict[str, Any]]) -> None:
        self._docs = docs
        self._pages = {unicodedata.normalize("NFC", page["path"]): page for page in pages}
        self._keys = _BUILT_IN_FILTERS.union(*(page["metadata"] for page in pages))
        self._texts: dict[str, str] = {}

    def filters(self, case: Case) -> Iterator[tuple[str, str]]:
        for key in case.filters:
            name = key.removesuffix("!")
            if name not in self._keys:
                yield (
                    "unknown_filter",
                    f"No page has the filter {name!r}.{did_you_mean(name, sorted(self._keys))}",
                )

    async def places(self, case: Case) -> AsyncIterator[tuple[str, str]]:
        for place in _named(case):
            page = self._pages.get(unicodedata.normalize("NFC", place.path))
            if page is None:
                hint = did_you_mean(place.path, list(self._pages), cutoff=0.7)
                yield "stale_document", f"The index has no page {place.path!r}.{hint}"
                continue
            async for finding in self._section(place, page):
                yield finding

    async def _section(self, place: Place, page: Mapping[str, Any]) -> AsyncIterator[tuple[str, str]]:
        if not (place.anchor or place.heading or place.quote):
            return
        text = await self._text(page)
        known = [page["title"], *headings(text)]
        if place.heading and plain(place.heading) not in {plain(item) for item in known}:
            yield (
                "stale_heading",
                f"{place.path} has no heading {place.heading!r}.{_closest(place.heading, known)}",
            )
        if place.anchor and not await self._has_anchor(place, known):
            hint = _closest(place.anchor, [slug(item) for item in known])
            yield "stale_heading", f"{place.path} has no section #{place.anchor}.{hint}"
        if place.quote and squeezed(place.quote) not in squeezed(text):
            yield "stale_quote", f"{place.path} does not say {place.quote!r}."

    async def _has_anchor(self, place: Place, known: Sequence[str]) -> bool:
        if place.anchor in {slug(item) for item in known}:
            return True
        return await self._docs.has_section(place.path, place.anchor)

    async def _text(self, page: Mapping[str, Any]) -> str:
        if page["path"] not in self._texts:
            self._texts[page["path"]] = await self._docs.text(page)
        return self._texts[page["path"]]


def _named(case: Case) -> list[Place]:
    expect = case.expect
    named = [*expect.cite.all, *expect.cite.any, *expect.cite.none]
    named += [*expect.retrieve.all, *expect.retrieve.any, *case.relevant]
    plain_places = [Place(**place.model_dump(include=set(Place.model_fields))) for place in named]
    return list({str(place): place for place in plain_places}.values())


def _closest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, 1, cutoff=0.4)
    if close:
        return f" Did you mean {close[0]!r}?"
    listed = ", ".join(repr(item) for item in known[:_SHOWN])
    return f" It has {listed}{', …' if len(known) > _SHOWN else ''}."
