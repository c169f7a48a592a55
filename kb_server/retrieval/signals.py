"""What a search shows about whether the index holds an answer at all.

Each signal means nearly the same in every corpus: a share of the question's weight, or a lead inside the
ranking of this one question. Only visible chunks count.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb_server.index.lexical import LexicalIndex
from kb_server.index.records import ChunkKind, ScoredChunk
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.candidates import Candidates, Evidence
from kb_server.retrieval.crossing.question import OTHER, Crossing
from kb_server.retrieval.fusion import LANGUAGES, top_rows
from kb_server.retrieval.meaning import RIVALS, read_meaning
from kb_server.retrieval.near_copies import without_copies
from kb_server.retrieval.results import Signals

_READ_NEXT = 5
"""First chunks among which another page may hold the same words."""
_READ = 200
"""Chunks of one stage whose pages are told apart."""
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})(.*)\n?", re.MULTILINE)
_SIGN = re.compile(r"[{}\[\]<>=\"';\\]")
_SIGN_SHARE = 0.08
"""Share of such signs in a text without fences from which on it is the middle of a long block of code."""


def read_signals(
    evidence: Evidence,
    candidates: Candidates,
    hits: Sequence[ScoredChunk],
    *,
    lexical: LexicalIndex,
    documents: NDArray[np.int32],
    langs: NDArray[np.int8],
) -> Signals:
    """Read the signals off one search; all are 0 where nothing was found.

    ``documents[row]`` is the page of each row of the version, ``langs[row]`` its language. Near-copies of the
    first page rival nothing.
    """
    if not hits:
        return Signals()
    evidence, candidates, documents = without_copies(evidence, candidates, hits, documents)
    candidates = _without_translations(candidates, evidence, langs)
    best = hits[0]
    cross = best.chunk.lang != evidence.lang
    weights = evidence.lexical.term_weights
    words = _words(evidence, best, lexical, cross=cross)
    pages = documents[candidates.rows]
    by_page = _best_of_pages(candidates.scores, pages)
    on_page = documents == pages[0]
    terms = evidence.terms(across=cross)
    cosine = max(float(evidence.cosine.max()), 0.0) if evidence.cosine is not None else 0.0
    # Where no other page is visible none leads: all that counts is how well the only one fits.
    alone = cosine if cross else words.coverage
    meaning = read_meaning(evidence, candidates, documents=documents, langs=langs)
    return Signals(
        cosine=cosine,
        coverage=words.coverage,
        weight=1 - math.exp(-words.held / lexical.weight_of_rare_term),
        known=words.known,
        word_lead=_word_lead(evidence, documents),
        page_lead=_lead(by_page[0], by_page[1 : RIVALS + 1], alone=alone),
        next_lead=_lead(by_page[0], by_page[1:2], alone=alone),
        own_share=_own_share(pages, evidence, documents),
        heading=float(_asks_the_same(best, weights)),
        score_lead=max(_difference(by_page[0], by_page[1 : RIVALS + 1]), 0.0),
        words=math.tanh(
            float(evidence.share[candidates.rows[0]]) * sum(terms.values()) / lexical.weight_of_rare_term
        ),
        agreement=float(_is_first(evidence.share, on_page) and _is_first(evidence.cosine, on_page)),
        page_coverage=_share(weights, _standing_on(weights, on_page, evidence, lexical)),
        unrivalled=1 - _rival_share(terms, candidates, pages, lexical),
        likeness=meaning.likeness,
        meaning_lead=meaning.meaning_lead,
        apart=meaning.apart,
        cross=float(cross),
    )


def _without_translations(candidates: Candidates, evidence: Evidence, langs: NDArray[np.int8]) -> Candidates:
    """Leave out all but the first page of those that also stand in the language of the question.

    A translation is no rival of its page.
    """
    if evidence.crossing is None:
        return candidates
    across = langs[candidates.rows] == LANGUAGES.index(OTHER[evidence.lang])
    kept = evidence.crossed[candidates.rows] | ~across
    kept[:1] = True
    return replace(candidates, rows=candidates.rows[kept], scores=candidates.scores[kept])


def _asks_the_same(best: ScoredChunk, asked: Collection[str]) -> bool:
    """Tell whether a heading of the chunk has the words of the question and no others."""
    sections = [section.heading_path for section in best.chunk.sections] or [best.chunk.heading_path]
    headings = [path[-1] if path else best.document.title for path in sections]
    return bool(asked) and any(set(tokenize(heading)) == set(asked) for heading in headings)


def _is_first(scores: NDArray[np.float32] | None, on_page: NDArray[np.bool_]) -> bool:
    """Tell whether no other page has a row with a higher score; hidden rows have none above 0."""
    return scores is not None and bool(scores[on_page].max() >= scores.max())


def _standing_on(
    terms: Collection[str], on_page: NDArray[np.bool_], evidence: Evidence, lexical: LexicalIndex
) -> list[str]:
    """Give the terms that any visible row of the page holds."""
    rows = on_page if evidence.visible is None else on_page & evidence.visible
    return [term for term in terms if lexical.row_frequency(term, rows)]


def _rival_share(
    terms: Mapping[str, float], candidates: Candidates, pages: NDArray[np.int32], lexical: LexicalIndex
) -> float:
    """Give the largest share of the terms' weight that one of the next chunks holds, of another page."""
    total = sum(terms.values())
    rows = candidates.rows[:_READ_NEXT][pages[:_READ_NEXT] != pages[0]]
    return float(lexical.held(terms, rows).max()) / total if rows.size and total > 0 else 0.0


