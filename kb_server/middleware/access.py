"""Ask who sends a request before anything of it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from kb_server.access.guard import Guard

UNKNOWN_AT = "unknown_at"
"""Key in a request's state: the address of who was not asked for a key, None for everybody else."""


class AccessMiddleware:
    """Sets ``scope["state"]["caller"]``, and tells in the response what is left of the caller's rate."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``; the guard is in the state of the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, watched while it is open; raises what ``Guard.admit`` raises."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guard = cast("Guard", scope["app"].state.guard)
        admission = await guard.admit(scope)
        state = scope.setdefault("state", {})
        state["caller"] = admission.caller
        state[UNKNOWN_AT] = admission.unknown_at
        quota = admission.quota

        async def send_counted(message: Message) -> None:
            if quota is not None and message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(quota.headers())
            await send(message)

        with guard.watch.over(scope, admission.grounds):
            await self._app(scope, receive, send_counted)
