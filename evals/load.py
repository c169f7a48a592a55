"""Load on a server of this machine: a steady rate, many streams, more than it takes, and a stop in between.

``python -m evals.load --data-dir DATA rate --per-second 60 --seconds 600`` and its like print one JSON object
each. The generator runs on the same cores as the server, and every run ends by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

from evals.load_client import Connection, Reply, summary
from evals.processes import process_cpu_seconds
from evals.server import Server, serving
from evals.slow_model import SlowModel, slow_model

MANUAL = Path(__file__).parents[1] / "corpus"
_MAX_SECONDS = 900
_STOP_SECONDS = 30.0
_OVERLOADED = 503
_PAUSE_SECONDS = 0.25
"""Of a client that was refused, well below Retry-After."""
_OK = 200
_COLD_SECONDS = 5.0
"""Told apart: a version that was just loaded reads its pages for the first time."""
_SPREAD_SECONDS = 4.0
"""Over which the first questions to a slow model are spread."""


def questions(corpus: Path) -> Iterator[str]:
    """Give the questions that headings of ``corpus`` ask, each time with another ending against caches."""
    found = [
        heading
        for page in sorted(corpus.rglob("*.md"))
        for heading in re.findall(r"^#+ (.+\?)$", page.read_text("utf-8"), re.MULTILINE)
    ]
    for turn in itertools.count():
        yield from (f"{question} {turn}" for question in found)


class Tally:
    """What came back."""

    def __init__(self) -> None:
        """Begin empty."""
        self.replies: list[Reply] = []
        self.broken = 0

    async def ask(self, connection: Connection, question: str, *, stream: bool = False) -> None:
        """Ask, and keep the outcome."""
        try:
            self.replies.append(await connection.ask(question, stream=stream))
        except (OSError, asyncio.IncompleteReadError):
            self.broken += 1

    def told(self) -> dict[str, Any]:
        """Describe the outcomes by status."""
        counts = Counter(reply.status for reply in self.replies)
        return {
            "statuses": {str(status): count for status, count in sorted(counts.items())},
            "broken": self.broken,
            "answers": summary([reply.seconds for reply in self.replies if reply.status == _OK]),
        }


async def rate(server: Server, corpus: Path, *, per_second: float, seconds: float) -> dict[str, Any]:
    """Send ``per_second`` questions, evenly, whatever the server does."""
    tally, asked = Tally(), questions(corpus)
    free: list[Connection] = []
    running: set[asyncio.Task[None]] = set()

    async def one(question: str) -> None:
        connection = free.pop() if free else Connection(server.port)
        await tally.ask(connection, question)
        free.append(connection)

    began, cpu = time.perf_counter(), process_cpu_seconds(server.pid)
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
        task = asyncio.create_task(one(next(asked)))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    elapsed = time.perf_counter() - began
    used = process_cpu_seconds(server.pid) - cpu
    done = len(tally.replies)
    return tally.told() | {
        "refused_by_second": refused_by_second(tally.replies, began),
        "first_seconds": summary(
            [reply.seconds for reply in tally.replies if reply.began < began + _COLD_SECONDS]
        ),
        "per_second": round(done / elapsed, 1),
        "server_cpu_ms_per_request": round(used * 1000 / max(done, 1), 2),
    }


def refused_by_second(replies: Sequence[Reply], began: float) -> dict[str, int]:
    """Count what was not answered by the second after ``began`` in which it was asked.

    >>> refused_by_second([Reply(503, 0.01, began=7.9), Reply(503, 0.01, began=7.2), Reply(200, 0.01)], 5.0)
    {'2': 2}
    """
    counts = Counter(int(reply.began - began) for reply in replies if reply.status != _OK)
    return {str(second): count for second, count in sorted(counts.items())}


async def clients(
    server: Server, corpus: Path, *, count: int, seconds: float, stream: bool = False
) -> dict[str, Any]:
    """Let ``count`` clients ask one question after the other."""
    tally, asked = Tally(), questions(corpus)
    until = time.perf_counter() + seconds
    cpu = process_cpu_seconds(server.pid)

    async def one() -> None:
        connection = Connection(server.port)
        while time.perf_counter() < until:
            await tally.ask(connection, next(asked), stream=stream)
            if tally.replies and tally.replies[-1].status == _OVERLOADED:
                await asyncio.sleep(_PAUSE_SECONDS)
        connection.close()

    await asyncio.gather(*(one() for _ in range(count)))
    used = process_cpu_seconds(server.pid) - cpu
    refused = [reply.seconds for reply in tally.replies if reply.status == _OVERLOADED]
    streams = [reply for reply in tally.replies if reply.arrivals]
    return tally.told() | {
        "per_second": round(len(tally.replies) / seconds, 1),
        "server_cpu_ms_per_request": round(used * 1000 / max(len(tally.replies), 1), 2),
        "refusals": summary(refused),
        "first_events": summary([reply.arrivals[0] for reply in streams]),
        "gaps": summary([gap for reply in streams for gap in reply.gaps]),
        "whole_streams": sum(reply.events[-1] == "answer" for reply in streams),
    }


async def model_streams(
    server: Server, corpus: Path, model: SlowModel, *, count: int, seconds: float
) -> dict[str, Any]:
    """Keep ``count`` streams open whose sentences a slow model writes.

    ``delays`` is the time from the end of a sentence at the model to its event at the reader; ``gaps`` also
    hold the time that the model takes for a sentence.
    """
    tally, asked = Tally(), questions(corpus)
    until = time.perf_counter() + seconds
    cpu = process_cpu_seconds(server.pid)

    async def one(number: int) -> None:
        connection = Connection(server.port)
        await asyncio.sleep(number * _SPREAD_SECONDS / count)
        while time.perf_counter() < until:
            await tally.ask(connection, next(asked), stream=True)
        connection.close()

    await asyncio.gather(*(one(number) for number in range(count)))
    used = process_cpu_seconds(server.pid) - cpu
    streams = [reply for reply in tally.replies if reply.arrivals]
    delays = [delay for reply in streams for delay in _delays(reply, model)]
    return tally.told() | {
        "server_cpu_share": round(used / seconds, 2),
        "first_events": summary([reply.arrivals[0] for reply in streams]),
        "gaps": summary([gap for reply in streams for gap in reply.gaps]),
        "delays": summary(delays),
        "whole_streams": sum(reply.events[-1] == "answer" for reply in streams),
    }


def _delays(reply: Reply, model: SlowModel) -> list[float]:
    """Give how long after its end at the model each sentence was there."""
    written = model.written.get(reply.question, [])
    pairs = zip(reply.events, reply.arrivals, strict=True)
    shown = [reply.began + arrival for event, arrival in pairs if event == "delta"]
    return (
        [there - end for end, there in zip(written, shown, strict=False)]
        if len(written) == len(shown)
        else []
    )


async def stop(server: Server, corpus: Path, *, count: int) -> dict[str, Any]:
    """Open ``count`` streams, tell the server to stop, and see how each of them ends."""
    asked = questions(corpus)
    connections = [Connection(server.port) for _ in range(count)]
    tally = Tally()
    reading = [
        asyncio.create_task(tally.ask(connection, next(asked), stream=True)) for connection in connections
    ]
    await asyncio.sleep(0.05)
    began = time.perf_counter()
    os.kill(server.pid, signal.SIGTERM)
    await asyncio.gather(*reading)
    await asyncio.to_thread(_wait_for_end, server.pid)
    last = Counter(reply.events[-1] if reply.events else f"status {reply.status}" for reply in tally.replies)
    return {
        "exit_seconds": round(time.perf_counter() - began, 2),
        "last_events": dict(last),
        "broken": tally.broken,
    }


def _wait_for_end(pid: int) -> None:
    until = time.monotonic() + _STOP_SECONDS
    while _lives(pid) and time.monotonic() < until:
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    """Tell whether a child still works; one that has ended waits as a zombie for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


