"""Some of the documents of a version, as if there were no others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import NotFoundError
from kb_server.index.catalog import Catalog, DocumentRecord
from kb_server.index.records import Chunk, Document, Flag, Revision


class NarrowedCatalog:
    """The catalog of a version without the documents that are left out; numbers are given anew from 0 on."""

    def __init__(self, whole: Catalog, kept: NDArray[np.bool_]) -> None:
        """Keep the documents of ``whole`` where ``kept``, shape (documents,), is true."""
        self._whole = whole
        self.documents: tuple[Document, ...] = tuple(
            document for document, stays in zip(whole.documents, kept.tolist(), strict=True) if stays
        )
        self._places = {document.doc_id: place for place, document in enumerate(self.documents)}
        self.rows: NDArray[np.int64] = np.flatnonzero(kept[whole.row_documents])
        """The row in the whole version of each row."""
        place_of_whole = np.cumsum(kept, dtype=np.int32) - 1
        self.row_documents: NDArray[np.int32] = place_of_whole[whole.row_documents[self.rows]]
        self.row_langs: NDArray[np.int8] = whole.row_langs[self.rows]

    def document(self, doc_id: str) -> Document:
        """Give a document; ``NotFoundError`` where it is left out, in the words for one that never was."""
        return self.documents[self._place(doc_id)]

    def place_of(self, doc_id: str) -> int | None:
        """Give the place of a document in ``documents``, or None where there is none of that id."""
        return self._places.get(doc_id)

    def revision(self, doc_id: str) -> Revision:
        """Give the text of a document; raises what ``document`` raises."""
        self._place(doc_id)
        return self._whole.revision(doc_id)

    def record(self, doc_id: str) -> DocumentRecord:
        """Give all that is stored of a document; raises what ``document`` raises."""
        self._place(doc_id)
        return self._whole.record(doc_id)

    def flags(self) -> dict[str, tuple[Flag, ...]]:
        """Give what was flagged, by path; pages without a flag are left out."""
        paths = {document.path for document in self.documents}
        return {path: flags for path, flags in self._whole.flags().items() if path in paths}

    def chunks(self, rows: Sequence[int]) -> list[Chunk]:
        """Give the chunks of ``rows``, in that order."""
        return self._whole.chunks(self._of_whole(rows))

    def texts(self, rows: Sequence[int]) -> list[str]:
        """Give the texts of ``rows``, in that order."""
        return self._whole.texts(self._of_whole(rows))

    def chunk_ids(self) -> list[str]:
        """Give the chunk ids of all rows, by row."""
        names = self._whole.chunk_ids()
        return [names[row] for row in self.rows.tolist()]

    def headings(self) -> list[tuple[int, str]]:
        """Give what ``Catalog.headings`` gives, of these documents."""
        whole = {
            place: self._places.get(document.doc_id) for place, document in enumerate(self._whole.documents)
        }
        found = ((whole[place], text) for place, text in self._whole.headings())
        return [(place, text) for place, text in found if place is not None]

    def _place(self, doc_id: str) -> int:
        try:
            return self._places[doc_id]
        except KeyError:
            raise NotFoundError(f"There is no document {doc_id!r} in the index.") from None

    def _of_whole(self, rows: Sequence[int]) -> list[int]:
        found: list[int] = self.rows[np.asarray(rows, dtype=np.int64)].tolist()
        return found
