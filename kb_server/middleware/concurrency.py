"""A bound on the requests that are taken in at once."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb_server.errors import OverloadedError
from kb_server.middleware.streams import begins_stream

EXEMPT_PATHS = frozenset({"/healthz", "/readyz"})
"""Probes are answered however busy the server is."""
OVER_CONNECTIONS = "over_connections"
"""Key in a request's state that says: too many connections are open."""
OVER_ADDRESS = "over_address"
"""Key in a request's state that says: one address has too many of them."""


def too_many_of_one() -> OverloadedError:
    """Give the error for an address that has too many connections."""
    return OverloadedError(
        "Too many connections are open from one address.",
        remedy="Close some, or try again later; operators: KB_MAX_CONNECTIONS_PER_ADDRESS.",
    )


class Places:
    """How many requests may be worked on at once, and how many are; one event loop counts them."""

    def __init__(self, limit: int) -> None:
        """Begin with all of ``limit`` places free."""
        self.limit = limit
        self.taken = 0

    def check(self) -> None:
        """Raise ``OverloadedError`` where no place is free."""
        if self.taken >= self.limit:
            raise OverloadedError(
                f"The server is busy with {self.taken} requests, its limit is {self.limit}.",
                remedy="Try again after the seconds in Retry-After; operators: KB_MAX_CONCURRENCY.",
            )


class ConcurrencyMiddleware:
    """Refuses what finds no place at once instead of queueing it.

    A stream of events counts until it begins: most of its time it only waits, and KB_MAX_STREAMS limits it.
    """

    def __init__(self, app: ASGIApp, *, places: Places, ahead: Places | None = None) -> None:
        """Wrap ``app``, which has ``places``.

        Who would find none of those ``ahead`` is refused here already: nothing of the request is read.
        """
        self._app = app
        self._places = places
        self._ahead = ahead

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or raise ``OverloadedError``."""
        if scope["type"] != "http" or scope["path"] in EXEMPT_PATHS:
            await self._app(scope, receive, send)
            return
        if scope.get("state", {}).get(OVER_ADDRESS):
            raise too_many_of_one()
        if scope.get("state", {}).get(OVER_CONNECTIONS):
            raise OverloadedError(
                "Too many connections are open.",
                remedy="Try again after the seconds in Retry-After; operators: KB_MAX_CONCURRENCY.",
            )
        if self._ahead is not None:
            self._ahead.check()
        places = self._places
        places.check()
        is_counted = True
        places.taken += 1

        async def send_counted(message: Message) -> None:
            nonlocal is_counted
            if is_counted and begins_stream(message):
                is_counted = False
                places.taken -= 1
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        finally:
            places.taken -= is_counted