Run = Callable[[Server, Path], Coroutine[Any, Any, dict[str, Any]]]


def _run_of(arguments: argparse.Namespace) -> tuple[Run, dict[str, str]]:
    """Give what to run, and the settings of the server for it."""
    seconds = min(arguments.seconds, _MAX_SECONDS)
    match arguments.kind:
        case "rate":
            per_second = arguments.per_second
            return lambda s, c: rate(s, c, per_second=per_second, seconds=seconds), {}
        case "overload":
            settings = {"KB_MAX_CONCURRENCY": "8"}
            return lambda s, c: clients(s, c, count=arguments.count, seconds=seconds), settings
        case "streams":
            settings = {"KB_MAX_CONCURRENCY": "256"}
            return lambda s, c: clients(s, c, count=arguments.count, seconds=seconds, stream=True), settings
        case "stop":
            return lambda s, c: stop(s, c, count=arguments.count), {}
        case _:
            return lambda s, c: clients(s, c, count=arguments.count, seconds=seconds), {}


def _without(arguments: argparse.Namespace) -> dict[str, Any]:
    run, settings = _run_of(arguments)
    with serving(arguments.data_dir, **settings) as server:
        figures = asyncio.run(run(server, arguments.corpus))
        if arguments.kind != "stop":
            figures["rss_mb"] = round(server.rss_megabytes())
    return figures


async def _with_model(arguments: argparse.Namespace) -> dict[str, Any]:
    seconds = min(arguments.seconds, _MAX_SECONDS)
    async with slow_model() as model:
        settings = model.settings | {"KB_MAX_CONCURRENCY": "256"}
        with serving(arguments.data_dir, **settings) as server:
            figures = await model_streams(
                server, arguments.corpus, model, count=arguments.count, seconds=seconds
            )
            figures["rss_mb"] = round(server.rss_megabytes())
    return figures


def main() -> int:
    """Serve, load, print."""
    parser = argparse.ArgumentParser(prog="python -m evals.load", description=__doc__)
    parser.add_argument("kind", choices=["rate", "clients", "streams", "model", "overload", "stop"])
    parser.add_argument("--data-dir", type=Path, required=True, help="an index that was ingested before")
    parser.add_argument("--corpus", type=Path, default=MANUAL, help="pages whose headings are asked")
    parser.add_argument("--per-second", type=float, default=60.0, help="rate: questions a second")
    parser.add_argument("--count", type=int, default=8, help="how many clients or streams at once")
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    load_before = os.getloadavg()[0]
    figures = asyncio.run(_with_model(arguments)) if arguments.kind == "model" else _without(arguments)
    print(
        json.dumps({"kind": arguments.kind, "load_average_before": round(load_before, 1)} | figures, indent=1)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
