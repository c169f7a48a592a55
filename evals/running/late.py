"""An application that starts with its first request, and what it serves, as it was told once.

Where every answer is kept already, nothing is asked and so nothing has to start.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evals.product import AsgiApp
from evals.records.folder import write_text
from evals.records.model import dumps
from evals.running.targets import Identity, Served


class LateApp:
    """Builds an application and enters its lifespan when it is first called, in a task of its own."""

    def __init__(self, build: Callable[[], AsgiApp]) -> None:
        """Build by ``build``."""
        self._build = build
        self._app: AsgiApp | None = None
        self._lock = asyncio.Lock()
        self._done = asyncio.Event()
        self._living: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request."""
        await (await self.start())(scope, receive, send)

    async def start(self) -> AsgiApp:
        """Give the running application; raises what its start raises."""
        async with self._lock:
            if self._app is None:
                app = self._build()
                begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._living = asyncio.create_task(self._live(app, begun))
                await begun
                self._app = app
            return self._app

    async def _live(self, app: AsgiApp, begun: asyncio.Future[None]) -> None:
        # A lifespan has to be left by the task that entered it, which a request's task may not live to do.
        lifespan: AbstractAsyncContextManager[Any] = app.router.lifespan_context(app)  # type: ignore[attr-defined]  # any Starlette application
        try:
            async with lifespan:
                begun.set_result(None)
                await self._done.wait()
        except BaseException as error:
            if begun.done():
                raise
            begun.set_exception(error)

    async def close(self) -> None:
        """Leave the lifespan, if it was entered."""
        self._done.set()
        if self._living is not None:
            await self._living


def told(file: Path, build: str, version: str) -> Served | None:
    """Give what a build was found to serve of a published version, if that was kept."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        served = Served(Identity(**kept["identity"]), frozenset(kept["paths"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    same = (served.identity.build, served.identity.index_version) == (build, version)
    return served if same and build and version else None


def keep(file: Path, served: Served) -> None:
    """Keep what a build serves; only the last is kept."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text(file, dumps({"identity": asdict(served.identity), "paths": sorted(served.paths)}))
