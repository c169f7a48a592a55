"""Stop working for a request that nobody waits for any more, or whose key was revoked meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb_server.access.standing import refusal_of
from kb_server.errors import RequestTimeoutError
from kb_server.middleware.streams import begins_stream


class DeadlineMiddleware:
    """Cancels the work when the client leaves, may no longer ask, or waits for longer than ``seconds``.

    A stream of events must begin within that time; how long it goes on is its own matter.
    """

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        """Wrap ``app``."""
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; raise ``RequestTimeoutError`` when its time is up, or why it is refused."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        inbox: asyncio.Queue[Message] = asyncio.Queue()
        began = complete = streams = False

        async def send_tracked(message: Message) -> None:
            nonlocal began, complete, streams
            began = True
            streams = streams or begins_stream(message)
            # Set before sending: servers report the end of a response as a disconnect.
            complete = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        work = asyncio.create_task(self._work(scope, inbox, send_tracked))
        watch = asyncio.create_task(_forward(receive, inbox))
        refused = refusal_of(scope)
        try:
            await _first_of({work, watch, refused}, self._seconds)
            if streams:
                await _first_of({work, watch}, None)  # a stream ends itself, with an event
            elif began and refused.done():
                await _first_of({work, watch}, self._seconds)  # what is being sent was found out before
            if work.done() or complete:
                await work
            elif watch.done():
                await watch
            elif refused.done():
                raise refused.result()
            else:
                raise self._too_late()
        finally:
            work.cancel()
            watch.cancel()
            await asyncio.wait({work, watch})

    async def _work(self, scope: Scope, inbox: asyncio.Queue[Message], send: Send) -> None:
        await self._app(scope, inbox.get, send)

    def _too_late(self) -> RequestTimeoutError:
        return RequestTimeoutError(
            f"The request was given up after {self._seconds:g} seconds.",
            remedy="Try again in a moment; operators: KB_REQUEST_TIMEOUT_SECONDS.",
        )


async def _first_of(waited: AbstractSet[asyncio.Future[Any]], seconds: float | None) -> None:
    await asyncio.wait(waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


async def _forward(receive: Receive, inbox: asyncio.Queue[Message]) -> None:
    """Hand the messages on and end with the disconnect."""
    message: Message = {}
    while message.get("type") != "http.disconnect":
        message = await receive()
        inbox.put_nowait(message)
