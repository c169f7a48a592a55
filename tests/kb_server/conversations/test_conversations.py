"""Stored conversations over HTTP, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.kb_server.event_stream import events_of

from .callers import FOLLOW_UP, PORT, PORT_KO, ROLL_BACK, ask, by, get, problem


async def test_question_that_begins_a_conversation_names_it_and_is_kept_to_the_byte(
    client: httpx.AsyncClient,
) -> None:
    sent = await client.post("/v1/query", json={"question": ROLL_BACK, "conversation": True})
    conversation_id = sent.json()["conversation_id"]
    kept = await client.get(f"/v1/conversations/{conversation_id}")

    assert conversation_id.startswith("conv_")
    assert b'"answer":' + sent.content + b"}" in kept.content
    assert kept.json()["title"] == ROLL_BACK
    (turn,) = kept.json()["turns"]
    assert (turn["place"], turn["question"], turn["withheld"]) == (0, ROLL_BACK, False)
    assert turn["answer"] == sent.json()
    assert set(turn["standing"].values()) == {"holds"}


async def test_streamed_answer_is_kept_as_its_last_event_says(client: httpx.AsyncClient) -> None:
    events = await events_of(client, PORT_KO, conversation=True)
    answer = events[-1].data
    kept = await get(client, f"/v1/conversations/{answer['conversation_id']}")

    assert events[-1].name == "answer"
    assert [turn["answer"] for turn in kept["turns"]] == [answer]


@pytest.mark.parametrize(("first", "then"), [(ROLL_BACK, FOLLOW_UP), ("이전 버전으로 되돌리려면?", "왜요?")])
async def test_follow_up_is_understood_without_the_client_sending_history(
    client: httpx.AsyncClient, first: str, then: str
) -> None:
    begun = await ask(client, first, conversation=True)
    stored = await ask(client, then, conversation_id=begun["conversation_id"])
    history = [
        {"role": "user", "content": first},
        {"role": "assistant", "content": begun["text"], "citations": begun["citations"]},
    ]
    sent = await ask(client, then, history=history)

    assert stored["understood"]["follows_up"]
    for answer in (stored, sent):
        for passing in ("id", "timings_ms", "conversation_id"):
            del answer[passing]
    assert stored == sent


async def test_question_alone_belongs_to_no_conversation(client: httpx.AsyncClient) -> None:
    assert (await ask(client, PORT))["conversation_id"] is None
    assert (await get(client, "/v1/conversations"))["conversations"] == []


async def test_conversations_are_listed_by_their_last_use_and_page_by_page(client: httpx.AsyncClient) -> None:
    begun = [(await ask(client, PORT, conversation=True))["conversation_id"] for _ in range(3)]
    await ask(client, PORT_KO, conversation_id=begun[0])
    order = [begun[0], begun[2], begun[1]]

    pages, after = [], None
    while not pages or after:
        page = await get(client, "/v1/conversations", limit=2, **({"after": after} if after else {}))
        pages.append([found["id"] for found in page["conversations"]])
        after = page["next_after"]
    assert pages == [order[:2], order[2:]]
    assert (await get(client, "/v1/conversations"))["conversations"][0]["turn_count"] == 2


async def test_long_conversation_is_read_backwards(client: httpx.AsyncClient) -> None:
    begun = await ask(client, "Hello!", conversation=True)
    path = f"/v1/conversations/{begun['conversation_id']}"
    for _ in range(3):
        await ask(client, "고마워요", conversation_id=begun["conversation_id"])

    last = await get(client, path, limit=3)
    first = await get(client, path, limit=3, before=last["turns"][0]["place"])
    assert [turn["place"] for turn in last["turns"]] == [1, 2, 3]
    assert [turn["place"] for turn in first["turns"]] == [0]
    assert first["turn_count"] == 4


async def test_questions_asked_at_once_in_one_conversation_take_turns(client: httpx.AsyncClient) -> None:
    begun = await ask(client, "Hello!", conversation=True)
    asked = [ask(client, "Thanks!", conversation_id=begun["conversation_id"]) for _ in range(8)]
    answers = await asyncio.gather(*asked)

    kept = await get(client, f"/v1/conversations/{begun['conversation_id']}")
    assert [turn["place"] for turn in kept["turns"]] == list(range(9))
    assert {turn["answer"]["id"] for turn in kept["turns"]} == {begun["id"], *(one["id"] for one in answers)}


async def test_deleted_conversation_is_gone_with_its_answers(client: httpx.AsyncClient) -> None:
    begun = await ask(client, PORT, conversation=True)
    path = f"/v1/conversations/{begun['conversation_id']}"

    assert (await client.delete(path)).status_code == 204
    assert await problem(client, "GET", path) == (404, "not_found")
    assert await problem(client, "DELETE", path) == (404, "not_found")
    again = {"question": PORT, "conversation_id": begun["conversation_id"]}
    assert await problem(client, "POST", "/v1/query", json=again) == (404, "not_found")
    rated = {"answer_id": begun["id"], "rating": "up"}
    assert await problem(client, "POST", "/v1/feedback", json=rated) == (404, "not_found")


async def test_nobody_reads_goes_on_with_or_deletes_another_callers_conversation(
    client: httpx.AsyncClient,
) -> None:
    begun = await ask(client, PORT, by("a"), conversation=True)
    path = f"/v1/conversations/{begun['conversation_id']}"
    question = {"question": FOLLOW_UP, "conversation_id": begun["conversation_id"]}

    assert (await get(client, "/v1/conversations", by("b")))["conversations"] == []
    assert await problem(client, "GET", path, by("b")) == (404, "not_found")
    assert await problem(client, "DELETE", path, by("b")) == (404, "not_found")
    assert await problem(client, "POST", "/v1/query", by("b"), json=question) == (404, "not_found")
    assert (await get(client, path, by("a")))["turn_count"] == 1


async def test_customers_of_one_caller_are_kept_apart(client: httpx.AsyncClient) -> None:
    mine = await ask(client, PORT, customer_id="customer/1", conversation=True)
    path = f"/v1/conversations/{mine['conversation_id']}"

    # Who speaks for a customer by a signed token sees that customer's alone; so does who names one.
    for headers, query in ((by("a", customer="고객2"), {}), (by("a"), {"customer_id": "고객2"})):
        assert (await get(client, "/v1/conversations", headers, **query))["conversations"] == []
        assert await problem(client, "GET", path, headers, params=query) == (404, "not_found")
    for headers, query in ((by("a", customer="customer/1"), {}), (by("a"), {"customer_id": "customer/1"})):
        (found,) = (await get(client, "/v1/conversations", headers, **query))["conversations"]
        assert (found["id"], found["customer_id"]) == (mine["conversation_id"], "customer/1")
    other = {"question": PORT, "customer_id": "customer/1"}
    assert await problem(client, "POST", "/v1/query", by("a", customer="고객2"), json=other) == (
        422,
        "invalid_request",
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"conversation_id": "conv_x", "history": [{"role": "user", "content": "x"}]}, "one of the two"),
        ({"conversation": True, "history": [{"role": "user", "content": "x"}]}, "one of the two"),
        ({"conversation": True, "conversation_id": "conv_x"}, "send either"),
        ({"conversation_id": ""}, "at least 1 character"),
        ({"conversation_id": "a\x00b"}, "without NUL"),
        ({"customer_id": "가" * 201}, "at most 200 characters"),
        ({"customer_id": "  "}, "at least 1 character"),
        ({"conversation": 1}, "boolean"),
    ],
)
async def test_conversation_fields_that_break_a_rule_are_refused(
    client: httpx.AsyncClient, body: dict[str, Any], words: str
) -> None:
    response = await client.post("/v1/query", json={"question": PORT, **body})

    assert response.status_code == 422
    assert words in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("after", ["x", "1-", "99999999999999999-conv_1", "-1-conv_1"])
async def test_place_in_the_list_that_was_not_given_out_is_refused(
    client: httpx.AsyncClient, after: str
) -> None:
    response = await client.get("/v1/conversations", params={"after": after})

    assert response.status_code == 422
    assert response.json()["code"] == "invalid_request"


@pytest.mark.parametrize("name", ["%00", "conv_%00", "conv_%ED%A0%80"])
async def test_a_name_that_no_database_can_hold_is_refused_as_any_other(
    client: httpx.AsyncClient, name: str
) -> None:
    for method in ("GET", "DELETE"):
        response = await client.request(method, f"/v1/conversations/{name}")

        assert response.status_code in (404, 422), response.text


async def test_a_place_that_no_database_can_compare_with_is_refused(
    client: httpx.AsyncClient,
) -> None:
    begun = await ask(client, PORT, conversation=True)
    path = f"/v1/conversations/{begun['conversation_id']}"
    last = await get(client, path, before=2**31 - 1)
    for before in (2**31, 2**63, 10**40):
        place = {"before": str(before)}

        assert await problem(client, "GET", path, params=place) == (422, "invalid_request")
    assert len(last["turns"]) == 1
