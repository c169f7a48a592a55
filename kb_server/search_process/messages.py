"""What goes between the server and its search process: pickled records, each behind its length.

Both ends are the same code of the same user, over a pair of sockets that nobody else can open.
"""

from __future__ import annotations

import asyncio
import pickle
import struct
from dataclasses import dataclass, field
from typing import Any

from kb_server.searching import Readiness
from kb_server.settings import Settings

_LENGTH = struct.Struct("!I")
HEAD_BYTES = _LENGTH.size


@dataclass(frozen=True, slots=True)
class Begin:
    """The first message: what to serve."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class Call:
    """Something to be done; exactly one ``Done`` comes back, unless it is cancelled."""

    number: int
    since: float
    """When its request came, in seconds of the clock that both processes share."""
    method: str
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for a call any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a call."""

    number: int
    value: Any = None
    error: Exception | None = None
    encoder_depth: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """What is served from now on; comes again and again, so that silence is noticed."""

    readiness: Readiness


Message = Begin | Call | Cancel | Done | Status


def framed(message: Message) -> bytes:
    """Give a message as it is sent; raises what pickling raises."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(content)) + content


async def received(reader: asyncio.StreamReader) -> Message:
    """Wait for the next message; ``IncompleteReadError`` where the other side has ended."""
    (length,) = _LENGTH.unpack(await reader.readexactly(HEAD_BYTES))
    message: Message = pickle.loads(await reader.readexactly(length))  # noqa: S301 - see above: our own words
    return message
