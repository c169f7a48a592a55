"""The events of a streamed answer, and the reader of the stream's format.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kb_server.answering.schemas import Answer, AnswerCitation, NearestPage
from kb_server.chat.events import Delta, Passages, StreamProblem
from kb_server.client.errors import api_error


@dataclass(frozen=True, slots=True)
class PassagesEvent:
    """The pages that the answer draws from or comes near."""

    id: str
    passages: list[NearestPage]


@dataclass(frozen=True, slots=True)
class DeltaEvent:
    """The next piece of the answer's text."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class CitationEvent:
    """A citation that the next piece of the text mentions."""

    id: str
    citation: AnswerCitation


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """The whole answer: the last event."""

    id: str
    answer: Answer


StreamEvent = PassagesEvent | DeltaEvent | CitationEvent | AnswerEvent

_LINE_END = re.compile(rb"\r\n|\n|\r(?!$)")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event as it came."""

    id: str
    name: str
    data: str


class Decoder:
    r"""Reads events from pieces of a stream, wherever it is cut.

    >>> decoder = Decoder()
    >>> list(decoder.feed(b": heartbeat\n\nid: a_1.1\nevent: delta\nda"))
    []
    >>> list(decoder.feed(b'ta: {"text":"x"}\n\n'))
    [ServerSentEvent(id='a_1.1', name='delta', data='{"text":"x"}')]
    """

    def __init__(self) -> None:
        """Begin a stream."""
        self._rest = b""
        self._fields: dict[str, list[str]] = {}

    def feed(self, piece: bytes) -> Iterator[ServerSentEvent]:
        """Give the events that ``piece`` completes."""
        *lines, self._rest = _LINE_END.split(self._rest + piece)
        for line in lines:
            if line:
                name, _, value = line.decode("utf-8").partition(":")
                self._fields.setdefault(name, []).append(value.removeprefix(" "))
                continue
            fields, self._fields = self._fields, {}
            if "data" in fields:
                yield ServerSentEvent(
                    id=fields.get("id", [""])[-1],
                    name=fields.get("event", ["message"])[-1],
                    data="\n".join(fields["data"]),
                )


def typed(event: ServerSentEvent) -> StreamEvent | None:
    """Give the event as an object, None for one of a kind that is not known here.

    Raises the ``ApiError`` that an ``error`` event carries.
    """
    if event.name == "error":
        problem = StreamProblem.model_validate_json(event.data)
        raise api_error(problem, retry_after=problem.retry_after)
    read = _READERS.get(event.name)
    return read(event) if read else None


_READERS: dict[str, Callable[[ServerSentEvent], StreamEvent]] = {
    "passages": lambda event: PassagesEvent(event.id, Passages.model_validate_json(event.data).passages),
    "delta": lambda event: DeltaEvent(event.id, Delta.model_validate_json(event.data).text),
    "citation": lambda event: CitationEvent(event.id, AnswerCitation.model_validate_json(event.data)),
    "answer": lambda event: AnswerEvent(event.id, Answer.model_validate_json(event.data)),
}
