"""Streams of a server in a process of its own: many at once, readers that hang, and the end of the server."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kb_server.app import create_app
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings
from tests.kb_server.event_stream import Event, parse
from tests.kb_server.generation.llm_server import KEY, MODEL, Endpoint, Reply, serving
from tests.kb_server.published import Page, publish, wait_until_ready
from tests.kb_server.served import served
from tests.kb_server.test_serving import server

OPEN_STREAMS = 20
ASKED = {"question": "How do I roll back to an earlier version?", "stream": True, "suggest": False}
SMALL_BUFFER = 4096
"""Of a socket, in bytes; by default some megabytes are taken in for a reader that reads nothing."""
LONG_WORD = "x" * 100_000


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        endpoint.says(Reply("x", wait_for=threading.Event()))
        yield endpoint


async def read_stream(client: httpx.AsyncClient, begun: asyncio.Semaphore) -> list[Event]:
    text, has_begun = "", False
    async with client.stream("POST", "/v1/query", json=ASKED) as response:
        async for piece in response.aiter_text():
            text += piece
            if not has_begun and "event: passages" in text:
                has_begun = True
                begun.release()
    return list(parse(text))


async def test_sigterm_ends_every_open_stream_with_an_event_and_then_the_server(
    hashed_index: Path, tmp_path: Path, endpoint: Endpoint
) -> None:
    settings = {"llm": f"openai:{MODEL}", "llm_url": endpoint.url, "llm_api_key": KEY, "max_risk": 1}
    with server(hashed_index, tmp_path, **settings) as process:
        begun = asyncio.Semaphore(0)
        async with process.client() as client:
            await wait_until_ready(client)
            reading = [asyncio.create_task(read_stream(client, begun)) for _ in range(OPEN_STREAMS)]
            async with asyncio.timeout(60):
                for _ in reading:
                    await begun.acquire()
            process.process.send_signal(signal.SIGTERM)
            ends = [events[-1] for events in await asyncio.gather(*reading)]
        code = process.process.wait(timeout=30)

    assert {(end.name, end.data["code"], end.data["retry_after"]) for end in ends} == {
        ("error", "shutting_down", 1)
    }
    assert code == 0
    assert "Traceback" not in process.log.read_text()


def connect_and_read_nothing(url: str) -> socket.socket:
    content = json.dumps(ASKED).encode()
    head = (
        "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    reader.connect(("127.0.0.1", int(url.rpartition(":")[2])))
    reader.sendall(head.encode() + content)
    return reader


def test_a_reader_that_takes_nothing_in_is_cut_off_and_gives_its_place_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = f"Run `kb rollback` to roll back to the earlier version: {LONG_WORD}. The version stays."
    publish(tmp_path, {"en/long.md": Page("Rollback", text)})
    settings = Settings(data_dir=tmp_path, max_streams=1, max_risk=1, stream_send_timeout_seconds=1)
    app = create_app(settings, encoder=HashEncoder)
    with (
        served(app, settings=settings, send_buffer=SMALL_BUFFER) as url,
        httpx.Client(base_url=url) as client,
        connect_and_read_nothing(url) as reader,
    ):
        refused = _until_status(client, 503)
        accepted = _until_status(client, 200)
        reader.settimeout(30)
        received = _read_to_the_end(reader)

    assert refused.json()["code"] == "overloaded"
    assert accepted.headers["content-type"].startswith("text/event-stream")
    assert b"event: passages" in received
    assert b"event: answer" not in received
    assert "was too slow" in caplog.text
    assert "Exception in ASGI application" not in caplog.text


def _until_status(client: httpx.Client, status: int) -> httpx.Response:
    until = time.monotonic() + 60
    while True:
        response = client.post("/v1/query", json={"question": "Hello!", "stream": True})
        if response.status_code == status or time.monotonic() > until:
            return response
        time.sleep(0.05)


def _read_to_the_end(reader: socket.socket) -> bytes:
    received = b""
    try:
        while data := reader.recv(65536):
            received += data
    except ConnectionResetError:
        pass  # the server dropped what was left
    return received
