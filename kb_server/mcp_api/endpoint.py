"""``/mcp``: one ASGI endpoint, whose protocol library is loaded by the first request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from kb_server.access.origins import OriginCheck, origin_check
from kb_server.errors import StartingError
from kb_server.mcp_api.tools import DocsTool, docs_tools
from kb_server.settings import Settings

PATH = "/mcp"

Tools = Mapping[str, DocsTool[Any, Any]]
Serving = Callable[[Tools], AbstractAsyncContextManager[ASGIApp]]


@dataclass
class _Life:
    """What the requests and the task behind them share while the application runs."""

    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    app: ASGIApp | None = None


class McpEndpoint:
    """Answers the protocol's POST requests.

    The library takes more than a second to import, which a server that no assistant uses does not pay.
    """

    def __init__(self, tools: Tools, check: OriginCheck) -> None:
        """Serve ``tools`` to requests that pass ``check``."""
        self._tools = tools
        self._check = check
        self._life: _Life | None = None
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer requests for as long as the context lasts."""
        life = self._life = _Life()
        self._task = asyncio.create_task(self._serve(life))
        try:
            yield
        finally:
            life.ended.set()
            life.wanted.set()
            await self._task
            self._life = self._task = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises ``UntrustedOriginError`` and ``StartingError``."""
        self._check(Headers(scope=scope))
        app = await self._app()
        await app(scope, receive, send)

    async def _app(self) -> ASGIApp:
        life, task = self._life, self._task
        if life is None or task is None:
            raise StartingError("The tools are not served yet.", remedy="Try again in a moment.")
        life.wanted.set()
        ready = asyncio.create_task(life.ready.wait())
        try:
            await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if life.app is None:
            await task  # raises why the library could not be loaded
            raise StartingError("The server is stopping.", remedy="Try again in a moment.")
        return life.app

    async def _serve(self, life: _Life) -> None:
        """Hold the protocol's own tasks: what enters a task group has to leave it in the same task."""
        await life.wanted.wait()
        if life.ended.is_set():
            return
        serving = await asyncio.to_thread(_load)
        async with serving(self._tools) as app:
            life.app = app
            life.ready.set()
            await life.ended.wait()


def _load() -> Serving:
    from kb_server.mcp_api.protocol import serving  # noqa: PLC0415 - heavy, see above

    return serving


def include(app: FastAPI, settings: Settings) -> None:
    """Add the route over the services in ``app.state``; ``running`` must hold while requests are answered.

    It answers at its path and at no other. GET and DELETE are for sessions, and there are none.
    """
    tools = docs_tools(app.state.search, app.state.chat, app.state.documents)
    endpoint = McpEndpoint(tools, origin_check(settings))
    app.state.mcp = endpoint
    app.router.routes.append(Route(PATH, endpoint, methods=["POST"], include_in_schema=False))


def running(app: FastAPI) -> AbstractAsyncContextManager[None]:
    """Answer requests at the route for as long as the context lasts."""
    return cast("McpEndpoint", app.state.mcp).running()
