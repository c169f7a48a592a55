"""Let browsers show answers to pages of listed origins, and to no other page."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from kb_server.access.guard import Guard

_SENT = (
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-API-Key, X-Request-ID, "
    # What clients of the Model Context Protocol send along.
    "Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id"
)
_READ = "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, WWW-Authenticate, X-Request-ID"
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": _SENT,
    "Access-Control-Max-Age": "600",
}


class CorsMiddleware:
    """Answers preflights, and names the origin in responses; credentials of the browser never count.

    Keys and tokens travel in a header that a page sets itself, so cookies are neither read nor allowed.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``; the guard in the state of the application knows the origins."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer the preflight."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        origin = headers.get("origin")
        if scope["type"] != "http" or origin is None:
            await self._app(scope, receive, send if scope["type"] != "http" else _varying(send, {}))
            return
        guard = cast("Guard", scope["app"].state.guard)
        allowed = {"Access-Control-Allow-Origin": origin} if origin in await guard.origins() else {}
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            told = allowed | _PREFLIGHT if allowed else {}
            await Response(status_code=204, headers=told | {"Vary": _PREFLIGHT_VARY})(scope, receive, send)
            return
        shown = allowed | {"Access-Control-Expose-Headers": _READ} if allowed else {}
        await self._app(scope, receive, _varying(send, shown))


_PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


def _varying(send: Send, shown: dict[str, str]) -> Send:
    """Add headers that a route has not set itself; a cache must not give one origin's reply to another."""

    async def send_named(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in shown.items():
                headers.setdefault(name, value)
            headers.add_vary_header("Origin")
        await send(message)

    return send_named
