"""Whether a citation, a passage or a page is the place that a case names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.cases.schema import Place
from evals.text import plain, squeezed

Span = Mapping[str, Any]
"""A citation or passage of the API: ``path, title, heading_path, anchor`` and ``quote`` or ``text``."""

_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")
_MIN_PART = 8
"""Characters of a quote that is only a part of the words named by a case."""


def slug(heading: str) -> str:
    """Make the anchor that GitHub makes of a heading.

    >>> slug("1. Install `kb` (설치)")
    '1-install-kb-설치'
    """
    return _NOT_IN_ANCHOR.sub("", heading.strip().lower()).replace(" ", "-")


def headings(text: str) -> list[str]:
    r"""List the headings that stand in a text.

    >>> headings("# Title\n\nWords.\n\n## Next")
    ['Title', 'Next']
    """
    return _HEADING.findall(text)


def same_path(first: str, second: str) -> bool:
    """Compare paths whatever their Unicode form."""
    return unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", second)


def is_at(place: Place, span: Span) -> bool:
    """Tell whether a span lies on the page and in the section, and holds the quote, that a place names."""
    if not same_path(place.path, span["path"]):
        return False
    if place.anchor and place.anchor not in set(_anchors(span)):
        return False
    if place.heading and plain(place.heading) not in {plain(item) for item in _headings(span)}:
        return False
    return not place.quote or _shares_words(place.quote, _words(span))


def found_at(place: Place, spans: Sequence[Span]) -> bool:
    """Tell whether any of the spans is at a place."""
    return any(is_at(place, span) for span in spans)


def _words(span: Span) -> str:
    return str(span.get("quote") or span.get("text") or "")


def _anchors(span: Span) -> Iterator[str]:
    """Give the anchors of a span: its own, and those of all sections around and inside it."""
    yield span.get("anchor") or ""
    for heading in _headings(span):
        yield slug(heading)


def _headings(span: Span) -> Iterator[str]:
    yield span.get("title") or ""
    yield from span.get("heading_path") or ()
    yield from headings(_words(span))


def _shares_words(wanted: str, words: str) -> bool:
    quote, text = squeezed(wanted), squeezed(words)
    return quote in text or (len(text) >= _MIN_PART and text in quote)
