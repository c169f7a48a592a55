"""The search process itself: ``python -m kb_server.search_process FD``, started by the server alone."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from kb_server.errors import KbError
from kb_server.live_index import live_index_of
from kb_server.remembering import forget_all
from kb_server.search_process.messages import Begin, Call, Cancel, Done, Message, Status, framed, received
from kb_server.search_process.process import NOT_ITS_BUSINESS
from kb_server.search_process.watch import BEAT_SECONDS
from kb_server.searcher import searcher_of
from kb_server.searching import Readiness
from kb_server.settings import Settings
from kb_server.telemetry.logs import log_to_stderr
from kb_server.telemetry.observation import on_behalf_of

logger = logging.getLogger(__name__)
_LOOK_SECONDS = 0.05
_CLOSE_SECONDS = 1.5
"""Less than the server waits before it kills."""
_WORK = (
    "kb_server.answering.service",
    "kb_server.conversations.visibility",
    "kb_server.documents.service",
    "kb_server.search.service",
    "kb_server.verification.service",
)
"""Whose functions are sent here: imported while the index is loaded, not by the first question."""


def run(descriptor: int) -> None:
    """Serve the other end of the socket ``descriptor`` until it is closed.

    Whoever ends the server ends this process too: its signals are the server's business.
    """
    for kind in NOT_ITS_BUSINESS:
        signal.signal(kind, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as pair, threadpool_limits(limits=1):
        asyncio.run(_serve(pair))


async def _serve(pair: socket.socket) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=pair)
    try:
        begin = await received(reader)
        if isinstance(begin, Begin):
            log_to_stderr(begin.settings.log_format)
            await _Service(begin.settings, writer).serve(reader)
    except (asyncio.IncompleteReadError, ConnectionError):
        # The server has ended, in whatever way.
        os._exit(0)


class _Service:
    """Does what the server asks for."""

    def __init__(self, settings: Settings, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._live = live_index_of(settings)
        self._searcher = searcher_of(self._live, settings)
        self._methods: dict[str, Callable[..., Awaitable[Any]]] = {
            "run": self._searcher.run,
            "run_all": self._searcher.run_all,
            "on_current": self._searcher.on_current,
            "forget": self._forget,
        }
        self._running: dict[int, asyncio.Task[None]] = {}

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Take messages until the other end is closed, which raises ``IncompleteReadError``."""
        self._live.start()
        await asyncio.to_thread(_import_work)
        telling = asyncio.create_task(self._tell())
        try:
            while True:
                self._take(await received(reader))
        finally:
            telling.cancel()
            self._close()

    def _close(self) -> None:
        """Close the index, whose copies on the disk go with it; what takes longer than allowed is left."""
        limit = threading.Timer(_CLOSE_SECONDS, os._exit, [0])
        limit.daemon = True
        limit.start()
        self._searcher.close()
        self._live.close()

    def _take(self, message: Message) -> None:
        if isinstance(message, Call):
            task = asyncio.create_task(self._work(message))
            self._running[message.number] = task
            task.add_done_callback(lambda _: self._running.pop(message.number))
        elif isinstance(message, Cancel) and message.number in self._running:
            self._running[message.number].cancel()

    async def _work(self, call: Call) -> None:
        try:
            with on_behalf_of(call.since):
                value = await self._methods[call.method](*call.arguments, **call.options)
            self._send(Done(call.number, value, encoder_depth=self._searcher.encoder_depth))
        except KbError as error:
            self._send(Done(call.number, error=error))
        except Exception as error:
            logger.exception("a search failed")
            # Its class may not be picklable, and its words are told above.
            self._send(Done(call.number, error=RuntimeError(type(error).__qualname__)))

    async def _forget(self) -> None:
        forget_all()
        await self._live.forget()

    async def _tell(self) -> None:
        """Say what is served, whenever that changes, and again as a sign of life."""
        told: Readiness | None = None
        said = 0.0
        while True:
            now = self._live.readiness()
            _leave_alone(told, now)
            if now != told or time.monotonic() - said >= BEAT_SECONDS:
                told, said = now, time.monotonic()
                self._send(Status(now))
            await asyncio.sleep(_LOOK_SECONDS)

    def _send(self, message: Message) -> None:
        self._writer.write(framed(message))


def _leave_alone(before: Readiness | None, now: Readiness) -> None:
    """Keep what was loaded at the start out of the search for garbage, which would stop a question for it.

    Once another version takes its place, what it leaves behind is garbage like any other.
    """
    first = before is None or before.served is None
    if now.served is not None and first:
        gc.freeze()
    elif before is not None and before.served != now.served:
        gc.unfreeze()


def _import_work() -> None:
    for name in _WORK:
        import_module(name)
