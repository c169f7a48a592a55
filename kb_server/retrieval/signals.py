"""What a search shows about whether the index holds an answer at all.

Each signal means nearly the same in every corpus: a share of the question's weight, or a lead inside the
ranking of this one question. Only visible chunks count.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kb_server.index.lexical import LexicalIndex
from kb_server.index.records import ScoredChunk
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.candidates import Candidates, Evidence
from kb_server.retrieval.fusion import top_rows
from kb_server.retrieval.results import Signals

_RIVALS = 10
"""Pages behind the best one that it is compared with, and chunks among which its own are counted."""
_READ = 200
"""Chunks of one stage whose pages are told apart."""


def read_signals(
    evidence: Evidence,
    candidates: Candidates,
    hits: Sequence[ScoredChunk],
    *,
    lexical: LexicalIndex,
    documents: NDArray[np.int32],
) -> Signals:
    """Read the signals off one search; all are 0 where nothing was found.

    ``documents[row]`` is the page of each row of the version.
    """
    if not hits:
        return Signals()
    weights = evidence.lexical.term_weights
    best = hits[0]
    coverage = _share(weights, set(tokenize(f"{best.chunk.context}\n{best.text}")))
    pages = documents[candidates.rows]
    by_page = _best_of_pages(candidates.scores, pages)
    cosine = max(float(evidence.cosine.max()), 0.0) if evidence.cosine is not None else 0.0
    cross = best.chunk.lang != evidence.lang
    # Where no other page is visible none leads: all that counts is how well the only one fits.
    alone = cosine if cross else coverage
    return Signals(
        cosine=cosine,
        coverage=coverage,
        weight=1 - math.exp(-coverage * sum(weights.values()) / lexical.weight_of_rare_term),
        known=_share(weights, [term for term in weights if lexical.row_frequency(term, evidence.visible)]),
        word_lead=_word_lead(evidence, documents),
        page_lead=_lead(by_page[0], by_page[1 : _RIVALS + 1], alone=alone),
        next_lead=_lead(by_page[0], by_page[1:2], alone=alone),
        own_share=_own_share(pages[:_RIVALS], _page_share(evidence, documents, int(pages[0]))),
        cross=float(cross),
    )


def _share(weights: Mapping[str, float], terms: Collection[str]) -> float:
    """Give the share of the weight of all query terms that ``terms`` carry."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in terms) / total if total > 0 else 0.0


def _best_of_pages(scores: NDArray[np.float32], pages: NDArray[np.int32]) -> NDArray[np.float32]:
    """Give the highest score of each page, the best page first; the rows come best first."""
    _, first = np.unique(pages, return_index=True)
    return np.sort(scores[first])[::-1]


def _lead(best: float, others: NDArray[np.float32], *, alone: float) -> float:
    """Give by which share of its score the best page stands above the mean of ``others``."""
    return float((best - others.mean()) / best) if others.size and best > 0 else alone


def _page_share(evidence: Evidence, documents: NDArray[np.int32], page: int) -> float:
    """Give the share of the visible chunks that are on ``page``."""
    seen = documents if evidence.visible is None else documents[evidence.visible]
    return float(np.mean(seen == page))


def _own_share(pages: NDArray[np.int32], by_chance: float) -> float:
    """Give the share of the chunks that are on the first one's page, less what chance would put there."""
    own = float(np.mean(pages == pages[0]))
    return max((own - by_chance) / (1 - by_chance), 0.0) if by_chance < 1 else 0.0


def _word_lead(evidence: Evidence, documents: NDArray[np.int32]) -> float:
    """Give how far the best page's share of the BM25 bound stands above the mean of the next pages'."""
    rows = top_rows(evidence.share, _READ)
    by_page = _best_of_pages(evidence.share[rows], documents[rows])
    others = by_page[1 : _RIVALS + 1]
    return float(by_page[0] - (others.mean() if others.size else 0.0))
