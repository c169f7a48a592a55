"""What the cosines of one search show: how near the leading chunk is, and how far it stands above others.

A raw cosine means something else for every encoder and corpus: in one product all passages are alike, in
another hardly two. So it is also compared with the next pages, and with all visible rows.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb_server.retrieval.candidates import Candidates, Evidence

RIVALS = 10
"""Pages behind the best one that it is compared with."""
_USUAL = 0.1
"""Mean cosine of a question with rows, and its spread, over corpora: what few rows are drawn towards."""
_USUAL_ROWS = 50
"""Rows that the usual mean and spread count as much as."""
_HALF = 4.0
"""Spreads above the mean that are half of the scale: what leading chunks come to."""


class Meaning(NamedTuple):
    """Signals from cosines; see ``kb_server.retrieval.results.Signals``."""

    likeness: float = 0.0
    meaning_lead: float = 0.0
    apart: float = 0.0


def read_meaning(
    evidence: Evidence, candidates: Candidates, *, documents: NDArray[np.int32], langs: NDArray[np.int8]
) -> Meaning:
    """Compare the cosine of the leading chunk; all is 0 without cosines.

    ``documents[row]`` is the page of each row, ``langs[row]`` its language.
    """
    cosine = evidence.cosine
    if cosine is None or not candidates.rows.size:
        return Meaning()
    first = candidates.rows[0]
    leading = float(cosine[first])
    others = cosine[_leading_rows(documents[candidates.rows], candidates.rows)[1 : RIVALS + 1]]
    return Meaning(
        likeness=max(leading, 0.0),
        meaning_lead=max(leading - float(others.mean()), 0.0) if others.size else max(leading, 0.0),
        apart=_apart(leading, evidence, langs == langs[first]),
    )


def _leading_rows(pages: NDArray[np.int32], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the first row of each page, in the order of the candidates."""
    firsts = np.unique(pages, return_index=True)[1]
    return rows[np.sort(firsts)]


def _apart(leading: float, evidence: Evidence, alike: NDArray[np.bool_]) -> float:
    """Give how many spreads ``leading`` stands above the rows ``alike``, on a scale that ends at 1.

    Where the approximate search left most cosines out, the usual ones stand for them.
    """
    seen = alike if evidence.visible is None else alike & evidence.visible
    known = evidence.cosine[seen] if evidence.cosine is not None and evidence.exact else np.empty(0)
    rows = known.size + _USUAL_ROWS
    mean = (float(known.sum(dtype=np.float64)) + _USUAL_ROWS * _USUAL) / rows
    squares = known.size * float(known.var(dtype=np.float64)) if known.size else 0.0
    spread = math.sqrt((squares + _USUAL_ROWS * _USUAL**2) / rows)
    above = max((leading - mean) / spread, 0.0)
    return above / (above + _HALF)
