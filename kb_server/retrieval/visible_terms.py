"""What the visible pages of one search hold of single search terms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kb_server.index.reader import IndexReader


class VisibleTerms:
    """Tells where terms stand on the pages that the filters of a question leave."""

    def __init__(self, reader: IndexReader, visible: NDArray[np.bool_] | None) -> None:
        """Look at the rows of ``reader`` where ``visible``, shape (rows,), is true; None: at all."""
        self._reader = reader
        self._visible = visible

    @property
    def weight_of_rare(self) -> float:
        """The weight of a term that a single row holds."""
        return self._reader.lexical.weight_of_rare_term

    def weight(self, terms: Sequence[str]) -> float:
        """Give the mean inverse document frequency of ``terms``, at least one."""
        return sum(map(self._reader.lexical.idf, terms)) / len(terms)

    def stand(self, terms: Sequence[str]) -> bool:
        """Tell whether each of ``terms`` stands in some visible row."""
        return all(self._reader.lexical.row_frequency(term, self._visible) for term in terms)

    def head(self, terms: Sequence[str]) -> bool:
        """Tell whether each of ``terms`` stands in a title or a heading of some visible page."""
        return all(self._heads(term) for term in terms)

    def heading_pages(self, term: str) -> int:
        """Give the number of visible pages of which a title or a heading holds the term."""
        places = self._reader.heading_documents.get(term)
        if places is None:
            return 0
        return len(places) if self._visible is None else int(np.count_nonzero(self._shown[places]))

    def _heads(self, term: str) -> bool:
        places = self._reader.heading_documents.get(term)
        if places is None or self._visible is None:
            return places is not None
        return bool(self._shown[places].any())

    @cached_property
    def _shown(self) -> NDArray[np.bool_]:
        shown = np.zeros(len(self._reader.documents()), dtype=np.bool_)
        shown[self._reader.row_documents[self._visible]] = True
        return shown
