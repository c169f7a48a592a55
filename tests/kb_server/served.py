"""The real application behind a real socket, in a thread of this process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from fastapi import FastAPI

from kb_server.serving import server_of
from kb_server.settings import Settings

READY_SECONDS = 60


@contextmanager
def served(
    app: FastAPI, *, settings: Settings | None = None, ready: bool = True, send_buffer: int | None = None
) -> Iterator[str]:
    """Give the address at which ``app`` answers, once it can answer questions or, else, once it listens."""
    listener = socket.create_server(("127.0.0.1", 0))
    if send_buffer is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)  # its connections inherit it
    server = server_of(app, settings or Settings(), listener)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        _wait_until(url, lambda status: not ready or status == httpx.codes.OK)
        yield url
    finally:
        server.should_exit = True
        thread.join(timeout=READY_SECONDS)
        listener.close()


def _wait_until(url: str, done: Callable[[int], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not done(httpx.get(f"{url}/readyz", timeout=READY_SECONDS).status_code):
        assert time.monotonic() < deadline
        time.sleep(0.05)
