"""The answer object that is sent, made of what the composer has decided."""

from __future__ import annotations

import secrets
from typing import TypeVar

from pydantic import BaseModel

from kb_server.answering.answer import ComposedAnswer
from kb_server.answering.observed import observed
from kb_server.answering.progress import citation_of
from kb_server.answering.schemas import (
    Answer,
    AnswerChoice,
    AnswerConflict,
    AnswerExplanation,
    AnswerNextStep,
    AnswerSentence,
    AnswerUsage,
    NearestPage,
)
from kb_server.rendering.html import answer_html
from kb_server.searching import Timings

M = TypeVar("M", bound=BaseModel)


def new_answer_id() -> str:
    """Make an id that nobody can guess."""
    return "a_" + secrets.token_hex(8)


def to_answer(composed: ComposedAnswer, *, answer_id: str, version: str, timings: Timings) -> Answer:
    """Give the answer object that is sent for what the composer has decided."""
    answer = Answer(
        id=answer_id,
        status=composed.status,
        reason=composed.reason,
        language=composed.language,
        text=composed.text,
        html=answer_html(composed.text, [citation.id for citation in composed.citations]),
        sentences=[shown_as(AnswerSentence, sentence) for sentence in composed.sentences],
        citations=[citation_of(citation) for citation in composed.citations],
        confidence=composed.confidence,
        suggestions=list(composed.suggestions),
        nearest=[shown_as(NearestPage, page) for page in composed.nearest],
        next_step=shown_as(AnswerNextStep, composed.next_step) if composed.next_step else None,
        choices=[shown_as(AnswerChoice, choice) for choice in composed.choices],
        conflicts=[shown_as(AnswerConflict, conflict) for conflict in composed.conflicts],
        handoff=None,
        conversation_id=None,
        understood=composed.understood,
        generator=composed.generator,
        fallback=composed.fallback,
        usage=shown_as(AnswerUsage, composed.usage) if composed.usage else None,
        generation=version,
        timings_ms=timings,
        explanation=shown_as(AnswerExplanation, composed.judgement) if composed.judgement else None,
    )
    return observed(answer)


def shown_as(model: type[M], item: object) -> M:
    """Give one part of an answer as it is sent: the same fields, without a copy in between."""
    return model.model_validate(item, from_attributes=True)
