"""Whether the sources carry what an answer says, and whether its citations are what they claim to be.

Citation recall and precision are those of ALCE (Gao et al. 2023): a sentence counts when its citations
together carry it; a citation counts when its sentence does, and it carries it alone or is needed for it.
Support comes from ``POST /v1/verify``. Sentences that claim nothing are in no denominator, and an answer that
was not given has no value: it is neither faithful nor not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evals.cases.matching import found_at
from evals.cases.schema import Case
from evals.metrics.model import Metric, Observation, Values, averaged
from evals.metrics.retrieval import has_ranking
from evals.metrics.verdict import groundedness
from evals.records.model import Record, SentenceSupport

METRICS = (
    Metric("groundedness", "citations", "higher", "Share of the claims that their sources carry."),
    Metric("citation_recall", "citations", "higher", "Share of the sentences that their citations carry."),
    Metric("citation_precision", "citations", "higher", "Share of the citations that carry their sentence."),
    Metric(
        "misattributed", "citations", "lower", "Share of the sentences that only an uncited passage carries."
    ),
    Metric("citation_integrity", "citations", "higher", "Share of the quotes that stand in their revision."),
    Metric("cites_right_place", "citations", "higher", "A place that answers is cited.", share=True),
)


def values(observed: Sequence[Observation]) -> dict[str, Values]:
    """Give every measure of sources and citations."""
    return {
        "groundedness": averaged(observed, _grounded),
        "citation_recall": averaged(observed, lambda _, record: _of_claims(record, recall)),
        "citation_precision": averaged(observed, lambda _, record: _of_claims(record, precision)),
        "misattributed": averaged(observed, lambda _, record: _of_claims(record, misattributed)),
        "citation_integrity": averaged(observed, _integrity),
        "cites_right_place": averaged(observed, _cites, applies=has_ranking, on_error=0.0),
    }


def _claims(record: Record) -> list[SentenceSupport]:
    if record.reply is None or not record.reply.answers or record.support is None:
        return []
    return [sentence for sentence in record.support if sentence.claims]


def _of_claims(record: Record, measure: Callable[[Sequence[SentenceSupport]], float]) -> float | None:
    claims = _claims(record)
    return measure(claims) if claims else None


def _grounded(_: Case, record: Record) -> float | None:
    return groundedness(_claims(record))


def recall(claims: Sequence[SentenceSupport]) -> float:
    """Give the share of sentences that have citations and are carried by them; of none 0.0."""
    carried = [sentence.holds and bool(sentence.citations) for sentence in claims]
    return sum(carried) / len(claims) if claims else 0.0


def precision(claims: Sequence[SentenceSupport]) -> float:
    """Give the share of citations, each counted in every sentence that has it, that carry it; of none 0.0."""
    counted = [
        sentence.holds and (good or not sentence.without.get(citation, False))
        for sentence in claims
        for citation, good in sentence.alone.items()
    ]
    return sum(counted) / len(counted) if counted else 0.0


def misattributed(claims: Sequence[SentenceSupport]) -> float:
    """Give the share of sentences that only an uncited passage carries; of none 0.0."""
    wrong = [not sentence.holds and sentence.elsewhere for sentence in claims]
    return sum(wrong) / len(claims) if claims else 0.0


def _integrity(_: Case, record: Record) -> float | None:
    found = record.integrity
    return sum(state == "holds" for state in found.values()) / len(found) if found else None


def _cites(case: Case, record: Record) -> float | None:
    if record.reply is None:
        return None
    right = [place for place in case.places if place.grade > 0]
    return float(any(found_at(place, record.reply.citations) for place in right))
