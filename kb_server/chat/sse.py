"""Server-sent events: the format, and a response that does not hang on a reader who takes nothing in.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kb_server.access.standing import refusal_of
from kb_server.chat.events import Event
from kb_server.chat.streams import Reading
from kb_server.middleware.streams import ABORT, EVENT_STREAM

HEARTBEAT = b": heartbeat\n\n"
RETRY = b"retry: 200\n\n"
"""Milliseconds after which a client comes back, while its answer is still being made."""

_log = logging.getLogger(__name__)

Render = Callable[[int, Event], bytes]
"""Writes an event, with its number from 1, as bytes of the stream."""


class EventStreamResponse(Response):
    """Sends a reading as it goes on; gives its place back however that ends."""

    media_type = EVENT_STREAM

    def __init__(self, reading: Reading, render: Render, *, head: bytes = b"") -> None:
        """Send ``head``, then render each event; a reader that takes one in too slowly is left."""
        super().__init__(headers={"X-Accel-Buffering": "no"}, media_type=EVENT_STREAM)
        del self.headers["content-length"]
        self._reading = reading
        self._render = render
        self._head = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream, for as long as its reader may ask."""
        refusal_of(scope).add_done_callback(lambda refusal: self._reading.cut_off(refusal.result()))
        try:
            async with asyncio.timeout(self._reading.limits.total_seconds):
                await self._send_all(send)
        except TimeoutError:
            _log.warning("a reader of stream %s was too slow and was left", self._reading.stream.answer_id)
            await _abort(scope, receive)
        finally:
            self._reading.close()

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if self._head:
            await self._send(send, self._head)
        while not self._reading.is_over:
            found = await self._reading.next(self._reading.limits.heartbeat_seconds)
            if found is not None:
                await self._send(send, self._render(*found))
            elif not self._reading.is_over:
                await self._send(send, HEARTBEAT)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, content: bytes) -> None:
        async with asyncio.timeout(self._reading.limits.send_seconds):
            await send({"type": "http.response.body", "body": content, "more_body": True})


async def _abort(scope: Scope, receive: Receive) -> None:
    """Close the connection, where the server can, and wait until it knows."""
    abort: Any = scope.get("extensions", {}).get(ABORT)
    if abort is not None:
        abort["close"]()
        while (await receive())["type"] != "http.disconnect":
            pass


def sse(stream_id: str) -> Render:
    r"""Render events with ids below ``stream_id``.

    >>> from kb_server.chat.events import Delta
    >>> sse("a_1")(2, Event("delta", Delta(text="a\nb")))
    b'id: a_1.2\nevent: delta\ndata: {"text":"a\\nb"}\n\n'
    """

    def render(number: int, event: Event) -> bytes:
        data = event.data.model_dump_json(exclude_none=event.name == "error")
        return f"id: {stream_id}.{number}\nevent: {event.name}\ndata: {data}\n\n".encode()

    return render
