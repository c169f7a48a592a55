"""Decide between an answer and an honest silence, and say why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb_server.answering.answer import Judgement, Reason
from kb_server.answering.confidence import DEFAULT_MAX_RISK, ConfidenceModel
from kb_server.answering.evidence import Evidence, evidence_of
from kb_server.answering.people import needs_person
from kb_server.dialogue.orders import gives_orders
from kb_server.retrieval.results import SIGNALS, RetrievalResult

_IN_SCOPE_FROM = 0.5
"""Chance below which a question is likelier about something else than about the docs."""
_SAID = 0.8
"""Share of the question's idf that what would be quoted holds from which on the docs do deal with it."""
_CLOSE = 0.5
"""From this share of the threshold on something came close, whatever else the words show."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the signals of one search come to."""

    confidence: float
    """The estimated chance that it is right."""
    reason: Reason
    """``NONE``: it may be given."""
    judgement: Judgement
    came_close: bool = True
    """Whether the pages found are worth reading where it may not be given."""


def judge(result: RetrievalResult, model: ConfidenceModel, *, max_risk: float) -> Verdict:
    """Judge the answer that comes from ``result``.

    ``max_risk``, from 0 to 1, is the share of the given answers that may be wrong.
    """
    signals = {name: getattr(result.signals, name) for name in SIGNALS}
    judged = model.of(result.lang, cross=bool(signals["cross"]))
    found = bool(result.hits)
    confidence = judged.right.chance(signals) if found else 0.0
    judgement = Judgement(
        max_risk=max_risk,
        answer_from=judged.answer_from(max_risk),
        in_scope=judged.in_scope.chance(signals) if found else 0.0,
        signals=signals,
    )
    # What the docs hold does not depend on how sure the asker wants to be.
    close_from = _CLOSE * min(judgement.answer_from, judged.answer_from(DEFAULT_MAX_RISK))
    reason = _reason(result, confidence, judgement, close_from, model)
    return Verdict(confidence, reason, judgement, came_close=confidence >= close_from)


def _reason(
    result: RetrievalResult,
    confidence: float,
    judgement: Judgement,
    close_from: float,
    model: ConfidenceModel,
) -> Reason:
    if needs_person(result.query.text):
        return Reason.NEEDS_HUMAN
    if not result.hits:
        return Reason.NOT_IN_DOCS
    if gives_orders(result.query.text):
        return Reason.OUT_OF_SCOPE
    if confidence >= judgement.answer_from:
        return Reason.NONE
    if confidence >= close_from:
        return Reason.LOW_CONFIDENCE
    return _refusal(result, judgement, model)


def _refusal(result: RetrievalResult, judgement: Judgement, model: ConfidenceModel) -> Reason:
    """Claim of the docs no more than the words show: that one is not sure says nothing of what they hold."""
    words = judgement.signals
    if words["familiar"] or words["said"] >= _SAID:
        return Reason.LOW_CONFIDENCE
    evidence = evidence_of(result.query.text, result.terms)
    is_elsewhere = judgement.in_scope < _IN_SCOPE_FROM
    if evidence is Evidence.NONE or (evidence is Evidence.WEAK and not is_elsewhere):
        return Reason.LOW_CONFIDENCE
    if evidence is Evidence.WEAK and _may_be_said_across(result, words, model):
        return Reason.LOW_CONFIDENCE
    return Reason.OUT_OF_SCOPE if is_elsewhere and not words["topical"] else Reason.NOT_IN_DOCS


def _may_be_said_across(result: RetrievalResult, words: Mapping[str, float], model: ConfidenceModel) -> bool:
    """Tell whether a page that stands in the other language alone may deal with the question.

    There a common word can be called by one that the lexicon does not know.
    """
    if result.ranking is None:
        return False
    crossed, rows = result.ranking.evidence.crossed, result.ranking.candidates.rows
    found = [hit for hit, row in zip(result.hits, rows.tolist(), strict=False) if crossed[row]]
    in_scope = model.of(result.lang, cross=True).in_scope
    return any(
        words["topical"]
        or in_scope.chance({**words, "cosine": hit.scores.get("dense", 0.0)}) >= _IN_SCOPE_FROM
        for hit in found
    )
