"""Decide between an answer and an honest silence, and say why."""

from __future__ import annotations

from dataclasses import dataclass

from kb_server.answering.answer import Judgement, Reason
from kb_server.answering.confidence import ConfidenceModel
from kb_server.answering.people import needs_person
from kb_server.retrieval.results import SIGNALS, RetrievalResult

_IN_SCOPE_FROM = 0.1
_KNOWN = 0.95
"""Share of the question's words that stand on the pages, by weight, from which on it is about them: a single
known word is too short for its meaning to show that."""
_CLOSE = 0.5
"""From this share of the threshold on something came close, below it the docs do not say."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the signals of one search come to."""

    confidence: float
    """The estimated chance that it is right."""
    reason: Reason
    """``NONE``: it may be given."""
    judgement: Judgement


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
    return Verdict(confidence, _reason(result, confidence, judgement), judgement)


def _reason(result: RetrievalResult, confidence: float, judgement: Judgement) -> Reason:
    if needs_person(result.query.text):
        return Reason.NEEDS_HUMAN
    if not result.hits:
        return Reason.NOT_IN_DOCS
    if confidence >= judgement.answer_from:
        return Reason.NONE
    if judgement.in_scope < _IN_SCOPE_FROM and judgement.signals["known"] < _KNOWN:
        return Reason.OUT_OF_SCOPE
    return Reason.LOW_CONFIDENCE if confidence >= _CLOSE * judgement.answer_from else Reason.NOT_IN_DOCS
