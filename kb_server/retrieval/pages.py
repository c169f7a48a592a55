"""Evidence of the whole page, and room for other pages.

A page that answers a question tends to match it in several places: the mean of its three best chunks lifts
all of them. And a second chunk of a page is worth a little less than the first of another one, because the
asker may mean the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CANDIDATES = 200
"""Rows that take part. Further down, nothing can rise to the ranks that anyone asks for."""
_BEST_CHUNKS = 3
_PAGE_WEIGHT = 0.35
_CROWDING = 0.05
"""What each better chunk of the same page costs."""


def rank_with_pages(
    rows: NDArray[np.int64], scores: NDArray[np.float32], documents: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Rank candidates again with the evidence of their pages.

    ``rows`` are candidates, best first, shape (m,), with their ``scores`` and the ``documents`` that they
    belong to. Gives rows and scores in the new order; equal scores keep their order.

    >>> rows, scores = np.array([7, 8, 9]), np.array([0.60, 0.58, 0.57], dtype=np.float32)
    >>> rank_with_pages(rows, scores, np.array([1, 2, 2]))[0].tolist()
    [8, 7, 9]
    """
    _, page = np.unique(documents, return_inverse=True)
    place = _place_within(page)
    counted = place < _BEST_CHUNKS
    page_sum = np.bincount(page[counted], weights=scores[counted], minlength=int(page.max(initial=-1)) + 1)
    with_page = scores + _PAGE_WEIGHT / _BEST_CHUNKS * page_sum[page] - _CROWDING * place
    order = np.argsort(-with_page, kind="stable")
    return rows[order], with_page[order].astype(np.float32)


def _place_within(page: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each candidate its rank among those of its page, from 0, shape (m,)."""
    order = np.argsort(page, kind="stable")
    grouped = page[order]
    starts = np.flatnonzero(np.r_[True, grouped[1:] != grouped[:-1]]) if grouped.size else grouped
    lengths = np.diff(np.append(starts, grouped.size))
    place = np.empty(page.size, dtype=np.int64)
    place[order] = np.arange(page.size) - np.repeat(starts, lengths)
    return place
