"""Measure query latency, throughput, start-up and memory: ``python -m evals.latency``.

Clients are asyncio tasks on the machine that also serves; each sends its next question when the last is
answered (a closed loop), for a fixed number of requests.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from evals.docs_sets import data_folder, load_questions
from evals.server import EvalError, Server, ingest, serving

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Load:
    """What one round of requests saw, in milliseconds and requests per second."""

    clients: int
    requests: int
    errors: int
    p50: float
    p95: float
    p99: float
    rate: float


async def _client(
    http: httpx.AsyncClient, path: str, bodies: list[dict[str, str]], seconds: list[float], errors: list[int]
) -> None:
    while bodies:
        body = bodies.pop()
        started = time.perf_counter()
        try:
            reply = await http.post(path, json=body)
            ok = reply.status_code == httpx.codes.OK
        except httpx.TransportError:
            ok = False
        if ok:
            seconds.append(time.perf_counter() - started)
        else:
            errors.append(1)


async def measure(url: str, path: str, questions: list[str], *, clients: int, requests: int) -> Load:
    """Send ``requests`` questions from ``clients`` concurrent clients."""
    key = "question" if path.endswith("query") else "query"
    # A number of its own makes every question new: caches of the server must not flatter it.
    bodies = [{key: f"{questions[i % len(questions)]} ({next(_NUMBERS)})"} for i in range(requests)]
    seconds: list[float] = []
    errors: list[int] = []
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http:
        started = time.perf_counter()
        await asyncio.gather(*(_client(http, path, bodies, seconds, errors) for _ in range(clients)))
        wall = time.perf_counter() - started
    if not seconds:
        raise EvalError(f"None of {requests} requests to {path} was answered.")
    p50, p95, p99 = np.percentile(np.array(seconds) * 1e3, [50, 95, 99])
    return Load(clients, requests, len(errors), float(p50), float(p95), float(p99), len(seconds) / wall)


def report(server: Server, questions: list[str], *, clients: list[int], requests: int) -> None:
    """Measure both endpoints at every number of clients and print a line each."""
    print(f"ready after {server.ready_seconds:.2f} s, {server.rss_megabytes():.0f} MB resident")
    for path in ("/v1/search", "/v1/query"):
        for count in clients:
            load = asyncio.run(measure(server.url, path, questions, clients=count, requests=requests))
            print(
                f"{path:<11} clients {load.clients:>3}  p50 {load.p50:7.1f} ms  p95 {load.p95:7.1f} ms  "
                f"p99 {load.p99:7.1f} ms  {load.rate:6.1f}/s  errors {load.errors}/{load.requests}"
            )
    print(f"{server.rss_megabytes():.0f} MB resident after the load")


def main() -> int:
    """Ingest one set, serve it, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds docs/; default: KB_EVAL_DATA")
    parser.add_argument("--set", default="bitwarden")
    parser.add_argument("--lang", choices=["en", "ko"], help="only questions of one language")
    parser.add_argument("--clients", nargs="+", type=int, default=[1, 8, 32])
    parser.add_argument("--requests", type=int, default=400, help="per endpoint and number of clients")
    parser.add_argument("--work", type=Path, help="keep the index here, so that a second run need not encode")
    options = parser.parse_args()
    try:
        folder = data_folder(options.data) / "docs" / options.set
        questions = [q.text for q in load_questions(folder) if options.lang in (None, q.lang)]
        with tempfile.TemporaryDirectory() as scratch:
            data_dir = (options.work or Path(scratch)) / options.set
            counts = ingest(folder / "corpus", data_dir)
            print(f"{options.set}: {counts['documents']} documents, {counts['chunks']} chunks")
            with serving(data_dir) as server:
                report(server, questions, clients=options.clients, requests=options.requests)
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