class _Words(NamedTuple):
    """What the words of the question show."""

    coverage: float
    """Share of their weight that the best chunk holds."""
    held: float
    """The weight that it holds, in idf."""
    known: float
    """Share of their weight that any visible chunk holds."""


def _words(evidence: Evidence, best: ScoredChunk, lexical: LexicalIndex, *, cross: bool) -> _Words:
    held = _said(best)
    if cross and evidence.crossing is not None:
        return _words_across(evidence.crossing, held, lexical, evidence.visible)
    weights = evidence.lexical.term_weights
    total = sum(weights.values())
    coverage = _share(weights, held)
    known = [term for term in weights if lexical.row_frequency(term, evidence.visible)]
    return _Words(coverage, coverage * total, _share(weights, known))


def _words_across(
    crossing: Crossing, held: Collection[str], lexical: LexicalIndex, visible: NDArray[np.bool_] | None
) -> _Words:
    """Count a word that cannot be said in the other language as one that stands nowhere."""
    total = crossing.weight
    if total <= 0:
        return _Words(0.0, 0.0, 0.0)
    found = crossing.held_by(held)
    standing = [term for term in crossing.factors if lexical.row_frequency(term, visible)]
    all_words = total + crossing.unknown * lexical.weight_of_rare_term
    return _Words(found / total, found, crossing.held_by(frozenset(standing)) / all_words)


def _said(best: ScoredChunk) -> frozenset[str]:
    """Give the terms of a chunk and its headings; of its code only names and numbers.

    The words inside an example, such as a request that somebody could send, are not what the page says.
    """
    prose = "" if best.chunk.kind is ChunkKind.CODE else without_code(best.text)
    said = frozenset(tokenize(f"{best.chunk.context}\n{prose}"))
    if len(prose) == len(best.text):
        return said
    return said | {term for term in tokenize(best.text) if not term.isalpha()}


def without_code(text: str) -> str:
    r"""Leave fenced blocks out of the text of a chunk, also one that begins or ends inside of such a block.

    >>> without_code("a\n```sh\nb\n```\nc"), without_code("b\n```\nc")
    ('a\nc', 'c')
    """
    fences = list(_FENCE.finditer(text))
    if not fences and len(_SIGN.findall(text)) >= _SIGN_SHARE * len(text):
        return ""
    # The only bare fence of a pair: its block began in the chunk before.
    inside = len(fences) % 2 == 1 and not fences[0][1].strip() and bool(text[: fences[0].start()].strip())
    prose: list[str] = []
    position = 0
    for fence in fences:
        prose += () if inside else (text[position : fence.start()],)
        inside, position = not inside, fence.end()
    return "".join((*prose, *(() if inside else (text[position:],))))


def _share(weights: Mapping[str, float], terms: Collection[str]) -> float:
    """Give the share of the weight of all query terms that ``terms`` carry."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in terms) / total if total > 0 else 0.0


def _best_of_pages(scores: NDArray[np.float32], pages: NDArray[np.int32]) -> NDArray[np.float32]:
    """Give the highest score of each page, the best page first; the rows come best first."""
    _, first = np.unique(pages, return_index=True)
    return np.sort(scores[first])[::-1]


def _difference(best: float, others: NDArray[np.float32]) -> float:
    """Give how far the score of the best page stands above the mean of ``others``, or above nothing."""
    return float(best - (others.mean() if others.size else 0.0))


def _lead(best: float, others: NDArray[np.float32], *, alone: float) -> float:
    """Give by which share of its score the best page stands above the mean of ``others``."""
    return float((best - others.mean()) / best) if others.size and best > 0 else alone


def _own_share(pages: NDArray[np.int32], evidence: Evidence, documents: NDArray[np.int32]) -> float:
    """Give the share of the chunks that are on the first one's page, less what chance would put there.

    Where fewer chunks than ``RIVALS`` have any evidence, those without it are on no page: an only chunk that
    barely fits does not stand for agreement.
    """
    seen = documents if evidence.visible is None else documents[evidence.visible]
    by_chance = float(np.mean(seen == pages[0]))
    own = float(np.count_nonzero(pages[:RIVALS] == pages[0])) / min(RIVALS, seen.size)
    return max((own - by_chance) / (1 - by_chance), 0.0) if by_chance < 1 else 0.0


def _word_lead(evidence: Evidence, documents: NDArray[np.int32]) -> float:
    """Give how far the best page's share of the BM25 bound stands above the mean of the next pages'."""
    rows = top_rows(evidence.share, _READ)
    by_page = _best_of_pages(evidence.share[rows], documents[rows])
    return _difference(by_page[0], by_page[1 : RIVALS + 1])
