"""Pages of several product versions side by side: the asked one first, else the current one.

A question that names a version makes pages of other versions pay. One that names none lets the same page of
a later version pass where both are about as good; what only the older page says stays where it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kb_server.index.records import Document
from kb_server.index.versions import asked_versions, family_of, is_of, order_of
from kb_server.retrieval.candidates import Candidates, Evidence, Stage
from kb_server.retrieval.query import SearchQuery

_OTHER_VERSION = 0.3
"""What a page of another version than the asked one pays, as a share of the highest score of the fusion."""
_ABOUT_AS_GOOD = 0.015
"""How much better an older page may be and still let its later version pass, as a share of the same."""
_BEHIND = 1e-4


class VersionTable:
    """The versions that the pages of one index speak of."""

    def __init__(self, documents: Sequence[Document], versions: Sequence[tuple[str, ...]]) -> None:
        """Take the ``versions`` of each of ``documents``; see ``versions_of_documents``."""
        self._versions = versions
        self._labels = {label for labels in versions for label in labels}
        self._families = [family_of(document.path) for document in documents]
        self._orders = [max(map(order_of, labels), default=()) for labels in versions]

    def __bool__(self) -> bool:
        """Tell whether the pages are of several versions at all."""
        return bool(self._labels)

    def asked(self, text: str) -> frozenset[str]:
        """Give the numbers of the versions that ``text`` names and that some page is of."""
        numbers = asked_versions(text)
        return frozenset(
            number for number in numbers if any(is_of(label, {number}) for label in self._labels)
        )

    def others(self, places: Sequence[int], asked: frozenset[str]) -> NDArray[np.float32]:
        """Give 1 for each page, by its place, that speaks of versions but of none ``asked``, else 0."""
        return np.array([self._is_other(place, asked) for place in places], dtype=np.float32)

    def price_of_older(
        self, places: Sequence[int], scores: Sequence[float], *, margin: float
    ) -> NDArray[np.float32]:
        """Give what each page pays, by its place, to come behind its later version.

        It pays nothing where it is ahead of that by more than ``margin``, or behind it already.
        """
        best: defaultdict[str, dict[tuple[int, ...], float]] = defaultdict(dict)
        for place, score in zip(places, scores, strict=True):
            known = best[self._families[place]]
            known[self._orders[place]] = max(score, known.get(self._orders[place], score))
        return np.array(
            [
                _way(score, self._orders[place], best[self._families[place]], margin)
                for place, score in zip(places, scores, strict=True)
            ],
            dtype=np.float32,
        )

    def _is_other(self, place: int, asked: frozenset[str]) -> bool:
        labels = self._versions[place]
        return bool(labels) and not any(is_of(label, asked) for label in labels)


def _way(score: float, order: tuple[int, ...], best: dict[tuple[int, ...], float], margin: float) -> float:
    later = max((value for other, value in best.items() if order and other > order), default=None)
    if later is None or not later <= score <= later + margin:
        return 0.0
    return later - score - _BEHIND


def _asked(table: VersionTable, query: SearchQuery) -> frozenset[str]:
    """Give the versions that the question names, or the latest of the questions that it leans on."""
    before = query.background.asked if query.background else ()
    return next((asked for text in (query.text, *before) if (asked := table.asked(text))), frozenset())


def version_stage(table: VersionTable, documents: NDArray[np.int32]) -> Stage:
    """Give the stage that puts the asked version first, else the current one.

    ``documents[row]`` is the page of each row of the version of the index.
    """

    def rank(evidence: Evidence, candidates: Candidates) -> Candidates:
        places = documents[candidates.rows].tolist()
        asked = _asked(table, evidence.query)
        weights = evidence.weights[evidence.lang]
        highest = weights.dense + weights.lexical
        if asked:
            price = -np.float32(_OTHER_VERSION * highest) * table.others(places, asked)
        else:
            price = table.price_of_older(places, candidates.scores.tolist(), margin=_ABOUT_AS_GOOD * highest)
        scores = candidates.scores + price
        order = np.argsort(-scores, kind="stable")
        return candidates.after(
            "versions", candidates.rows[order], scores[order], parts={"version": price[order]}
        )

    return rank
