"""Name each request, answer with that name, and log one line without anything the user wrote."""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb_server.problems import printable

HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MAX_LOGGED_PATH = 200
_CLIENT_LEFT = 499
"""Status in the log for a request that got no response, as nginx counts it."""

logger = logging.getLogger("kb_server.requests")


class RequestIdMiddleware:
    """Takes over a sane incoming X-Request-ID, or makes one."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set ``scope["state"]["request_id"]`` and the header of the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        incoming = Headers(scope=scope).get(HEADER, "")
        request_id = incoming if _SANE.fullmatch(incoming) else "req_" + secrets.token_hex(12)
        scope.setdefault("state", {})["request_id"] = request_id
        status = _CLIENT_LEFT
        began = time.perf_counter()

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        finally:
            # The query string stays out of the log: it may carry what a user wrote.
            path = printable(scope["path"], limit=_MAX_LOGGED_PATH)
            elapsed = (time.perf_counter() - began) * 1000
            logger.info("%s %s %d %.0f ms %s", scope["method"], path, status, elapsed, request_id)
