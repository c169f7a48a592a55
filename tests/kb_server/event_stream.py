"""Read server-sent events the way a client does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx


class Event(NamedTuple):
    id: str
    name: str
    data: dict[str, Any]

    @property
    def number(self) -> int:
        return int(self.id.rpartition(".")[2])


def parse(text: str) -> Iterator[Event]:
    """Give the events of a whole stream; comments and ``retry`` are no events."""
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            yield Event(fields["id"], fields["event"], json.loads(fields["data"]))


async def events_of(client: httpx.AsyncClient, question: str, **more: Any) -> list[Event]:
    """Ask ``question`` and give all events of the reply."""
    response = await client.post("/v1/query", json={"question": question, "stream": True, **more})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    return list(parse(response.text))


def named(events: list[Event], name: str) -> list[dict[str, Any]]:
    return [event.data for event in events if event.name == name]


def text_of(events: list[Event]) -> str:
    return "".join(delta["text"] for delta in named(events, "delta"))


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out what differs between two askings of one question."""
    return {key: value for key, value in answer.items() if key not in {"id", "timings_ms"}}
