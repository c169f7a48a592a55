"""Filters on what documents carry: from ``{"product": "cloud"}`` to the rows that may be seen."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import UnknownFilterError
from kb_server.index.records import Document

PATH_PREFIX = "path_prefix"
BUILT_IN_KEYS = frozenset({"doc_id", "lang", "path", PATH_PREFIX, "title", "type"})
"""Keys that every index knows; all but ``type`` look at the document itself, not at its metadata."""

NOT = "!"
"""Behind a key it turns the filter around: ``{"lang!": "ko"}`` is met by pages that are not Korean."""
VERSION = "version"
"""A key that is also read off paths and other front matter; see ``kb_server.index.versions``."""

_CACHED_MASKS = 64


class DocumentFilter:
    """Turns filters into masks over the rows of one version; threads may share it."""

    def __init__(
        self,
        documents: Sequence[Document],
        row_documents: NDArray[np.int32],
        versions: Sequence[tuple[str, ...]] = (),
    ) -> None:
        """Index the values of ``documents``; ``row_documents[row]`` is the place of the row's document.

        ``versions`` names the product versions of each document; they count as ``version`` where the
        front matter has no such key.
        """
        self._row_documents = row_documents
        self._paths = [_normal(document.path) for document in documents]
        self._places: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for place, document in enumerate(documents):
            for key, value in _attributes(document):
                self._places[key][_normal(value)].append(place)
        for place, labels in enumerate(versions):
            if VERSION not in documents[place].metadata:
                for label in labels:
                    self._places[VERSION][_normal(label)].append(place)
        self.keys = BUILT_IN_KEYS.union(self._places)
        """What can be filtered by."""
        self._lock = Lock()
        self._masks: OrderedDict[frozenset[tuple[str, frozenset[str]]], NDArray[np.bool_]] = OrderedDict()

    def visible(self, filters: Mapping[str, str | Sequence[str]]) -> NDArray[np.bool_] | None:
        """Give the rows whose document meets all ``filters``, as a read-only mask; None where all rows do.

        A filter with several values is met by any of them, ``path_prefix`` by the beginning of the path; a
        key that ends with ``!`` is met by the documents that carry none of the values.
        Values are compared exactly, but for their Unicode form. Raises ``UnknownFilterError`` for a key that
        no document carries.
        """
        if not filters:
            return None
        wanted = frozenset((key, _values(value)) for key, value in filters.items())
        for key in filters:
            self._check(key)
        with self._lock:
            mask = self._masks.get(wanted)
            if mask is not None:
                self._masks.move_to_end(wanted)
                return mask
        mask = self._mask(wanted)
        with self._lock:
            self._masks[wanted] = mask
            while len(self._masks) > _CACHED_MASKS:
                self._masks.popitem(last=False)
        return mask

    def _check(self, key: str) -> None:
        key = key.removesuffix(NOT)
        if key not in self.keys:
            close = get_close_matches(key, sorted(self.keys))
            known = [*close, *sorted(self.keys.difference(close))]
            raise UnknownFilterError(
                f"No document carries {key[:80]!r}, so it cannot be filtered by.",
                remedy=f"Known filters: {', '.join(known)}.",
            )

    def _mask(self, wanted: frozenset[tuple[str, frozenset[str]]]) -> NDArray[np.bool_]:
        documents = np.ones(len(self._paths), dtype=np.bool_)
        for key, values in wanted:
            meets = np.zeros(len(self._paths), dtype=np.bool_)
            meets[self._matching(key.removesuffix(NOT), values)] = True
            documents &= ~meets if key.endswith(NOT) else meets
        mask = documents[self._row_documents]
        mask.flags.writeable = False
        return mask

    def _matching(self, key: str, values: frozenset[str]) -> list[int]:
        if key == PATH_PREFIX:
            prefixes = tuple(values)
            return [place for place, path in enumerate(self._paths) if path.startswith(prefixes)]
        if key not in self._places:
            return []
        return [place for value in values for place in self._places[key].get(value, ())]


def _attributes(document: Document) -> Iterator[tuple[str, str]]:
    """Give the document's pairs of key and single value; its own fields hide metadata of the same name."""
    yield "doc_id", document.doc_id
    yield "lang", document.lang
    yield "path", document.path
    yield "title", document.title
    for key, value in document.metadata.items():
        if key == "type" or key not in BUILT_IN_KEYS:
            for single in (value,) if isinstance(value, str) else value:
                yield key, single


def _values(value: str | Sequence[str]) -> frozenset[str]:
    return frozenset(map(_normal, (value,) if isinstance(value, str) else value))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)
