"""Name the calls of a model in a trace, by OpenTelemetry's conventions for generative AI."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager

from kb_server.generation.prompts import Message
from kb_server.telemetry.observation import span, traces_content
from kb_server.telemetry.tracing import AttributeValue, Span


def chat_span(
    name: str, max_tokens: int, temperature: float, messages: Sequence[Message]
) -> AbstractContextManager[Span]:
    """Begin the step of one call to the model ``name`` (``provider:model``)."""
    provider, _, model = name.partition(":")
    told: dict[str, AttributeValue] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        "gen_ai.request.max_tokens": max_tokens,
        "gen_ai.request.temperature": float(temperature),
    }
    if traces_content():
        told["gen_ai.input.messages"] = _messages([(message.role, message.text) for message in messages])
    return span(f"chat {model}", told)


def describe_reply(step: Span, used: tuple[int, int], finish: str, text: str) -> None:
    """Say what came back: tokens, why it ended, and the text only where the operator wants it."""
    told: dict[str, AttributeValue] = {
        "gen_ai.usage.input_tokens": used[0],
        "gen_ai.usage.output_tokens": used[1],
        "gen_ai.response.finish_reasons": [finish or "none"],
    }
    if traces_content():
        told["gen_ai.output.messages"] = _messages([("assistant", text)])
    step.set(told)


def _messages(said: Sequence[tuple[str, str]]) -> str:
    return json.dumps(
        [{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in said],
        ensure_ascii=False,
    )
