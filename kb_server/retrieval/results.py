"""What a search gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from kb_server.index.records import ScoredChunk
from kb_server.retrieval.candidates import Ranking
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.visible_terms import VisibleTerms


@dataclass(frozen=True, slots=True)
class Signals:
    """What the answerability decision looks at; see ``kb_server.retrieval.signals``.

    All but ``score_lead`` lie between 0 and 1, and more of each but ``cross`` speaks for an answer.
    """

    cosine: float = 0.0
    """Highest cosine among the visible chunks; 0 where the encoder does not read the question's language."""
    coverage: float = 0.0
    """Share of the query terms' idf that the best chunk and its headings contain."""
    weight: float = 0.0
    """How many rare terms that is worth in all, on a scale that ends at 1: one common word proves little."""
    known: float = 0.0
    """Share of the query terms' idf that any visible chunk contains."""
    word_lead: float = 0.0
    """How far the best page by words alone stands above the next ten, as shares of the BM25 bound."""
    page_lead: float = 0.0
    """By which share of its score the best page stands above the mean of the next ten."""
    next_lead: float = 0.0
    """By which share of its score the best page stands above the second one."""
    own_share: float = 0.0
    """Share of the ten best chunks that are on the best page, less what chance would put there."""
    heading: float = 0.0
    """1 where a heading of the best chunk asks in the words of the question, and in no others."""
    score_lead: float = 0.0
    """How far the score of the best page stands above the mean of the next ten, in its own units."""
    words: float = 0.0
    """The BM25 of the best chunk, in that of rare terms, on a scale that ends at 1."""
    agreement: float = 0.0
    """1 where the best page is the first one both by its words and by its meaning."""
    page_coverage: float = 0.0
    """Share of the query terms' idf that stands anywhere on the best page."""
    unrivalled: float = 0.0
    """1 less the largest share of the query terms' idf that a next chunk of another page holds."""
    said: float = 0.0
    """Share of the query terms' idf in what would be quoted; see ``kb_server.answering.quoting.drafted``."""
    named: float = 0.0
    """Share of the weight of the question's words, or of what they are called in the other language, that
    the quotations and their headings hold; see ``kb_server.answering.quoting.naming_words``."""
    topical: float = 0.0
    """1 where a title or heading of any visible page holds one of these words."""
    familiar: float = 0.0
    """1 where each of these words stands on some visible page."""
    likeness: float = 0.0
    """Cosine of the leading chunk, which need not be the highest."""
    meaning_lead: float = 0.0
    """How far that cosine stands above the mean of the next ten pages' leading chunks."""
    apart: float = 0.0
    """How far it stands above all visible rows of its language, in their spread; the scale ends at 1."""
    titled: float = 0.0
    """Where the question holds the whole title or a whole heading of the best chunk: one divided by the
    number of pages in whose headings the rarest of its words stands."""
    cross: float = 0.0
    """1 where the best chunk is in another language than the question: its words then prove nothing."""


SIGNALS = tuple(signal.name for signal in fields(Signals))
"""Names of all signals."""


@dataclass(frozen=True, slots=True)
class RetrievalResult:
    """Ranked passages, all from one version of the index."""

    version: str
    query: SearchQuery
    lang: str
    """Language of the question."""
    hits: tuple[ScoredChunk, ...]
    signals: Signals
    term_weights: Mapping[str, float] = field(default_factory=dict)
    """idf of each query term, absent terms included: what sentence selection weighs words by. Where the best
    chunk is in the other language, of the terms that say the same there."""
    ranking: Ranking | None = None
    """How the hits came about, for whoever wants to explain them."""
    terms: VisibleTerms | None = None
    """Where single terms stand on the visible pages."""
    vector: NDArray[np.float32] | None = None
    """The query's vector, shape (dimension,), for whoever searches for it once more."""
