"""A small version in English and Korean, opened for ranking without an encoder's weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kb_server.index.layout import DataLayout
from kb_server.index.reader import IndexReader
from kb_server.index.testing import HashEncoder
from kb_server.retrieval.query import SearchMode, SearchQuery
from kb_server.retrieval.results import RetrievalResult
from kb_server.retrieval.retriever import Retriever

from .published import Page, publish


@contextmanager
def retriever_of(folder: Path, pages: Mapping[str, Page], **options: Any) -> Iterator[Retriever]:
    """Publish ``pages`` in ``folder`` and open them."""
    publish(folder, pages)
    layout = DataLayout(folder)
    version = layout.current()
    assert version is not None
    reader = IndexReader.open(layout, version)
    try:
        yield Retriever(reader, **({"reads": lambda _: True, "exact_scan_limit": 1000} | options))
    finally:
        reader.close()


def search(
    retriever: Retriever, text: str, *, mode: SearchMode = SearchMode.HYBRID, **fields: Any
) -> RetrievalResult:
    """Search as the server does."""
    query = SearchQuery(text, mode=mode, **fields)
    vector = HashEncoder().encode([text])[0] if retriever.needs_vector(query) else None
    return retriever.search(query, vector)
