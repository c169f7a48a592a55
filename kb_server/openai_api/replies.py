"""Write answers as completions, whole or in chunks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from kb_server.answering.schemas import Answer
from kb_server.chat.events import Delta, Event, StreamProblem
from kb_server.openai_api.footnotes import annotations_of, footnotes, reply_of
from kb_server.openai_api.schemas import (
    MODEL,
    AssistantMessage,
    ChatCompletion,
    CompletionChoice,
    CompletionUsage,
)
from kb_server.openai_errors import openai_error

_DONE = b"data: [DONE]\n\n"


def completion_of(answer: Answer, *, created: int) -> ChatCompletion:
    """Give the reply in one piece."""
    message = AssistantMessage(content=reply_of(answer), annotations=annotations_of(answer))
    return ChatCompletion(
        id=_id_of(answer.id),
        created=created,
        choices=[CompletionChoice(message=message)],
        usage=_usage_of(answer),
        kb_server=answer,
    )


@dataclass(slots=True)
class Chunks:
    """Renders the events of a stream as chunks."""

    stream_id: str
    created: int
    include_usage: bool

    def head(self) -> bytes:
        """Give the chunk that begins the message."""
        return self._chunk({"role": "assistant", "content": ""})

    def render(self, _number: int, event: Event) -> bytes:
        """Give the chunks for one event; sources and the whole answer stand in the last ones."""
        data = event.data
        if isinstance(data, Delta):
            return self._chunk({"content": data.text})
        if isinstance(data, Answer):
            return self._end(data)
        if isinstance(data, StreamProblem):
            message = f"{data.detail} {data.remedy}".strip()
            error = openai_error(status=data.status, code=data.code, message=message)
            return _data(error.model_dump()) + _DONE
        return b""

    def _end(self, answer: Answer) -> bytes:
        below = footnotes(answer)
        marked = [each.model_dump() for each in annotations_of(answer)]
        chunks = [self._chunk({"content": below})] if below else []
        chunks.append(
            self._chunk({"annotations": marked}, finish="stop", kb_server=answer.model_dump(mode="json"))
        )
        if self.include_usage:
            chunks.append(_data({**self._base(), "choices": [], "usage": _usage_of(answer).model_dump()}))
        return b"".join([*chunks, _DONE])

    def _chunk(self, delta: dict[str, Any], *, finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if self.include_usage else {}
        return _data({**self._base(), "choices": [choice], **usage, **more})

    def _base(self) -> dict[str, Any]:
        return {
            "id": _id_of(self.stream_id),
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": MODEL,
        }


def _id_of(answer_id: str) -> str:
    return f"chatcmpl-{answer_id}"


def _usage_of(answer: Answer) -> CompletionUsage:
    used = answer.usage
    if used is None:
        return CompletionUsage()
    return CompletionUsage(
        prompt_tokens=used.input_tokens,
        completion_tokens=used.output_tokens,
        total_tokens=used.input_tokens + used.output_tokens,
    )


def _data(fields: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(fields, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
