"""Limits on the head of a request and on idle connections, which uvicorn itself does not have."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kb_server.connections import AddressPlaces
from kb_server.errors import KbError, MalformedHttpError
from kb_server.middleware.concurrency import OVER_ADDRESS, OVER_CONNECTIONS, too_many_of_one
from kb_server.middleware.headers import SECURITY_HEADERS
from kb_server.middleware.request_id import HEADER, new_request_id
from kb_server.middleware.streams import ABORT
from kb_server.problems import MEDIA_TYPE, problem_of, retry_after
from kb_server.settings import Settings

MAX_HEAD_BYTES = 64 * 1024

logger = logging.getLogger("kb_server.requests")


class HeadLimits(HttpToolsProtocol):
    """Closes connections whose request line and headers are too large or do not arrive in time.

    What uvicorn answers by itself, in plain text, becomes problem details with a request id.
    """

    head_seconds: ClassVar[float]
    idle_seconds: ClassVar[float]
    crowded_seconds: ClassVar[float] = 5.0
    """Idle connections stay no longer than this where more than half of all that are allowed are open."""
    max_connections: ClassVar[int]
    places: ClassVar[AddressPlaces]
    on_malformed: ClassVar[Callable[[], None]]
    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _address: str | None = None
    """What has a place for this connection, or for its open request where a proxy sends it."""
    _is_proxied = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for the first head; refuse one connection too many of an address."""
        super().connection_made(transport)
        address = self.places.of_connection(self.client)
        self._is_proxied = address is None
        if address is None or self._take_place(address):
            self._await_head()
        else:
            self._send_problem(too_many_of_one())

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._head_arrived()
        self._leave_place()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, then count what belongs to a head that was and is not complete."""
        awaited = self._head_timer
        super().data_received(data)
        if awaited is None or self._head_timer is not awaited or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self.send_400_response("Request head too large.")

    def on_message_begin(self) -> None:
        """Begin to wait for the head of the next request on a kept connection."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """Wait no longer, then begin to work; who works may close the connection at once."""
        self._head_arrived()
        self.scope.setdefault("extensions", {})[ABORT] = {"close": self.transport.abort}
        if len(self.connections) > self.max_connections:
            self.scope["state"][OVER_CONNECTIONS] = True
        if self._is_proxied:
            self._leave_place()
            address = self.places.of_request(self.scope)
            if address is not None and not self._take_place(address):
                self.scope["state"][OVER_ADDRESS] = True
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Count the request no more; a connection without a proxy counts until it closes."""
        if self._is_proxied:
            self._leave_place()
        self.timeout_keep_alive = self._idle_time()  # type: ignore[assignment]  # it may be a fraction
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read as a request, and close."""
        error = MalformedHttpError(msg, remedy="Send one request of HTTP/1.1 with a head of at most 64 KiB.")
        request_id = self._send_problem(error)
        type(self).on_malformed()
        logger.info("malformed request 400 %s", request_id)

    def _send_problem(self, error: KbError) -> str:
        """Answer outside of any request, and close; gives the id."""
        request_id = new_request_id()
        body = problem_of(error, request_id=request_id).model_dump_json(exclude_none=True).encode()
        headers = SECURITY_HEADERS | {
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "Connection": "close",
            HEADER: request_id,
        }
        if (wait := retry_after(error)) is not None:
            headers["Retry-After"] = str(wait)
        head = "".join(f"{name.lower()}: {value}\r\n" for name, value in headers.items())
        status = f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\n"
        self.transport.write(status.encode() + head.encode() + b"\r\n" + body)
        self.transport.close()
        return request_id

    def _idle_time(self) -> float:
        """Give how long this connection may wait for its next request; that of a proxy serves many people."""
        is_crowded = 2 * len(self.connections) > self.max_connections and not self._is_proxied
        return min(self.idle_seconds, self.crowded_seconds) if is_crowded else self.idle_seconds

    def _take_place(self, address: str) -> bool:
        if self.places.take(address):
            self._address = address
            return True
        return False

    def _leave_place(self) -> None:
        if self._address is not None:
            self.places.give_back(self._address)
            self._address = None

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_bytes = 0
            self._head_timer = self.loop.call_later(self.head_seconds, self._give_up)

    def _head_arrived(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        self.transport.close()


def head_limits(
    settings: Settings, max_connections: int, on_malformed: Callable[[], None], places: AddressPlaces
) -> type[HeadLimits]:
    """Give the protocol class for heads that must arrive in time, and connections that may be idle.

    Above ``max_connections`` open ones, and those of ``places`` for one address, requests are refused;
    ``on_malformed`` is told of what is no request.
    """
    members = {
        "head_seconds": settings.body_timeout_seconds,
        "idle_seconds": settings.keep_alive_seconds,
        "max_connections": max_connections,
        "on_malformed": staticmethod(on_malformed),
        "places": places,
    }
    return type("HeadLimits", (HeadLimits,), members)
