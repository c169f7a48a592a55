"""Pieces of a reply become one, and nothing else changes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import pytest

from kb_server.generation.merging import merged


def event(content: str | None, **choice: Any) -> bytes:
    delta = {} if content is None else {"content": content}
    whole = {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": None, **choice}]}
    return b"data: " + json.dumps(whole, ensure_ascii=False).encode() + b"\n\n"


async def read(pieces: Iterable[bytes]) -> list[bytes]:
    async def sent() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return [piece async for piece in merged(sent())]


def contents(given: Sequence[bytes]) -> list[str]:
    lines = b"".join(given).decode().splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line]
    return [each["choices"][0]["delta"].get("content", "") for each in events]


DONE = b"data: [DONE]\n\n"


@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_text_is_held_until_an_object_ends(size: int) -> None:
    texts = ["{", '"text": "포트는 ', "8000\\n\\n입", '니다."}', ", {", '"text": "b"', "}]"]
    body = b"".join(event(text) for text in texts)
    given = await read(body[at : at + size] for at in range(0, len(body), size))

    assert contents(given) == ["".join(texts[:4]), "".join(texts[4:])]


@pytest.mark.parametrize(
    "other",
    [
        event(None, finish_reason="stop"),
        event("b", finish_reason="length"),
        event("b", logprobs={"content": []}),
        event(None, delta={"content": "b", "refusal": "no"}),
        event(None, delta={"content": "b", "reasoning": "why"}),
        event("b", index=1),
        b'data: {"choices": [], "usage": {"total_tokens": 3}}\n\n',
        b'data: {"error": {"message": "x"}, "choices": [{"index": 0, "delta": {"content": "b"}}]}\n\n',
        b"event: error\ndata: {}\n\n",
        b": a comment\n\n",
        b"data: nonsense {\n\n",
        b"data: [1, 2]\n\n",
        DONE,
    ],
)
async def test_everything_else_comes_as_it_was_sent_and_in_its_order(other: bytes) -> None:
    given = await read([event("a"), event("b"), other, event("c")])

    assert b"".join(given) == b"".join([*await read([event("ab")]), other, *await read([event("c")])])


async def test_lines_that_end_in_another_way_are_not_taken_apart() -> None:
    sent = [event(text).replace(b"\n", b"\r\n") for text in "abc"]

    assert await read(sent) == sent


async def test_what_came_before_a_connection_broke_is_given() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield event("a") + event("b") + b"data: {"
        raise ConnectionResetError

    given = merged(broken())
    before = await anext(given)

    assert before == (await read([event("ab")]))[0] + b"data: {"
    with pytest.raises(ConnectionResetError):
        await anext(given)


async def test_a_reply_that_never_ends_is_seen_to_grow() -> None:
    given = await read([event("x" * 500)] * 10)

    assert [len(text) for text in contents(given)] == [2500, 2500]
