"""What becomes known of one request on its way, wherever in the code that is."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from kb_server.telemetry.metrics import Metrics
from kb_server.telemetry.tracing import NO_SPAN, Attributes, Span, Tracer


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What may be told of an answer: nothing of its text."""

    status: str
    reason: str
    language: str
    confidence: float
    generator: str
    """``extractive`` or ``llm:…``."""
    fallback: str
    """Why quoted sentences stand in for a model's, else empty."""
    version: str


@dataclass(slots=True)
class Observation:
    """One request: counted at once, and remembered for its line in the log."""

    metrics: Metrics
    tracer: Tracer | None
    problem: str = ""
    """Code of the error that was answered."""
    answer: AnswerFacts | None = None
    """The last answer that was given."""
    began: float = field(default_factory=time.perf_counter)
    """When it came, in seconds of ``time.perf_counter``."""


CURRENT: ContextVar[Observation | None] = ContextVar("kb_observation", default=None)
"""The request that this task works for; None on the command line."""


_SINCE: ContextVar[float | None] = ContextVar("kb_since", default=None)
"""When the request came that another process has sent on."""


def span(name: str, attributes: Attributes | None = None) -> AbstractContextManager[Span]:
    """Trace a step of the current request; without a tracer it costs one look-up."""
    observation = CURRENT.get()
    if observation is None or observation.tracer is None:
        return NO_SPAN
    return observation.tracer.span(name, attributes or {})


def past_span(name: str, attributes: Attributes, *, since: float, milliseconds: float) -> None:
    """Trace a step that another process did, from ``since`` in seconds of ``time.perf_counter``."""
    observation = CURRENT.get()
    if observation is not None and observation.tracer is not None:
        observation.tracer.past_span(name, attributes, since=since, milliseconds=milliseconds)


FOR_NOBODY = math.inf
"""When work was asked for that nobody waits for: everybody else comes first."""


def is_for_nobody() -> bool:
    """Tell whether nobody waits for what is done now."""
    return _SINCE.get() == FOR_NOBODY and CURRENT.get() is None


def asked_at() -> float:
    """Give when the current request came, in seconds of ``time.perf_counter``; now where there is none."""
    observation = CURRENT.get()
    since = _SINCE.get() if observation is None else observation.began
    return time.perf_counter() if since is None else since


@contextmanager
def on_behalf_of(since: float) -> Iterator[None]:
    """Work for a request of ``since`` that came to another process of this machine."""
    token = _SINCE.set(since)
    try:
        yield
    finally:
        _SINCE.reset(token)


def traces_content() -> bool:
    """Tell whether the operator wants to see texts in the traces."""
    observation = CURRENT.get()
    return observation is not None and observation.tracer is not None and observation.tracer.with_content


def note_stage(stage: str, milliseconds: float) -> None:
    """Count the time that a step took."""
    if observation := CURRENT.get():
        observation.metrics.stage(stage, milliseconds / 1000)


def note_answer(answer: AnswerFacts) -> None:
    """Count an answer that is given."""
    if observation := CURRENT.get():
        observation.answer = answer
        observation.metrics.answer(
            status=answer.status,
            reason=answer.reason,
            language=answer.language,
            confidence=answer.confidence,
            generator=answer.generator.partition(":")[0],
        )
        if answer.fallback:
            observation.metrics.fallbacks.labels(answer.fallback).inc()


def note_no_offers(code: str) -> None:
    """Count an answer that goes without suggestions because of an error."""
    if observation := CURRENT.get():
        observation.metrics.no_offers.labels(code).inc()


def note_model_use(model: str, input_tokens: int, output_tokens: int, cost_usd: float | None) -> None:
    """Count what a language model was used for one answer."""
    if observation := CURRENT.get():
        observation.metrics.model_use(model, input_tokens, output_tokens, cost_usd)


def note_problem(code: str) -> None:
    """Count an error that is answered."""
    if observation := CURRENT.get():
        observation.problem = code
        observation.metrics.problems.labels(code).inc()


def note_feedback(target: str, rating: str) -> None:
    """Count a judgement; both words come from short fixed lists."""
    if observation := CURRENT.get():
        observation.metrics.feedback.labels(target, rating).inc()
