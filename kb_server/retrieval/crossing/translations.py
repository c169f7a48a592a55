"""Which pages are translations of one another, so that the asker's own is preferred."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kb_server.index.reader import IndexReader
from kb_server.index.records import TRANSLATION_OF, Document


def translations(reader: IndexReader, lang: str) -> NDArray[np.int64]:
    """Give pages with their translations into ``lang``, or their sources in it.

    Places in ``reader.documents()``, shape (pairs, 2): a page, then the one in ``lang``.
    """
    known: NDArray[np.int64] = reader.notes.get(
        ("translations", lang), lambda: _pairs(reader.documents(), lang)
    )
    return known


def translated_rows(reader: IndexReader, lang: str, visible: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Tell for each row, shape (rows,), whether its page also stands in ``lang`` and can be seen there."""
    pages, own = translations(reader, lang).T
    seen = np.full(len(reader.documents()), fill_value=visible is None)
    if visible is not None:
        seen[reader.row_documents[visible]] = True
    translated = np.zeros_like(seen)
    translated[pages[seen[own]]] = True
    by_row: NDArray[np.bool_] = translated[reader.row_documents]
    return by_row


def _pairs(documents: tuple[Document, ...], lang: str) -> NDArray[np.int64]:
    places = {document.path: place for place, document in enumerate(documents)}
    pairs = []
    for place, document in enumerate(documents):
        source = places.get(str(document.metadata.get(TRANSLATION_OF)))
        if source is not None and documents[source].lang != document.lang:
            pairs += [(place, source), (source, place)]
    wanted = [pair for pair in pairs if documents[pair[1]].lang == lang]
    return np.array(wanted, dtype=np.int64).reshape(-1, 2)
