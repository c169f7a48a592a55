"""Take in the whole body before any work begins: small, in time, or not at all."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb_server.errors import (
    BodyTimeoutError,
    KbError,
    MalformedJsonError,
    OverloadedError,
    PayloadTooLargeError,
)
from kb_server.middleware.access import UNKNOWN_AT
from kb_server.middleware.concurrency import EXEMPT_PATHS
from kb_server.problems import problem_response

_LINGER_SECONDS = 5.0
"""How long a refused body is read and thrown away, so that a client that is still sending sees the answer."""


BODIES_OF_ONE_ADDRESS = 16
"""Bodies that may arrive at once from an address of which no key is known: one slow sender does not take all
places of those who have one."""


class _ClientLeftError(Exception):
    """The client closed the connection before its body was complete."""


class BodyMiddleware:
    """Hands on bodies of up to ``max_bytes`` that arrive within ``timeout_seconds``, in one piece.

    A larger body is answered 413 as soon as the limit is passed, a slow one 408; the connection closes.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, timeout_seconds: float) -> None:
        """Wrap ``app``."""
        self._app = app
        self._max_bytes = max_bytes
        self._timeout_seconds = timeout_seconds
        self._arriving: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read, then pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._place(scope):
            body = await self._received(scope, receive, send)
        if body is None:
            return
        if "json" in Headers(scope=scope).get("content-type", "").lower():
            _check_encoding(body)
        await self._app(scope, _replay(body, receive), send)

    async def _received(self, scope: Scope, receive: Receive, send: Send) -> bytes | None:
        """Give the body; None where there is none to work with, and the client knows."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._read(scope, receive)
        except _ClientLeftError:
            return None
        except PayloadTooLargeError as error:
            await _refuse(error, scope, receive, send, linger=_LINGER_SECONDS)
        except TimeoutError:
            late = BodyTimeoutError(
                f"The body did not arrive within {self._timeout_seconds:g} seconds.",
                remedy="Send the whole body at once; operators: KB_BODY_TIMEOUT_SECONDS.",
            )
            await _refuse(late, scope, receive, send, linger=0)
        return None

    @contextmanager
    def _place(self, scope: Scope) -> Iterator[None]:
        """Count a body while it arrives; raises ``OverloadedError`` for one too many of an address."""
        address = scope.get("state", {}).get(UNKNOWN_AT)
        if address is None or scope["path"] in EXEMPT_PATHS:
            yield
            return
        if self._arriving[address] >= BODIES_OF_ONE_ADDRESS:
            raise OverloadedError(
                f"{BODIES_OF_ONE_ADDRESS} requests of one address have not arrived whole.",
                remedy="Send each request at once, and try again after the seconds in Retry-After.",
            )
        self._arriving[address] += 1
        try:
            yield
        finally:
            self._arriving[address] -= 1
            if not self._arriving[address]:
                del self._arriving[address]

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        declared = Headers(scope=scope).get("content-length", "")
        # More than 18 digits is above any limit; Python refuses to read numbers of thousands of digits.
        if declared.isdecimal() and int(declared[:18]) > self._max_bytes:
            raise self._too_large()
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _ClientLeftError
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._max_bytes:
                raise self._too_large()
        return bytes(body)

    def _too_large(self) -> PayloadTooLargeError:
        return PayloadTooLargeError(
            f"The body is larger than {self._max_bytes} bytes.",
            remedy="Send a shorter question; operators: KB_MAX_BODY_BYTES.",
        )


def _check_encoding(body: bytes) -> None:
    """Refuse JSON in UTF-16 or UTF-32, which Python would guess and other parts of a network would not."""
    try:
        body.decode()
    except UnicodeDecodeError:
        is_utf8 = False
    else:
        is_utf8 = b"\0" not in body
    if not is_utf8:
        raise MalformedJsonError(
            "The body is not UTF-8.", remedy="Send one JSON object in UTF-8, the only encoding of JSON."
        )


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give a ``receive`` that tells the body once, then whatever the server says: that the client left."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


async def _refuse(error: KbError, scope: Scope, receive: Receive, send: Send, *, linger: float) -> None:
    """Answer at once and close, reading on for a moment: a reset would take the answer from the client."""
    response = problem_response(error, scope, headers={"Connection": "close"})
    await send(
        {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    )
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    try:
        async with asyncio.timeout(linger):
            await _discard(receive)
    except TimeoutError:
        pass  # the client is still sending: it had its moment
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _discard(receive: Receive) -> None:
    more = True
    while more:
        message = await receive()
        more = message["type"] == "http.request" and message.get("more_body", False)
