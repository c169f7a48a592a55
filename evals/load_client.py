"""A light client for load on loopback: one kept connection, raw HTTP/1.1, times of every event."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

HEARTBEAT = "heartbeat"
_IDLE_SECONDS = 3.0
"""A server lets go of an idle connection, where many are open after 5 s, maybe as a request leaves: clients
give it up before."""


@dataclass(slots=True)
class Reply:
    """One response; times in seconds from the request on."""

    status: int
    seconds: float
    events: list[str] = field(default_factory=list)
    """Names of the events of a stream; ``HEARTBEAT`` for a comment that only shows that it lives."""
    arrivals: list[float] = field(default_factory=list)
    """When each of them was there."""
    question: str = ""
    began: float = 0.0
    """When it was asked, in seconds of ``time.perf_counter``."""

    @property
    def gaps(self) -> list[float]:
        """Give the time between each event or heartbeat of an open stream and the next.

        How long the first one took is no gap: it is told apart, as ``arrivals[0]``.
        """
        return [after - before for before, after in zip(self.arrivals, self.arrivals[1:], strict=False)]


class Connection:
    """One kept connection; a broken one is opened anew by the next request."""

    def __init__(self, port: int) -> None:
        """Ask the server at ``port`` of this machine."""
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used = 0.0

    async def ask(self, question: str, *, stream: bool = False, suggest: bool = True) -> Reply:
        """Send a question and read the whole response; OSError where the connection breaks."""
        body = json.dumps({"question": question, "stream": stream, "suggest": suggest}).encode()
        head = (
            "POST /v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        began = time.perf_counter()
        if self._streams is not None and (self._streams[0].at_eof() or began - self._used > _IDLE_SECONDS):
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        try:
            writer.write(head.encode() + body)
            await writer.drain()
            reply = await _read(reader, Reply(status=0, seconds=0.0, question=question, began=began))
        except BaseException:
            self.close()
            raise
        self._used = time.perf_counter()
        return reply

    def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _read(reader: asyncio.StreamReader, reply: Reply) -> Reply:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    reply.status = int(head.split(" ", 2)[1])
    began = reply.began
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if fields.get("transfer-encoding") == "chunked":
        async for piece in _chunks(reader):
            names = _names(piece.decode())
            reply.events += names
            reply.arrivals += [time.perf_counter() - began] * len(names)
    else:
        await reader.readexactly(int(fields.get("content-length", "0")))
    reply.seconds = time.perf_counter() - began
    return reply


def _names(text: str) -> list[str]:
    """Name the events and comments that begin in ``text``."""
    lines = [line for line in text.split("\n") if line.startswith(("event: ", ":"))]
    return [HEARTBEAT if line.startswith(":") else line.removeprefix("event: ") for line in lines]


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int((await reader.readline()).split(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)


def summary(seconds: list[float]) -> dict[str, Any]:
    """Give percentiles in milliseconds; empty where there is nothing."""
    if not seconds:
        return {"n": 0}
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000, 1)

    return {"n": len(ordered), "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": at(1.0)}
