"""Secrets planted everywhere a client or an operator can put some stand in no log, trace or metric."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.kb_server.generation.llm_server import MODEL, Endpoint, Reply, citing_all, serving
from tests.kb_server.generation.test_answers import GOOD, QUESTION
from tests.kb_server.published import wait_until_ready

from .collector import Collector, collecting

CANARY = re.compile(r"canary|카나리아|kanarie", re.IGNORECASE)
KOREAN = "카나리아-비밀"
# The encoder of this program fails at one question, with an error that repeats it as those of libraries do.
PROGRAM = """
import sys
from kb_server.index.embedding import load_encoder
from kb_server.serving import serve
from kb_server.settings import Settings

class Exploding:
    def __init__(self, encoder):
        self.encoder = encoder
    def __getattr__(self, name):
        return getattr(self.encoder, name)
    def encode_queries(self, texts):
        if any("explode" in text for text in texts):
            raise ValueError(f"cannot read {texts}")
        return self.encoder.encode_queries(texts)

settings = Settings()
sys.exit(serve(settings, encoder=lambda: Exploding(load_encoder(settings, threads=1))))
"""


@dataclass
class Watched:
    url: str
    port: int
    process: subprocess.Popen[bytes]
    endpoint: Endpoint
    collector: Collector
    folder: Path

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=30)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def log(self) -> str:
        return "".join(path.read_text("utf-8") for path in sorted(self.folder.glob("std*")))


@contextmanager
def watched(data_dir: Path, folder: Path, log_format: str) -> Iterator[Watched]:
    """Run a server with every way out watched; its own secrets are canaries too."""
    with serving() as endpoint, collecting() as collector, socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        probe.close()
        environment = os.environ | {
            "KB_DATA_DIR": str(data_dir),
            "KB_PORT": str(port),
            "KB_LOG_FORMAT": log_format,
            "KB_LLM": f"openai:{MODEL}",
            "KB_LLM_URL": endpoint.url,
            "KB_LLM_API_KEY": "sk-canary-llm",
            "KB_TRACE_URL": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=canary-collector",
            "OPENAI_LOG": "debug",
            "PYTHONWARNINGS": "default",
        }
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM], env=environment, cwd=folder, stdout=out, stderr=err
            )
        try:
            wait_for_line(process, folder / "stdout")
            yield Watched(f"http://127.0.0.1:{port}", port, process, endpoint, collector, folder)
        finally:
            process.kill()
            process.wait(timeout=30)


def wait_for_line(process: subprocess.Popen[bytes], stdout: Path) -> None:
    """Wait until the server says that it listens."""
    deadline = time.monotonic() + 60
    while b"Serving" not in stdout.read_bytes():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def plant(watched: Watched) -> None:
    """Send secrets in every part of a request, on every way that a request can end."""
    body = {
        "question": f"{QUESTION['en']} canary-question",
        "history": [{"role": "user", "content": f"canary-history {KOREAN}"}],
        "customer_id": "canary-customer",
    }
    headers = {
        "Authorization": "Bearer canary-key",
        "Cookie": "session=canary-cookie",
        "User-Agent": "canary-agent",
        "Referer": "http://canary.example",
        "X-Api-Key": "canary-api-key",
        "X-Forwarded-For": "canary-address",
        "X-Request-ID": "canary request",  # not sane, so not taken over
        "tracestate": "canary=1",
        "baggage": "user=canary",
    }
    secret = {"question": f"{KOREAN} canary"}
    async with watched.client() as client:
        for said in (
            citing_all(GOOD["en"]),
            citing_all("The canary sings at midnight."),
            Reply(status=500, problem={"error": {"message": "what is canary-question? sk-canary-llm"}}),
            Reply(status=422, problem={"error": {"message": "canary-question", "code": "canary"}}),
            Reply("canary-reply without form"),
        ):
            watched.endpoint.says(said)
            await client.post("/v1/query?canary=canary-query", json=body, headers=headers)
            await client.post("/v1/query", json={"question": QUESTION["en"]}, headers=headers)
        watched.endpoint.says(citing_all(GOOD["ko"]))
        await client.post("/v1/query", json={"question": f"{QUESTION['ko']} {KOREAN}", "explain": True})
        async with client.stream("POST", "/v1/query", json=body | {"stream": True}) as response:
            await response.aread()
        await client.post("/v1/query", json={"question": f"explode canary {KOREAN}"})
        async with client.stream("POST", "/v1/query", json={"question": "explode canary", "stream": True}):
            pass
        for bad in (
            {"question": 7, "canary": "canary"},
            secret | {"filters": {"canary": "canary"}},
            secret | {"top_k": "canary"},
            secret | {"language": "canary"},
            secret | {"history": [{"role": "canary", "content": "canary"}]},
        ):
            await client.post("/v1/query", json=bad)
        for content in (b'{"question": "canary', b"\xffcanary", "canary".encode("utf-16"), b"x" * 300_000):
            await client.post("/v1/query", content=content, headers={"content-type": "application/json"})
        await client.post("/v1/query", content=b"canary", headers={"content-type": "text/canary"})
        await client.post("/v1/search", json={"query": f"canary {KOREAN}", "why_not": "canary.md"})
        await client.post("/v1/verify", json={"text": "canary", "citations": []})
        for path in ("/canary", "/v1/documents/canary", "/v1/documents?after=canary", "/v1/streams/canary"):
            await client.get(path)
        await client.post(
            "/v1/feedback",
            json={"answer_id": "a_canary", "rating": "down", "comment": "canary-comment", "text": "canary"},
            headers={"Idempotency-Key": "canary-idempotency"},
        )
        await client.post("/v1/chat/completions", json={"model": "canary", "messages": [{"role": "user"}]})
        tool = {"name": "ask_docs", "arguments": {"question": "canary-tool", "canary": True}}
        call = {"jsonrpc": "2.0", "id": "canary", "method": "tools/call", "params": tool}
        await client.post("/mcp", json=call, headers={"accept": "application/json, text/event-stream"})
        await client.request("CANARY", "/v1/query")
    await send_raw(watched.port, b"GET /canary HTTP/7.7\r\nX: canary\r\n\r\n")
    await send_raw(watched.port, b"canary\r\n\r\n")
    await send_raw(
        watched.port, b"POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\ncanary"
    )


async def send_raw(port: int, data: bytes) -> None:
    """Send what a well-behaved client would not, and leave."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.close()


@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_no_secret_leaves_by_log_trace_or_metric(
    shared_index: Path, tmp_path: Path, log_format: str
) -> None:
    with watched(shared_index, tmp_path, log_format) as server:
        async with server.client() as client:
            await wait_until_ready(client, seconds=60)
        await plant(server)
        async with server.client() as client:
            metrics = (await client.get("/metrics")).text
        server.stop()
        log, traces = server.log(), b"".join(server.collector.raw)

    for name, text in (("log", log), ("metrics", metrics), ("traces", traces.decode("utf-8", "replace"))):
        assert [line for line in text.splitlines() if CANARY.search(line)] == [], name
    # Each of them has been written at all, and at the places where it might have leaked.
    assert "in encode_queries" in log
    assert "gave no usable answer" in log
    assert "malformed request 400" in log
    assert 'kb_problems_total{code="internal_error"}' in metrics
    assert {"POST /v1/query", "chat " + MODEL} <= {span.name for span in server.collector.spans}
    if log_format == "json":
        lines = [json.loads(line) for line in log.splitlines() if not line.startswith("Serving ")]
        assert {"request_id", "route", "status"} <= lines[-1].keys()
