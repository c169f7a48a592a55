"""The door to langchain: send messages to a chat model, collect the stream, name what went wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol

from kb_server.errors import LanguageModelError
from kb_server.generation.budget import estimate_tokens
from kb_server.generation.drafts import SCHEMA
from kb_server.generation.merging import merge_replies
from kb_server.generation.prompts import Message
from kb_server.generation.providers import PROVIDERS, Provider, ollama_limits
from kb_server.generation.records import Failure
from kb_server.generation.traced import chat_span, describe_reply
from kb_server.settings import Settings

_RATE_LIMITED = 429
_BAD_REQUEST = (400, 422, 501)
"""What endpoints answer to a parameter that they do not know."""
_OF_PARAMETERS = re.compile(
    r"response_format|json_schema|json_object|structured|schema|\bformat\b|stream_options|include_usage"
    r"|temperature|parameter|argument|\bfields?\b|extra|unrecogni[sz]ed|unsupported|not supported|unexpected"
    r"|unknown (?:name|key|option|property)"
)
"""Words of a complaint about the form of a request: of any other one, less of it would be refused as well."""
_KINDS = frozenset(
    {
        "authentication_error",
        "content_filter",
        "context_length_exceeded",
        "insufficient_quota",
        "invalid_api_key",
        "invalid_request_error",
        "model_not_found",
        "not_found_error",
        "overloaded_error",
        "permission_error",
        "rate_limit_exceeded",
        "server_error",
    }
)
"""What providers call their errors, as far as the log repeats it."""
_HOPELESS = frozenset({"model_not_found", "context_length_exceeded", "insufficient_quota", "invalid_api_key"})
"""Errors that a request of another form would meet again."""
_MOST_TOKENS = 100_000_000
"""No call has more: an endpoint that counts more, or less than none, is not believed."""
_REFUSALS = {"content_filter", "refusal", "safety"}
_CUTS = {"length", "max_tokens"}


class ChatError(Exception):
    """A call that gave no usable reply."""

    def __init__(self, failure: Failure, message: str) -> None:
        """Keep the kind of ``failure`` beside the ``message`` for the log."""
        super().__init__(message)
        self.failure = failure


class CountsTokens(Protocol):
    """Is told what each call used."""

    def add(self, input_tokens: int, output_tokens: int) -> None:
        """Count one call."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked beyond the messages; a refusing endpoint is asked for less, and that is remembered."""

    shapes: tuple[str, ...]
    counts: bool = True
    is_cold: bool = True

    def without(self, complaint: str) -> _Request | None:
        """Leave out what an endpoint complains of, else the next that not every endpoint knows."""
        if "temperature" in complaint and self.is_cold:
            return _Request(self.shapes, self.counts, is_cold=False)
        if "stream_options" in complaint and self.counts:
            return _Request(self.shapes, counts=False, is_cold=self.is_cold)
        if len(self.shapes) > 1:
            return _Request(self.shapes[1:], self.counts, self.is_cold)
        if self.counts:
            return _Request(self.shapes, counts=False, is_cold=self.is_cold)
        return _Request(self.shapes, self.counts, is_cold=False) if self.is_cold else None


OnText = Callable[[str], None]


def nobody(_text: str) -> None:
    """Listen to nothing."""


@dataclass(slots=True)
class _Stream:
    """A reply as it arrives."""

    limit: int
    on_text: OnText
    parts: list[str] = field(default_factory=list)
    tokens: int = 0
    usage: tuple[Any, Any] | None = None
    finish: str = ""
    is_late: bool = False

    def take(self, chunk: Any) -> None:
        text = chunk.text if isinstance(chunk.text, str) else chunk.text()
        self.parts.append(text)
        self.tokens += estimate_tokens(text) if text else 0
        if chunk.usage_metadata:
            before = self.usage or (0, 0)
            counts = chunk.usage_metadata
            self.usage = (before[0] + counts["input_tokens"], before[1] + counts["output_tokens"])
        metadata = chunk.response_metadata
        for key in ("finish_reason", "stop_reason", "done_reason"):
            self.finish = str(metadata.get(key) or self.finish)
        if text:
            self.on_text(self.text)

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def used(self, messages: tuple[Message, ...]) -> tuple[int, int] | None:
        """Give the tokens sent and received, estimated where a count cannot be; None where nothing ran."""
        if not self.parts and not self.is_late:
            return None
        counted = self.usage or ()
        if counted and all(isinstance(count, int) and 0 <= count <= _MOST_TOKENS for count in counted):
            return self.usage
        return sum(estimate_tokens(message.text) for message in messages), self.tokens


