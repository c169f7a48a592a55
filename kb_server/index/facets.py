"""The front matter that tells apart whose features a page describes."""

from __future__ import annotations

from collections.abc import Iterable

from kb_server.index.records import Document
from kb_server.index.versions import order_of

FACETS = ("product", "version")
"""Fields of the front matter by which pages describe the features of one product or edition."""


def value_of(document: Document, key: str) -> str:
    """Give the one value of a page; empty for a shared page and for a numbered version: one is the latest."""
    value = document.metadata.get(key, "")
    if not isinstance(value, str):
        value = value[0] if len(value) == 1 else ""
    return "" if key == "version" and order_of(value) else value


def common_values(documents: Iterable[Document]) -> dict[str, str]:
    """Give what all of ``documents`` that have a value agree on, by field; shared pages do not count."""
    pages = list(documents)
    values = {key: {value_of(page, key) for page in pages} - {""} for key in FACETS}
    return {key: next(iter(found)) for key, found in values.items() if len(found) == 1}
