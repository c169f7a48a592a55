"""The server as a process of its own, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from kb_server.cli import run
from kb_server.errors import EXIT_INFRASTRUCTURE, InvalidRequestError, ListenError
from kb_server.serving import serve
from kb_server.settings import Settings

from .published import wait_for_code, wait_until_ready

MEGABYTE = 1024 * 1024
# The encoder of this program takes half a second for a question, so that requests overlap for sure.
PROGRAM = """
import sys, time
from kb_server.index.testing import HashEncoder
from kb_server.serving import serve
from kb_server.settings import Settings

class SlowEncoder(HashEncoder):
    def encode(self, texts):
        time.sleep(0.5)
        return super().encode(texts)

sys.exit(serve(Settings(), encoder=SlowEncoder))
"""


@dataclass
class Running:
    process: subprocess.Popen[str]
    url: str
    port: int
    log: Path

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=30)

    def rss_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert match is not None
        return int(match.group(1)) * 1024

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


@contextmanager
def server(data_dir: Path, tmp_path: Path, **settings: object) -> Iterator[Running]:
    environment = {
        **os.environ,
        **{f"KB_{key.upper()}": str(value) for key, value in settings.items()},
        "KB_DATA_DIR": str(data_dir),
        "KB_PORT": "0",
        "KB_POLL_SECONDS": "0.05",
    }
    log = tmp_path / "server.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"^Serving (http://127\.0\.0\.1:(\d+)) ", line)
        assert found is not None, line + log.read_text()
        yield Running(process, found.group(1), int(found.group(2)), log)
    finally:
        process.terminate()
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="module")
def running(hashed_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    limits = {"body_timeout_seconds": 3, "max_concurrency": 3}
    with server(hashed_index, tmp_path_factory.mktemp("server"), **limits) as process:
        yield process


async def test_body_of_300_megabytes_is_refused_without_being_kept(running: Running) -> None:
    async def body() -> AsyncIterator[bytes]:
        block = b"x" * MEGABYTE
        for _ in range(300):
            yield block

    async with running.client() as client:
        await wait_until_ready(client)
        before = running.rss_bytes()
        response = await client.post(
            "/v1/query", content=body(), headers={"content-type": "application/json"}
        )
        after = running.rss_bytes()
        alive = await client.get("/healthz")

    assert response.status_code == 413
    assert response.json()["code"] == "payload_too_large"
    assert after - before < 50 * MEGABYTE
    assert alive.status_code == 200


def test_declared_body_of_300_megabytes_is_refused_before_it_is_sent(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(
            b"POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 314572800\r\nExpect: 100-continue\r\n\r\n"
        )
        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


def read_to_the_end(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


HALF_A_BODY = (
    b"POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 100\r\n\r\n{"question'
)


def test_what_trickles_in_is_given_up(running: Running) -> None:
    with running.connect() as nothing, running.connect() as half_a_head, running.connect() as half_a_body:
        half_a_head.sendall(b"GET /healthz HTTP/1.1\r\nHost: k")
        half_a_body.sendall(HALF_A_BODY)
        late = read_to_the_end(half_a_body)

        assert read_to_the_end(nothing) == b""
        assert read_to_the_end(half_a_head) == b""
    assert late.startswith(b"HTTP/1.1 408 ")
    assert b"body_timeout" in late


def test_endless_head_is_refused(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        try:
            for _ in range(1000):
                connection.sendall(b"X-Filler: " + b"x" * 1000 + b"\r\n")
            answer = connection.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            answer = b"HTTP/1.1 400 "  # the reset overtook the answer

    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_more_requests_than_the_limit_are_refused_while_probes_are_answered(running: Running) -> None:
    async with running.client() as client:
        await wait_until_ready(client)
        asked = [client.post("/v1/query", json={"question": f"What is {i}?"}) for i in range(12)]
        together = asyncio.gather(*asked)
        probe = await client.get("/readyz")
        responses = await together

    statuses = sorted(response.status_code for response in responses)
    assert probe.status_code == 200
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= 3
    for response in responses:
        if response.status_code == 503:
            assert response.json()["code"] == "overloaded"
            assert response.headers["retry-after"] == "1"


async def test_request_of_a_client_that_left_is_given_up(running: Running) -> None:
    async with running.client() as client:
        await wait_until_ready(client)
        content = b'{"question": "What is the canary-left port?"}'
        head = (
            "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: left-1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        with running.connect() as connection:
            connection.sendall(head.encode() + content)
            await asyncio.sleep(0.1)
        await client.post("/v1/query", json={"question": "What is asked later?"})

    assert re.search(r"POST /v1/query 499 \d+ ms left-1", running.log.read_text())


async def test_log_has_no_text_of_a_question(running: Running) -> None:
    async with running.client() as client:
        await wait_until_ready(client)
        await client.post("/v1/query", json={"question": "canary-question 카나리아"})
        await client.get("/v1/documents", params={"after": "canary-query"})

    assert "/v1/query 200" in running.log.read_text()
    assert "canary" not in running.log.read_text()


@pytest.mark.parametrize(
    "garbage",
    [b"GARBAGE\r\n\r\n", b"GET /healthz HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ids=["words", "version", "tls"],
)
def test_what_is_no_http_gets_problem_details_with_a_request_id(running: Running, garbage: bytes) -> None:
    with running.connect() as connection:
        connection.sendall(garbage)
        head, _, body = read_to_the_end(connection).partition(b"\r\n\r\n")
    problem = json.loads(body)

    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"x-content-type-options: nosniff" in head.lower()
    assert problem["code"] == "malformed_http"
    assert problem["request_id"].encode() in head
    assert problem["request_id"] in running.log.read_text()


async def test_probes_answer_head(running: Running) -> None:
    async with running.client() as client:
        await wait_until_ready(client)
        alive, ready = await client.head("/healthz"), await client.head("/readyz")

    assert (alive.status_code, ready.status_code) == (200, 200)
    assert (alive.content, ready.content) == (b"", b"")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
async def test_json_in_another_encoding_than_utf_8_is_refused(running: Running, encoding: str) -> None:
    async with running.client() as client:
        response = await client.post(
            "/v1/query",
            content='{"question": "Où est le port?"}'.encode(encoding),
            headers={"content-type": "application/json"},
        )

    assert response.status_code == 400
    assert response.json()["code"] == "malformed_json"
    assert "UTF-8" in response.json()["remedy"]


async def test_connections_above_the_limit_are_told_in_problem_details(
    hashed_index: Path, tmp_path: Path
) -> None:
    with (
        server(hashed_index, tmp_path, max_concurrency=1, max_streams=1) as process,
        contextlib.ExitStack() as idle,
    ):
        for _ in range(20):
            idle.enter_context(process.connect())
        async with process.client() as client:
            refused = await client.get("/v1/documents")
            alive = await client.get("/healthz")

    assert refused.status_code == 503
    assert refused.json()["code"] == "overloaded"
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["request_id"] == refused.headers["x-request-id"]
    assert alive.status_code == 200


async def test_server_header_is_off(running: Running) -> None:
    async with running.client() as client:
        response = await client.get("/healthz")

    assert "server" not in response.headers


async def test_sigterm_lets_the_last_answer_out_and_ends_cleanly(hashed_index: Path, tmp_path: Path) -> None:
    with server(hashed_index, tmp_path) as process:
        async with process.client() as client:
            await wait_until_ready(client)
            last = asyncio.ensure_future(client.post("/v1/query", json={"question": "What is the port?"}))
            await asyncio.sleep(0.2)
            process.process.send_signal(signal.SIGTERM)
            response = await last
        code = process.process.wait(timeout=30)

    assert response.status_code == 200
    assert code == 0
    assert "Traceback" not in process.log.read_text()


async def test_balancers_see_that_a_server_stops_while_it_still_answers(
    hashed_index: Path, tmp_path: Path
) -> None:
    with server(hashed_index, tmp_path, drain_seconds=3) as process:
        async with process.client() as client:
            await wait_until_ready(client)
            process.process.send_signal(signal.SIGTERM)
            stopping = await wait_for_code(client, "shutting_down")
        async with process.client() as late:
            answer = await late.post("/v1/query", json={"question": "What is the port?"})
        process.process.send_signal(signal.SIGTERM)
        code = process.process.wait(timeout=30)

    assert stopping.status_code == 503
    assert stopping.headers["retry-after"] == "1"
    assert answer.status_code == 200
    assert code == 0


@contextmanager
def few_files(count: int) -> Iterator[None]:
    """Let processes that are started meanwhile begin with so many open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_all_connections_that_the_settings_allow_find_an_open_file(
    hashed_index: Path, tmp_path: Path
) -> None:
    with contextlib.ExitStack() as stack:
        with few_files(128):
            running = stack.enter_context(server(hashed_index, tmp_path))
        connections = [stack.enter_context(running.connect()) for _ in range(200)]
        for connection in connections:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        told = [connection.recv(12) for connection in connections]

    assert told == [b"HTTP/1.1 200"] * 200


def test_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=str(port)) as caught:
            serve(Settings(data_dir=tmp_path, port=port))

    assert caught.value.exit_code == EXIT_INFRASTRUCTURE
    assert "--port" in caught.value.remedy


def test_taken_port_is_named_before_a_process_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))  # nothing can be started
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert run(["serve", "--port", str(port), "--data-dir", str(tmp_path)]) == EXIT_INFRASTRUCTURE

    told = capsys.readouterr().err
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use." in told
    assert "--port" in told


@pytest.mark.parametrize("host", ["no.such.host.invalid", "256.1.1.1", "a" * 300])
def test_address_that_does_not_exist_is_named(tmp_path: Path, host: str) -> None:
    with pytest.raises(ListenError, match=re.escape(host)):
        serve(Settings(data_dir=tmp_path, host=host, allow_open_network=True))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "", "*", "docs.example.com"])
def test_address_that_others_reach_needs_a_setting(tmp_path: Path, host: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        serve(Settings(data_dir=tmp_path, host=host))

    assert "KB_ALLOW_OPEN_NETWORK" in caught.value.remedy
