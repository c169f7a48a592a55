"""What each audience sees of a version: an index in which the pages kept from it do not exist.

Everything that is ranked, counted, suggested or said comes from that narrowed index, its word statistics
included, so an answer is the same as if the other pages had never been written.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

import numpy as np

from kb_server.index.labels import labels_of, may_see
from kb_server.retrieval.retriever import Retriever

_KEPT_BYTES = 128 * 1024 * 1024
"""Postings of narrowed versions that are kept for the next question; the one in use always is."""


class AudienceViews:
    """Narrows one version; threads may share it."""

    def __init__(self, whole: Retriever) -> None:
        """Narrow the version that ``whole`` searches."""
        self._whole = whole
        labels = (labels_of(document.metadata) for document in whole.reader.documents())
        restricted = [named for named in labels if named is not None]
        self._labels = frozenset().union(*restricted)
        self._has_restricted = bool(restricted)
        self._lock = Lock()
        self._views: OrderedDict[frozenset[str], Retriever] = OrderedDict()

    def seen_by(self, audiences: frozenset[str] | None) -> Retriever:
        """Give the search of what ``audiences`` may see beside public pages; None: of everything."""
        if audiences is None or not self._has_restricted:
            return self._whole
        # Labels that no page has change nothing: callers who differ in them alone share a view.
        carried = self._labels.intersection(audiences)
        with self._lock:  # also while one is built: the next one to ask for it would build it again
            view = self._views.get(carried)
            if view is None:
                view = self._views[carried] = self._narrowed(carried)
            self._views.move_to_end(carried)
            self._drop_oldest()
        return view

    def _narrowed(self, carried: frozenset[str]) -> Retriever:
        documents = self._whole.reader.documents()
        kept = np.array([may_see(document, carried) for document in documents], dtype=np.bool_)
        return self._whole if kept.all() else self._whole.narrowed(self._whole.reader.narrowed(kept))

    def _drop_oldest(self) -> None:
        sizes = {key: self._size(view) for key, view in self._views.items()}
        total = sum(sizes.values())
        while total > _KEPT_BYTES and len(self._views) > 1:
            key, _ = self._views.popitem(last=False)
            total -= sizes[key]

    def _size(self, view: Retriever) -> int:
        return 0 if view is self._whole else view.reader.lexical.size
