"""Stop working for a request that nobody waits for any more."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb_server.errors import RequestTimeoutError
from kb_server.middleware.streams import begins_stream


class DeadlineMiddleware:
    """Cancels the work when the client disconnects, or when it takes longer than ``seconds``.

    A stream of events must begin within that time; how long it goes on is its own matter.
    """

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        """Wrap ``app``."""
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; raise ``RequestTimeoutError`` when its time is up."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        inbox: asyncio.Queue[Message] = asyncio.Queue()
        complete = streams = False

        async def send_tracked(message: Message) -> None:
            nonlocal complete, streams
            streams = streams or begins_stream(message)
            # Set before sending: servers report the end of a response as a disconnect.
            complete = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        work = asyncio.create_task(self._work(scope, inbox, send_tracked))
        watch = asyncio.create_task(_forward(receive, inbox))
        try:
            await asyncio.wait({work, watch}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
            if streams:
                await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if work.done() or complete:
                await work
            elif watch.done():
                await watch
            else:
                raise RequestTimeoutError(
                    f"The request was given up after {self._seconds:g} seconds.",
                    remedy="Try again in a moment; operators: KB_REQUEST_TIMEOUT_SECONDS.",
                )
        finally:
            work.cancel()
            watch.cancel()
            await asyncio.wait({work, watch})

    async def _work(self, scope: Scope, inbox: asyncio.Queue[Message], send: Send) -> None:
        await self._app(scope, inbox.get, send)


async def _forward(receive: Receive, inbox: asyncio.Queue[Message]) -> None:
    """Hand the messages on and end with the disconnect."""
    message: Message = {}
    while message.get("type") != "http.disconnect":
        message = await receive()
        inbox.put_nowait(message)
