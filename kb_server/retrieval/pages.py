"""Evidence of the whole page, and room for other pages.

A page that answers a question tends to match it in several places: the mean of its three best chunks lifts
all of them. A short page has fewer and may answer as well: what it lacks counts a part of its best. And a
second chunk of a page is worth a little less than the first of another one, because the asker may mean the
other. Decision record 0034 has the figures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kb_server.retrieval.candidates import Candidates, Evidence, Stage

CANDIDATES = 200
"""Rows that take part. Further down, nothing can rise to the ranks that anyone asks for."""
_BEST_CHUNKS = 3
_PAGE_WEIGHT = 0.35
_LACKING = 1 / 3
"""What a chunk that a page lacks counts, as a part of the page's best."""
_CROWDING = 0.05
"""What each better chunk of the same page costs."""


def page_stage(documents: NDArray[np.int32]) -> Stage:
    """Give the stage that ranks candidates again with the evidence of their pages.

    ``documents[row]`` is the page of each row of the version. Equal scores keep their order.
    """

    def rank(_: Evidence, candidates: Candidates) -> Candidates:
        page, crowding = page_evidence(candidates.scores, documents[candidates.rows])
        with_page = candidates.scores + page + crowding
        order = np.argsort(-with_page, kind="stable")
        parts = {"page": page[order].astype(np.float32), "crowding": crowding[order].astype(np.float32)}
        return candidates.after(
            "pages", candidates.rows[order], with_page[order].astype(np.float32), parts=parts
        )

    return rank


def page_evidence(
    scores: NDArray[np.float32], documents: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give what candidates get from their page and what they pay for better ones of it, shape (m,) each.

    Candidates come best first; ``documents`` names the page of each.

    >>> page, crowding = page_evidence(np.array([0.60, 0.58, 0.57], dtype=np.float32), np.array([1, 2, 2]))
    >>> page.round(2).tolist(), crowding.tolist()
    ([0.12, 0.16, 0.16], [0.0, 0.0, -0.05])
    """
    _, page = np.unique(documents, return_inverse=True)
    place = _place_within(page)
    counted = place < _BEST_CHUNKS
    count = int(page.max(initial=-1)) + 1
    page_sum = np.bincount(page[counted], weights=scores[counted], minlength=count)
    best = np.bincount(page[place == 0], weights=scores[place == 0], minlength=count)
    lacking = _BEST_CHUNKS - np.bincount(page[counted], minlength=count)
    share = (_PAGE_WEIGHT / _BEST_CHUNKS * (page_sum + _LACKING * lacking * best))[page]
    return share.astype(np.float64, copy=False), (0.0 - _CROWDING * place).astype(np.float64, copy=False)


def _place_within(page: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each candidate its rank among those of its page, from 0, shape (m,)."""
    order = np.argsort(page, kind="stable")
    grouped = page[order]
    starts = np.flatnonzero(np.r_[True, grouped[1:] != grouped[:-1]]) if grouped.size else grouped
    lengths = np.diff(np.append(starts, grouped.size))
    place = np.empty(page.size, dtype=np.int64)
    place[order] = np.arange(page.size) - np.repeat(starts, lengths)
    return place
