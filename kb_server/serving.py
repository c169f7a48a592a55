"""Run the server: bind, listen, stop cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from kb_server.access.opening import prepared
from kb_server.app import create_app
from kb_server.chat.streams import Streams
from kb_server.connections import AddressPlaces
from kb_server.errors import EXIT_OK
from kb_server.http_protocol import head_limits
from kb_server.index.embedding import Encoder
from kb_server.lifecycle import Lifecycle
from kb_server.listening import BACKLOG, allow_connections, host_of, listener_of
from kb_server.search_process.remote import SearchProcess
from kb_server.settings import Settings
from kb_server.telemetry.logs import log_to_stderr

_GRACE_SECONDS = 8
_SWITCH_SECONDS = 0.0005
_CONNECTIONS_PER_REQUEST = 8
"""Open connections, idle ones included, for each request that may be worked on at once."""


def serve(
    settings: Settings,
    *,
    encoder: Callable[[], Encoder] | None = None,
    search: SearchProcess | None = None,
    listener: socket.socket | None = None,
) -> int:
    """Serve until SIGTERM or Ctrl+C and give the exit code; prints one line once it serves.

    Searches in ``search``, or in a thread of this process, where ``encoder`` loads the encoder. ``listener``
    listens already; without it, this does.

    Raises ``InvalidRequestError`` for an address that other machines reach without keys,
    ``ListenError`` for one that cannot be bound, and ``StoreError`` without a database that it can use.
    """
    log_to_stderr(settings.log_format)
    settings = prepared(settings, host_of(settings))
    listener = listener or listener_of(settings)
    server = server_of(create_app(settings, encoder=encoder, search=search), settings, listener)
    # The event loop shares the interpreter with other threads: by default each of them keeps it for 5 ms at a
    # time, and a refusal or an event of a stream needs it several times.
    sys.setswitchinterval(_SWITCH_SECONDS)
    with _signals_end_with_the_server():
        server.run(sockets=[listener])
    return EXIT_OK


def server_of(app: FastAPI, settings: Settings, listener: socket.socket) -> uvicorn.Server:
    """Give what serves ``app`` on ``listener``, with the limits of ``settings``."""
    connections = settings.max_concurrency * _CONNECTIONS_PER_REQUEST + settings.max_streams
    allow_connections(connections)
    config = uvicorn.Config(
        app,
        http=head_limits(
            settings,
            connections,
            app.state.metrics.malformed.inc,
            AddressPlaces(settings.max_connections_per_address, settings.proxy_networks()),
        ),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return _Server(config, _address(listener), app, drain_seconds=settings.drain_seconds)


@contextlib.contextmanager
def _signals_end_with_the_server() -> Iterator[None]:
    """Let SIGTERM and Ctrl+C mean a clean end: uvicorn raises them once more after its own shutdown."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {kind: signal.signal(kind, lambda *_: None) for kind in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for kind, handler in handlers.items():
            signal.signal(kind, handler)


class _Server(uvicorn.Server):
    """Says where it listens, and that it stops before it does; open streams end with an event."""

    def __init__(self, config: uvicorn.Config, address: str, app: FastAPI, *, drain_seconds: float) -> None:
        super().__init__(config)
        self._address = address
        self._streams: Streams = app.state.streams
        self._lifecycle: Lifecycle = app.state.lifecycle
        self._drain_seconds = drain_seconds
        self._loop: asyncio.AbstractEventLoop | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Let balancers see at ``/readyz`` that it stops, before their connections are refused.

        Ctrl+C, or a second signal, does not wait.
        """
        leave = partial(super().handle_exit, sig, frame)
        if self._loop is None or self._lifecycle.is_stopping or sig != signal.SIGTERM:
            self._lifecycle.stop()
            leave()
            return
        loop = self._loop
        loop.call_soon_threadsafe(self._lifecycle.stop)
        loop.call_soon_threadsafe(loop.call_later, self._drain_seconds, leave)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        sys.stdout.write(
            f"Serving http://{self._address} (chat page: /chat, API: /openapi.json, stop: Ctrl+C)\n"
        )
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        draining = asyncio.create_task(self._streams.drain())
        await super().shutdown(sockets)
        await draining


def _address(listener: socket.socket) -> str:
    name: tuple[Any, ...] = listener.getsockname()
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"{host}:{name[1]}"
