"""What a drafted answer shows about whether it answers: its words, and the kind of thing that it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kb_server.answering.asked import AnswerType, read_question
from kb_server.answering.excerpts import Excerpt
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.results import RetrievalResult, Signals

_UNTOLD = 0.5
"""Where the question does not tell which kind of thing it asks for."""


def signals_of(result: RetrievalResult, excerpts: Sequence[Excerpt]) -> Signals:
    """Give the signals of the search with those of the answer that would quote ``excerpts``."""
    if not excerpts:
        return result.signals
    text = " ".join(excerpt.passage.text_of(span) for excerpt in excerpts for span in excerpt.spans)
    weights = result.term_weights
    total = sum(weights.values())
    held = frozenset(tokenize(text))
    asked = read_question(result.query.text)
    return replace(
        result.signals,
        said=sum(weight for term, weight in weights.items() if term in held) / total if total > 0 else 0.0,
        kind=_UNTOLD if asked.type is AnswerType.ANY else float(asked.is_met_by(text)),
    )
