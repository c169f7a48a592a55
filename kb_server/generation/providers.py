"""Which chat models can be named, and what each of their clients wants to be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kb_server.settings import Settings

_CLOSING = {"Connection": "close"}
"""For clients that give nobody a way to close what they keep open."""
_PROMPT_TOKENS = 2000
"""Room for the rules, the question and a repair."""
NO_KEY = "none"
"""Clients insist on a key, also for endpoints that want none."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One protocol and its client."""

    default_url: str
    options: Callable[[Settings], dict[str, Any]]
    """Arguments of the client beyond model and address."""
    shapes: tuple[str, ...]
    """Ways to ask for JSON, strictest first: ``schema``, ``json`` or ``prompt`` (in words only)."""


def key_of(settings: Settings) -> str:
    """Give the key as a client wants it."""
    key = settings.llm_api_key
    return (key.get_secret_value() if key is not None else "") or NO_KEY


def _openai(settings: Settings) -> dict[str, Any]:
    return {
        "api_key": key_of(settings),
        "timeout": settings.llm_timeout_seconds,
        "max_retries": 0,  # the time of a question is better spent on its quoted answer
        "max_tokens": settings.llm_output_tokens,
        "use_responses_api": False,  # what compatible endpoints do not have
    }


def _anthropic(settings: Settings) -> dict[str, Any]:
    return {
        "api_key": key_of(settings),
        "timeout": settings.llm_timeout_seconds,
        "max_retries": 0,
        "max_tokens": settings.llm_output_tokens,
        "default_headers": _CLOSING,
    }


def _ollama(settings: Settings) -> dict[str, Any]:
    key = key_of(settings)
    headers = {} if key == NO_KEY else {"Authorization": f"Bearer {key}"}
    return {"client_kwargs": {"timeout": settings.llm_timeout_seconds, "headers": headers | _CLOSING}}


def ollama_limits(settings: Settings) -> dict[str, int]:
    """Give the sizes that Ollama wants with each request: a prompt beyond its window loses its beginning."""
    window = settings.llm_input_tokens + settings.llm_output_tokens + _PROMPT_TOKENS
    return {"num_predict": settings.llm_output_tokens, "num_ctx": window}


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider("https://api.openai.com/v1", _openai, ("schema", "json", "prompt")),
    "anthropic": Provider("https://api.anthropic.com", _anthropic, ("prompt",)),
    "ollama": Provider("http://localhost:11434", _ollama, ("schema", "prompt")),
}
"""By what ``KB_LLM`` begins with; the extra of the package has the same name."""
