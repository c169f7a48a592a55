"""The door to the Prometheus client: what is counted, under which names.

Labels come from short fixed lists (routes, statuses, codes): no id, no path, no text, so that the number of
series is bounded whatever clients send.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_STAGE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 20)
_TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        """Begin at zero, in a registry of its own."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = self._counter("kb_http_requests", "Requests answered.", "method", "route", "status")
        self.duration = self._histogram(
            "kb_http_request_duration_seconds",
            "From the head of a request to the end of its response, streams included.",
            _SECONDS,
            "method",
            "route",
        )
        self.in_progress = self._gauge("kb_http_requests_in_progress", "Requests that are worked on.")
        self.streams = self._gauge("kb_streams_active", "Event streams that are open.")
        self.problems = self._counter("kb_problems", "Errors answered, by their code.", "code")
        self.malformed = self._counter("kb_http_malformed", "Connections that did not speak HTTP.")
        self.stages = self._histogram(
            "kb_stage_duration_seconds", "Time of the steps of a question.", _STAGE_SECONDS, "stage"
        )
        self.answers = self._counter(
            "kb_answers", "Answers given.", "status", "reason", "language", "generator"
        )
        self.confidence = self._histogram(
            "kb_answer_confidence", "Confidence of what was answered or refused.", _TENTHS, "language"
        )
        self.model_tokens = self._counter("kb_llm_tokens", "Tokens of the model.", "model", "direction")
        self.model_answers = self._counter("kb_llm_answers", "Questions that a model was asked.", "model")
        self.model_cost = self._counter(
            "kb_llm_cost_usd", "Cost by KB_LLM_INPUT_PRICE and KB_LLM_OUTPUT_PRICE.", "model"
        )
        self.fallbacks = self._counter(
            "kb_llm_fallbacks", "Answers quoted because the model's could not be shown.", "reason"
        )
        self.no_offers = self._counter(
            "kb_answers_without_suggestions", "Answers whose suggestions could not be searched.", "code"
        )
        self.feedback = self._counter("kb_feedback", "Judgements of users.", "target", "rating")

    def answer(self, *, status: str, reason: str, language: str, confidence: float, generator: str) -> None:
        """Count an answer."""
        self.answers.labels(status, reason, language, generator).inc()
        self.confidence.labels(language).observe(confidence)

    def model_use(self, model: str, input_tokens: int, output_tokens: int, cost_usd: float | None) -> None:
        """Count the tokens of one answer and, where prices are set, its cost."""
        self.model_answers.labels(model).inc()
        self.model_tokens.labels(model, "input").inc(input_tokens)
        self.model_tokens.labels(model, "output").inc(output_tokens)
        if cost_usd is not None:
            self.model_cost.labels(model).inc(cost_usd)

    def stage(self, stage: str, seconds: float) -> None:
        """Count the time of one step."""
        self.stages.labels(stage).observe(seconds)

    def register(self, collector: Collector) -> None:
        """Also show what ``collector`` finds at the time of reading."""
        self.registry.register(collector)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Give all figures in the format that ``accept`` asks for, and its media type."""
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, text, labels, buckets=buckets, registry=self.registry)
