"""Which pages stand in the index in two languages, so that the asker's own is preferred."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kb_server.index.reader import IndexReader
from kb_server.index.records import Document

SOURCE_KEY = "translation_of"
"""Front matter of a translation: the path of the page that it translates."""


def translated_rows(reader: IndexReader, visible: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Tell for each row, shape (rows,), whether its page also stands, ``visible``, in another language."""
    twins: NDArray[np.int32] = reader.notes.get("twins", lambda: _twins(reader.documents()))
    shown = twins >= 0
    if visible is not None:
        seen = np.zeros(len(twins), dtype=np.bool_)
        seen[reader.row_documents[visible]] = True
        shown &= seen[twins]
    translated: NDArray[np.bool_] = shown[reader.row_documents]
    return translated


def _twins(documents: tuple[Document, ...]) -> NDArray[np.int32]:
    """Give the place of a page of the same content in another language, -1 where there is none."""
    places = {document.path: place for place, document in enumerate(documents)}
    twins = np.full(len(documents), -1, dtype=np.int32)
    for place, document in enumerate(documents):
        source = places.get(str(document.metadata.get(SOURCE_KEY)))
        if source is not None and documents[source].lang != document.lang:
            twins[place] = source
            twins[source] = place
    return twins
