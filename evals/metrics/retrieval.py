"""What the ranking of a search is worth, by trec_eval's definitions through ir_measures.

Each passage takes one rank. A passage at a place that answers stands for that place; further passages of a
place that was seen do not count again. Where several places stand in one passage, the best comes first. Cases
that must not be answered have no ranking to measure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import ir_measures

from evals.cases.matching import is_at
from evals.cases.schema import Case, Relevant
from evals.metrics.model import Metric, Observation, Values
from evals.records.model import Record, Span

_MEASURES = {
    "ndcg_at_10": (ir_measures.nDCG @ 10, "nDCG over the first ten passages."),
    "rr_at_10": (ir_measures.RR @ 10, "1 / rank of the first right passage among ten."),
    "recall_at_5": (ir_measures.R @ 5, "Share of the right places among the first five passages."),
    "recall_at_10": (ir_measures.R @ 10, "Share of the right places among the first ten passages."),
    "success_at_1": (ir_measures.Success @ 1, "Whether the first passage is right."),
    "success_at_5": (ir_measures.Success @ 5, "Whether one of the first five passages is right."),
    "judged_at_10": (ir_measures.Judged @ 10, "Share of the first ten passages that the case judges at all."),
}
METRICS = tuple(
    Metric(name, "retrieval", "higher", about, share=name.startswith("success"))
    for name, (_, about) in _MEASURES.items()
)


def has_ranking(case: Case) -> bool:
    """Tell whether a case says which places answer it."""
    return case.answerability == "answerable" and any(place.grade > 0 for place in case.places)


def ranked_units(places: Sequence[Relevant], passages: Sequence[Span]) -> list[str]:
    """Give what each passage stands for, in order: ``place-N`` of the case, or itself."""
    seen: set[int] = set()
    ranked: list[str] = []
    best_first = sorted(range(len(places)), key=lambda at: -places[at].grade)
    for rank, passage in enumerate(passages):
        here = [at for at in best_first if is_at(places[at], passage)]
        ranked += [f"place-{at}" for at in here if at not in seen] if here else [f"other-{rank}"]
        seen.update(here)
    return ranked


def values(observed: Sequence[Observation]) -> dict[str, Values]:
    """Give every retrieval measure; a case that ended in an error counts 0, without a ranker none counts."""
    judged = [item for item in observed if has_ranking(item.case) and _asked_for_ranking(item)]
    found: dict[str, dict[str, list[float]]] = {name: {} for name in _MEASURES}
    qrels, run = [], []
    for item in judged:
        for record in item.records:
            query = f"{item.case.id}\t{record.repeat}"
            qrels += list(_qrels(query, item.case))
            run += list(_scored(query, item.case, record))
            for by_case in found.values():
                by_case.setdefault(item.case.id, []).append(0.0)
    names = {measure: name for name, (measure, _) in _MEASURES.items()}
    repeats = {(item.case.id, record.repeat): at for item in judged for at, record in enumerate(item.records)}
    for metric in ir_measures.iter_calc([measure for measure, _ in _MEASURES.values()], qrels, run):
        case, _, repeat = metric.query_id.rpartition("\t")
        found[names[metric.measure]][case][repeats[case, int(repeat)]] = float(metric.value)
    return {
        name: {case: sum(each) / len(each) for case, each in by_case.items()}
        for name, by_case in found.items()
    }


def _asked_for_ranking(item: Observation) -> bool:
    return any(record.passages is not None or record.error is not None for record in item.records)


def _qrels(query: str, case: Case) -> Iterator[ir_measures.Qrel]:
    for at, place in enumerate(case.places):
        yield ir_measures.Qrel(query, f"place-{at}", place.grade)


def _scored(query: str, case: Case, record: Record) -> Iterator[ir_measures.ScoredDoc]:
    # trec_eval breaks ties by the name of the document: every rank has a score of its own.
    for rank, unit in enumerate(ranked_units(case.places, record.passages or [])):
        yield ir_measures.ScoredDoc(query, unit, -float(rank))
