"""Leave out near-copies of the page that came first: they say the same, so they cast no doubt on it.

A README beside an index page, an old folder beside the new one, a page in two versions: each holds the best
passage too, and would stand as close to the question as that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb_server.index.records import ScoredChunk
from kb_server.retrieval.candidates import Candidates, Evidence, Ranking
from kb_server.retrieval.duplicates import fingerprint

_REPEATED = 0.8
"""Share of the runs of words of the shorter text from which on one page repeats what the other says."""
_LEAST_RUNS = 6
"""A text of fewer is too short to be known again."""


class Judged(NamedTuple):
    """A search without near-copies of its first page."""

    evidence: Evidence
    candidates: Candidates
    documents: NDArray[np.int32]
    """The page of each row; a passage that stands for one of the first page is of that page."""


def without_copies(
    evidence: Evidence,
    candidates: Candidates,
    hits: Sequence[ScoredChunk],
    documents: NDArray[np.int32],
) -> Judged:
    """Give the search as it would be if near-copies of the page of the first hit were hidden.

    ``documents[row]`` is the page of each row, and ``hits`` are the first of the candidates. A page is a
    near-copy where its passage gave up its place to the best one, or where it has the same title and nearly
    the same text as the best passage: there a value or a "not" may differ, as in the copy of an older state.
    """
    dropped = Ranking(evidence, candidates).dropped
    copies = _copies(candidates, hits, documents, dropped)
    if not copies:
        return Judged(evidence, candidates, documents)
    page = documents[candidates.rows[0]]
    standing = [kept for row, kept in dropped.items() if documents[row] == page and documents[kept] in copies]
    documents = documents.copy()
    documents[standing] = page
    own = ~np.isin(documents, list(copies))
    left = own[candidates.rows]
    hidden = replace(
        evidence,
        visible=own if evidence.visible is None else own & evidence.visible,
        share=np.where(own, evidence.share, np.float32(0)),
        cosine=None if evidence.cosine is None else np.where(own, evidence.cosine, np.float32(0)),
    )
    kept = replace(candidates, rows=candidates.rows[left], scores=candidates.scores[left])
    return Judged(hidden, kept, documents)


def _copies(
    candidates: Candidates,
    hits: Sequence[ScoredChunk],
    documents: NDArray[np.int32],
    dropped: Mapping[int, int],
) -> set[int]:
    """Give the places of the pages that are near-copies of the first one."""
    first = int(candidates.rows[0])
    copies = {int(documents[row]) for row, kept in dropped.items() if kept == first}
    page, best = int(documents[first]), hits[0]
    passages: dict[int, list[str]] = {}
    for row, hit in zip(candidates.rows.tolist(), hits, strict=False):
        place = int(documents[row])
        if place not in {page, *copies} and _may_repeat(best, hit):
            passages.setdefault(place, []).append(hit.text)
    copies |= {place for place, texts in passages.items() if _repeat(best.text, texts)}
    return copies - {page}


def _may_repeat(best: ScoredChunk, hit: ScoredChunk) -> bool:
    same_title = best.document.title.casefold() == hit.document.title.casefold()
    return same_title and best.chunk.lang == hit.chunk.lang


def _repeat(text: str, others: Sequence[str]) -> bool:
    """Tell whether ``text`` says nearly all that passages of another page say, or they all that it says."""
    runs = fingerprint(text).runs
    held = frozenset[tuple[str, ...]]().union(*(fingerprint(other).runs for other in others))
    least = min(len(runs), len(held))
    return least >= _LEAST_RUNS and len(runs & held) >= _REPEATED * least
