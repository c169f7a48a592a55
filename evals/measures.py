"""What a ranked list of passages or pages is worth for a question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import ir_measures

from evals.docs_sets import Question, plain

Passage = Mapping[str, Any]
"""A passage as ``POST /v1/search`` gives it."""

CUTOFF = 5
_PAGE_MEASURES = {
    "page@1": ir_measures.Success @ 1,
    "page@5": ir_measures.Success @ CUTOFF,
    "MRR@10": ir_measures.RR @ 10,
}
_RANKED_MEASURES = {
    "nDCG@10": ir_measures.nDCG @ 10,
    "R@10": ir_measures.R @ 10,
    "RR@10": ir_measures.RR @ 10,
}
PAGE_COLUMNS = (*_PAGE_MEASURES, "section@5", "facts@5")
RANKED_COLUMNS = tuple(_RANKED_MEASURES)


def ranked_measures(
    qrels: Mapping[str, Mapping[str, int]], ranked: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """Give nDCG@10, R@10 and RR@10 by measure and question, for every question of ``ranked``."""
    judged = [
        ir_measures.Qrel(query_id, doc_id, grade)
        for query_id in ranked
        for doc_id, grade in qrels[query_id].items()
    ]
    run = [
        ir_measures.ScoredDoc(query_id, doc_id, -float(rank))
        for query_id, doc_ids in ranked.items()
        for rank, doc_id in enumerate(doc_ids)
    ]
    names = {measure: name for name, measure in _RANKED_MEASURES.items()}
    values: dict[str, dict[str, float]] = {name: dict.fromkeys(ranked, 0.0) for name in _RANKED_MEASURES}
    for metric in ir_measures.iter_calc(list(_RANKED_MEASURES.values()), judged, run):
        values[names[metric.measure]][metric.query_id] = metric.value
    return values


def question_values(
    questions: Sequence[Question], found: Mapping[str, Sequence[Passage]]
) -> dict[str, dict[str, float]]:
    """Give every measure of the docs sets by measure and question; no facts, no value."""
    pages = page_measures(questions, found)
    values: dict[str, dict[str, float]] = {name: {} for name in PAGE_COLUMNS}
    for question in questions:
        passages = found[question.query_id]
        for name, value in pages[question.query_id].items():
            values[name][question.query_id] = value
        values["section@5"][question.query_id] = section_hit(question, passages)
        facts = facts_hit(question, passages)
        if facts is not None:
            values["facts@5"][question.query_id] = facts
    return values


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
        if heading in {plain(part) for part in passage["heading_path"]}:
            return True
        if holds_words(plain(passage["text"]), heading):
            return True
    return False


def holds_words(text: str, words: str) -> bool:
    """Tell whether ``words`` stand in ``text`` as whole words.

    >>> holds_words("faq item 12", "faq item 1"), holds_words("see faq item 1.", "faq item 1")
    (False, True)
    """
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def section_hit(question: Question, passages: Sequence[Passage]) -> float:
    """Give 1.0 when one of the first five passages shows a labelled section."""
    return float(any(shows_section(question, passage) for passage in passages[:CUTOFF]))


def facts_hit(question: Question, passages: Sequence[Passage]) -> float | None:
    """Give 1.0 when all facts of the answer stand in the first five passages; None without facts."""
    if not question.facts:
        return None
    text = plain(" ".join(passage["text"] for passage in passages[:CUTOFF]))
    return float(all(plain(fact) in text for fact in question.facts))
