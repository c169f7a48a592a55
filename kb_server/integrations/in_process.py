"""The whole server without a network: the application in a thread of this process, behind the client."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path

import httpx

from kb_server.app import create_app
from kb_server.client import Client
from kb_server.errors import StartingError
from kb_server.settings import Settings

BASE_URL = "http://localhost"
_POLL_SECONDS = 0.05


def client_of(data_dir: Path | str | None = None, *, settings: Settings | None = None) -> Client:
    """Open the index in ``data_dir``, or the one of ``settings``, and give a client for it.

    Raises the ``ApiError`` that tells why the index cannot answer. Closing the client closes the index. An
    answer that is streamed comes at once, when it is whole.
    """
    chosen = settings or Settings()
    if data_dir is not None:
        chosen = chosen.model_copy(update={"data_dir": Path(data_dir)})
    transport = _InProcessTransport(chosen)
    try:
        transport.start()
        return Client(BASE_URL, transport=transport)
    except BaseException:
        transport.close()
        raise


class _InProcessTransport(httpx.BaseTransport):
    """Hands requests to the application, whose event loop runs in a thread."""

    def __init__(self, settings: Settings) -> None:
        self._app = create_app(settings)
        self._asgi = httpx.ASGITransport(self._app)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kb-server", daemon=True)
        self._over = asyncio.Event()
        self._life: Future[None] | None = None

    def start(self) -> None:
        """Run the application and wait until it has loaded its index, or cannot."""
        self._thread.start()
        started: Future[None] = Future()
        self._life = asyncio.run_coroutine_threadsafe(self._live(started), self._loop)
        wait({started, self._life}, return_when=FIRST_COMPLETED)
        if self._life.done():
            self._life.result()
        probe = httpx.Request("GET", f"{BASE_URL}/readyz")
        while self.handle_request(probe).json().get("code") == StartingError.code:
            time.sleep(_POLL_SECONDS)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, whole."""
        answer = self._answer(request.method, request.url, request.headers, request.read())
        return asyncio.run_coroutine_threadsafe(answer, self._loop).result()

    def close(self) -> None:
        """Close the index and end the thread."""
        if self._life is not None:
            self._loop.call_soon_threadsafe(self._over.set)
            self._life.result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._life = None
        self._loop.close()

    async def _live(self, started: Future[None]) -> None:
        """Enter and leave the application's life in one task, as the tasks in it need."""
        async with self._app.router.lifespan_context(self._app):
            started.set_result(None)
            await self._over.wait()

    async def _answer(
        self, method: str, url: httpx.URL, headers: httpx.Headers, content: bytes
    ) -> httpx.Response:
        sent = httpx.Request(method, url, headers=headers, content=content)
        reply = await self._asgi.handle_async_request(sent)
        return httpx.Response(reply.status_code, headers=reply.headers, content=await reply.aread())
