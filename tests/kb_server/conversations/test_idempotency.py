"""Requests that come twice with one Idempotency-Key, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.kb_server.event_stream import parse

from .callers import PORT, PORT_KO, ask, by, get, problem

KEY = {"Idempotency-Key": "try 1"}


async def test_same_question_with_the_same_key_gets_the_same_answer_and_is_kept_once(
    client: httpx.AsyncClient,
) -> None:
    body = {"question": PORT_KO, "conversation": True}
    first = await client.post("/v1/query", json=body, headers=KEY)
    again = await client.post("/v1/query", json=body, headers=KEY)
    other = await client.post("/v1/query", json=body, headers={"Idempotency-Key": "try 2"})

    assert again.content == first.content
    assert other.json()["id"] != first.json()["id"]
    assert len((await get(client, "/v1/conversations"))["conversations"]) == 2


async def test_same_question_asked_at_once_is_kept_once(client: httpx.AsyncClient) -> None:
    begun = await ask(client, PORT, conversation=True)
    body = {"question": "Thanks!", "conversation_id": begun["conversation_id"]}
    replies = await asyncio.gather(*(client.post("/v1/query", json=body, headers=KEY) for _ in range(6)))

    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["id"] for reply in replies}) == 1
    assert (await get(client, f"/v1/conversations/{begun['conversation_id']}"))["turn_count"] == 2


async def test_stream_that_is_asked_for_again_ends_with_the_same_answer(client: httpx.AsyncClient) -> None:
    first = await client.post("/v1/query", json={"question": PORT}, headers=KEY)
    again = await client.post("/v1/query", json={"question": PORT, "stream": True}, headers=KEY)

    *_, last = parse(again.text)
    assert (last.name, last.data) == ("answer", first.json())


async def test_key_belongs_to_one_request_of_one_caller(client: httpx.AsyncClient) -> None:
    mine = await ask(client, PORT, by("a") | KEY)
    theirs = await ask(client, PORT_KO, by("b") | KEY)
    customers = await ask(client, PORT_KO, by("a") | KEY, customer_id="고객1")
    another = await problem(client, "POST", "/v1/query", by("a") | KEY, json={"question": PORT_KO})

    assert len({mine["id"], theirs["id"], customers["id"]}) == 3
    assert another == (422, "idempotency_key_reused")


async def test_feedback_with_the_same_key_is_kept_once(client: httpx.AsyncClient) -> None:
    answer = await ask(client, PORT)
    body = {"answer_id": answer["id"], "rating": "down", "comment": "오래된 내용입니다"}
    first = await client.post("/v1/feedback", json=body, headers=KEY)
    again = await client.post("/v1/feedback", json=body, headers=KEY)
    other = await problem(client, "POST", "/v1/feedback", KEY, json=body | {"rating": "up"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert other == (422, "idempotency_key_reused")
    assert len((await get(client, "/v1/feedback"))["feedback"]) == 1


async def test_request_that_was_refused_may_be_repeated_mended(client: httpx.AsyncClient) -> None:
    body = {"question": PORT, "filters": {"no_such_key": "x"}}

    assert await problem(client, "POST", "/v1/query", KEY, json=body) == (422, "unknown_filter")
    assert (await ask(client, PORT, KEY))["status"] == "answered"


@pytest.mark.parametrize("key", ["", "x" * 201, "é"])
async def test_key_that_breaks_a_rule_is_refused(client: httpx.AsyncClient, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    response = await client.post("/v1/query", json={"question": PORT}, headers=headers)

    assert response.status_code == 422
    assert "Idempotency-Key" in response.json()["errors"][0]["field"] or "idempotency" in response.text