class ChatEndpoint:
    """One chat model at one address; nothing is sent before the first question."""

    def __init__(self, settings: Settings) -> None:
        """Load the client that ``KB_LLM`` names; LanguageModelError says which package is missing."""
        self.name = settings.llm or ""
        provider_name, _, model = self.name.partition(":")
        provider = PROVIDERS[provider_name]
        self._limit = settings.llm_output_tokens
        self._limits = ollama_limits(settings)
        self._request = _Request(provider.shapes)
        self._provider = provider_name
        self._owned: list[Any] = []
        self._model = self._load(provider_name, model, provider, settings)

    async def aclose(self) -> None:
        """Close the connections that are kept open."""
        for client in self._owned:
            await client.aclose()

    async def reply(
        self,
        messages: tuple[Message, ...],
        meter: CountsTokens,
        *,
        temperature: float = 0,
        on_text: OnText = nobody,
    ) -> str:
        """Give the whole reply; ``on_text`` is told what has arrived each time that more has.

        ChatError names the failure. Cancelling it closes the connection.
        """
        request = self._request
        while True:
            try:
                reply = await self._reply(
                    _Stream(self._limit, on_text), messages, meter, request, temperature
                )
            except _RefusedParameterError as refused:
                less = request.without(refused.complaint)
                if less is None:
                    raise ChatError(Failure.ERROR, str(refused)) from None
                request = less
            else:
                self._request = request
                return reply

    async def _reply(
        self,
        stream: _Stream,
        messages: tuple[Message, ...],
        meter: CountsTokens,
        request: _Request,
        temperature: float,
    ) -> str:
        with chat_span(self.name, self._limit, temperature, messages) as step:
            try:
                await self._collect(stream, messages, request, temperature)
            except asyncio.CancelledError:
                stream.is_late = True
                raise
            except (ChatError, _RefusedParameterError):
                raise
            except Exception as error:  # noqa: BLE001 - each client has its own errors, and garbage ends in any
                failed = self._failed(error, is_first=not stream.parts)
                stream.is_late = getattr(failed, "failure", None) is Failure.TIMEOUT
                raise failed from None
            finally:
                if used := stream.used(messages):
                    meter.add(*used)
                    describe_reply(step, used, stream.finish, stream.text)
            return self._checked(stream)

    async def _collect(
        self, stream: _Stream, messages: tuple[Message, ...], request: _Request, temperature: float
    ) -> None:
        from langsmith import tracing_context  # noqa: PLC0415 - comes with the extra

        sent = [(message.role, message.text) for message in messages]
        # A variable of the environment would send questions and passages to a tracing service as well.
        with tracing_context(enabled=False):
            options = self._options(request, temperature)
            async with aclosing(self._model.astream(sent, **options)) as chunks:
                async for chunk in chunks:
                    stream.take(chunk)
                    if stream.tokens > 2 * stream.limit:  # the estimate may be off; endless is not
                        raise ChatError(Failure.BUDGET, f"more than {stream.limit} tokens came back")

    def _options(self, request: _Request, temperature: float) -> dict[str, Any]:
        shape = request.shapes[0]
        options: dict[str, Any] = {"temperature": temperature} if request.is_cold else {}
        if self._provider == "ollama":
            options = {"options": self._limits | options} | ({"format": SCHEMA} if shape == "schema" else {})
        elif self._provider == "openai":
            options["stream_usage"] = request.counts
            if shape != "prompt":
                options["extra_body"] = {"response_format": _response_format(shape)}
        return options

    def _checked(self, stream: _Stream) -> str:
        finish = stream.finish.lower()
        if finish in _REFUSALS:
            raise ChatError(Failure.REFUSED, f"the model stopped with {finish}")
        if finish in _CUTS:
            raise ChatError(Failure.BUDGET, f"the reply was cut after {self._limit} tokens")
        if not finish:
            raise ChatError(Failure.ERROR, "the reply broke off")
        return stream.text

    def _failed(self, error: Exception, *, is_first: bool) -> Exception:
        status = getattr(error, "status_code", None)
        # The words of an endpoint may repeat questions, passages or the key: they belong into no log.
        named = [f"status {status}"] if isinstance(status, int) else []
        given = (getattr(error, name, None) for name in ("code", "type"))
        named += [kind for kind in given if isinstance(kind, str) and kind in _KINDS]
        said = ", ".join([type(error).__name__, *named])
        complaint = str(error).lower()
        if (
            status in _BAD_REQUEST
            and is_first
            and _HOPELESS.isdisjoint(named)
            and _OF_PARAMETERS.search(complaint)
        ):
            return _RefusedParameterError(said, complaint)
        if status == _RATE_LIMITED:
            return ChatError(Failure.RATE_LIMITED, said)
        late = isinstance(error, TimeoutError) or "timeout" in type(error).__name__.lower()
        return ChatError(Failure.TIMEOUT if late else Failure.ERROR, said)

    def _load(self, provider_name: str, model: str, provider: Provider, settings: Settings) -> Any:
        options = provider.options(settings) | {"base_url": settings.llm_url or provider.default_url}
        try:
            from langchain.chat_models import init_chat_model  # noqa: PLC0415 - an extra, seconds to import

            if provider_name == "openai":
                from openai import DefaultAsyncHttpxClient  # noqa: PLC0415 - an extra

                client = DefaultAsyncHttpxClient(
                    timeout=settings.llm_timeout_seconds, event_hooks={"response": [merge_replies]}
                )
                self._owned.append(client)
                options["http_async_client"] = (
                    client  # langchain's is shared by all event loops, and never closed
                )
            return init_chat_model(model, model_provider=provider_name, **options)
        except ImportError as error:
            raise LanguageModelError(
                f"KB_LLM={self.name} needs a Python package that is missing: {error.name or error}.",
                remedy=f"Run `pip install 'kb-server[{provider_name}]'`, or unset KB_LLM.",
            ) from error


class _RefusedParameterError(Exception):
    """The endpoint does not take a request of this form."""

    def __init__(self, message: str, complaint: str) -> None:
        """Keep the ``complaint``, which may repeat what was sent, apart from the ``message`` for the log."""
        super().__init__(message)
        self.complaint = complaint


def _response_format(shape: str) -> dict[str, Any]:
    if shape == "json":
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}
