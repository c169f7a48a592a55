"""Tell the operator's figures of an answer: what kind it is, never what it says."""

from __future__ import annotations

from kb_server.answering.schemas import Answer
from kb_server.telemetry.observation import AnswerFacts, note_answer, note_model_use, note_stage

_STAGES = ("offers", "generate")
"""Steps that only answers have; the search counts its own."""


def observed(answer: Answer) -> Answer:
    """Count ``answer`` and give it back."""
    note_answer(
        AnswerFacts(
            status=answer.status.value,
            reason=answer.reason.value,
            language=answer.language,
            confidence=answer.confidence,
            generator=answer.generator,
            fallback=answer.fallback,
            version=answer.generation,
        )
    )
    for stage in _STAGES:
        if stage in answer.timings_ms:
            note_stage(stage, answer.timings_ms[stage])
    if answer.usage is not None:
        used = answer.usage
        note_model_use(used.model, used.input_tokens, used.output_tokens, used.cost_usd)
    return answer
