"""Read a conversation in OpenAI's form as a question and the turns before it."""

from __future__ import annotations

from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from kb_server.answering.schemas import QueryRequest
from kb_server.dialogue.schemas import MAX_TURNS
from kb_server.openai_api.footnotes import without_footnotes
from kb_server.openai_api.schemas import ChatCompletionRequest, ChatMessage
from kb_server.requests import MAX_TURN_CHARS

_SPEAKERS = ("user", "assistant")
_TEXTS = ("text", "input_text", "output_text")
_OWN = frozenset({"question", "history", "stream"})
"""Fields of a query that the messages give."""


def query_of(body: ChatCompletionRequest) -> QueryRequest:
    """Give the question of ``body`` with its history; RequestValidationError names what breaks a rule.

    Of a long conversation the last turns are kept, of a long turn its beginning. System messages have no say:
    answers come from the docs alone.
    """
    last = len(body.messages) - 1
    if body.messages[last].role != "user":
        raise _invalid(("messages", last, "role"), "the last message must be of the role user")
    options = body.kb or {}
    for name in sorted(_OWN & options.keys()):
        raise _invalid(("kb", name), "is given by the messages and the request itself: leave it out")
    turns = [turn for message in body.messages[:last] if (turn := _turn(message)) is not None]
    fields = {
        **options,
        "question": _question(body.messages[last], last),
        "history": turns[-MAX_TURNS:],
        "stream": bool(body.stream),
    }
    try:
        return QueryRequest.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError([_located(found, last) for found in error.errors()], body={}) from None


def _question(message: ChatMessage, place: int) -> str:
    parts = message.content
    if isinstance(parts, list):
        for at, part in enumerate(parts):
            if part.type not in _TEXTS:
                raise _invalid(
                    ("messages", place, "content", at, "type"), "must be text: this server reads nothing else"
                )
    return _text(message)


def _turn(message: ChatMessage) -> dict[str, Any] | None:
    text = _text(message)
    if message.role not in _SPEAKERS or not text:
        return None
    if message.role == "user":
        return {"role": message.role, "content": text[:MAX_TURN_CHARS]}
    said, paths = without_footnotes(text)
    return {
        "role": message.role,
        "content": said[:MAX_TURN_CHARS],
        "citations": [{"path": path} for path in paths],
    }


def _text(message: ChatMessage) -> str:
    if isinstance(message.content, list):
        return "\n".join(part.text for part in message.content if part.type in _TEXTS and part.text)
    return message.content or ""


def _located(found: Any, last: int) -> dict[str, Any]:
    """Name the place in the request that was sent."""
    inside = found["loc"]
    place = ("messages", last, "content") if inside[:1] == ("question",) else ("kb", *inside)
    return {**found, "loc": ("body", *place)}


def _invalid(place: tuple[str | int, ...], message: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ("body", *place), "msg": message}], body={})
