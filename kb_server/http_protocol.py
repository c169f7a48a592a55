"""Limits on the head of a request, which uvicorn itself does not have."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kb_server.middleware.streams import ABORT

MAX_HEAD_BYTES = 64 * 1024


class HeadLimits(HttpToolsProtocol):
    """Closes connections whose request line and headers are too large or do not arrive in time."""

    head_seconds: ClassVar[float]
    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._head_arrived()
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
        super().on_headers_complete()

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


def head_limits(seconds: float) -> type[HeadLimits]:
    """Give the protocol class for heads that must arrive within ``seconds``."""
    return type("HeadLimits", (HeadLimits,), {"head_seconds": seconds})
