"""What a ranked list of passages is worth for a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ir_measures
import numpy as np
from numpy.typing import NDArray

from evals.docs_sets import Question, plain

Passage = Mapping[str, Any]
"""A passage as ``POST /v1/search`` gives it."""

CUTOFF = 5
_BOOTSTRAP_SAMPLES = 2000
_PAGE_MEASURES = {
    "page@1": ir_measures.Success @ 1,
    "page@5": ir_measures.Success @ CUTOFF,
    "MRR@10": ir_measures.RR @ 10,
}


def page_measures(
    questions: Sequence[Question], found: Mapping[str, Sequence[Passage]]
) -> dict[str, dict[str, float]]:
    """Give page@1, page@5 and MRR@10 per question; every passage is one rank, whichever page it is from."""
    qrels = []
    run = []
    for question in questions:
        pages = {item.path for item in question.relevant}
        for rank, passage in enumerate(found[question.query_id]):
            doc_id = f"{rank}"
            run.append(ir_measures.ScoredDoc(question.query_id, doc_id, -float(rank)))
            qrels.append(ir_measures.Qrel(question.query_id, doc_id, int(passage["path"] in pages)))
        qrels.append(ir_measures.Qrel(question.query_id, "not-retrieved", 1))
    names = {measure: name for name, measure in _PAGE_MEASURES.items()}
    values: dict[str, dict[str, float]] = {
        question.query_id: dict.fromkeys(_PAGE_MEASURES, 0.0) for question in questions
    }
    for metric in ir_measures.iter_calc(list(_PAGE_MEASURES.values()), qrels, run):
        values[metric.query_id][names[metric.measure]] = metric.value
    return values


def shows_section(question: Question, passage: Passage) -> bool:
    """Tell whether the passage stands in, or contains, a labelled section."""
    for item in question.relevant:
        if passage["path"] != item.path:
            continue
        heading = plain(item.heading)
        if not heading or heading == plain(passage["title"]):
            return True
        if heading in {plain(part) for part in passage["heading_path"]} or heading in plain(passage["text"]):
            return True
    return False


def section_hit(question: Question, passages: Sequence[Passage]) -> float:
    """Give 1.0 when one of the first five passages shows a labelled section."""
    return float(any(shows_section(question, passage) for passage in passages[:CUTOFF]))


def facts_hit(question: Question, passages: Sequence[Passage]) -> float | None:
    """Give 1.0 when all facts of the answer stand in the first five passages; None without facts."""
    if not question.facts:
        return None
    text = plain(" ".join(passage["text"] for passage in passages[:CUTOFF]))
    return float(all(plain(fact) in text for fact in question.facts))


def mean_with_interval(values: Sequence[float], *, seed: int = 0) -> tuple[float, float, float]:
    """Give the mean and its 95 % percentile-bootstrap interval over questions.

    >>> mean_with_interval([1.0, 1.0])
    (1.0, 1.0, 1.0)
    """
    sample: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    if sample.size == 0:
        return float("nan"), float("nan"), float("nan")
    draws = np.random.default_rng(seed).integers(0, sample.size, size=(_BOOTSTRAP_SAMPLES, sample.size))
    low, high = np.quantile(sample[draws].mean(axis=1), [0.025, 0.975])
    return float(sample.mean()), float(low), float(high)
