"""POST /v1/query through the real application."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

import httpx
import pytest

from .published import ask

QUESTIONS = ["How do I roll back to an earlier version?", "이전 버전으로 되돌리려면 어떻게 하나요?"]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_answer_quotes_its_sources_to_the_character(client: httpx.AsyncClient, question: str) -> None:
    answer = await ask(client, question)

    assert answer["status"] == "answered"
    assert answer["citations"]
    for citation in answer["citations"]:
        path = f"/v1/documents/{citation['doc_id']}/revisions/{citation['revision']}"
        text = (await client.get(path)).json()["text"]
        assert text[citation["char_start"] : citation["char_end"]] == citation["quote"]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_markers_and_sentences_refer_to_citations(client: httpx.AsyncClient, question: str) -> None:
    answer = await ask(client, question)

    ids = [citation["id"] for citation in answer["citations"]]
    markers = {int(number) for number in re.findall(r"\[(\d+)\]", answer["text"])}
    assert markers == set(range(1, len(ids) + 1))
    assert {cited for sentence in answer["sentences"] for cited in sentence["citations"]} == set(ids)
    assert set(re.findall(r'<a class="kb-cite" data-citation="(\w+)"', answer["html"])) == set(ids)


@pytest.mark.parametrize(
    "question", ["What is the airspeed of an unladen swallow?", "오늘 점심 메뉴는 무엇인가요?"]
)
async def test_question_outside_the_corpus_is_not_answered(client: httpx.AsyncClient, question: str) -> None:
    answer = await ask(client, question)

    assert answer["status"] == "abstained"
    assert answer["reason"]
    assert answer["citations"] == []


async def test_answer_object_has_every_field_of_the_contract(client: httpx.AsyncClient) -> None:
    answer = await ask(client, QUESTIONS[0], top_k=5, filters={"lang": "en"}, stream=False)

    assert set(answer) == {
        "id", "status", "reason", "language", "text", "sentences", "citations", "confidence", "suggestions",
        "nearest", "next_step", "choices", "conflicts", "handoff", "conversation_id", "generator", "fallback",
        "usage", "generation", "timings_ms", "understood", "explanation", "html",
    }  # fmt: skip
    assert set(answer["citations"][0]) == {
        "id", "doc_id", "path", "title", "heading_path", "url", "anchor", "revision", "char_start",
        "char_end", "quote", "line_start", "line_end", "flags",
    }  # fmt: skip
    assert answer["generator"] == "extractive"
    assert answer["generation"].startswith("v-")


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", ["Content-Type", "Idempotency-Key"])
async def test_question_gets_the_same_reply_whichever_way_it_is_read(
    client: httpx.AsyncClient, question: str, name: str
) -> None:
    header = {"Content-Type": "application/json; charset=utf-8"} if name == "Content-Type" else {}
    header = header or {name: secrets.token_hex(8)}
    body = json.dumps({"question": question, "explain": True}).encode()
    plain = {"Content-Type": "application/json"}
    replies = [await client.post("/v1/query", content=body, headers=sent) for sent in (plain, plain | header)]

    direct, checked = (json.loads(reply.content, object_pairs_hook=list) for reply in replies)
    assert [reply.headers["content-type"] for reply in replies] == ["application/json"] * 2
    assert [name for name, _ in direct] == [name for name, _ in checked]
    own = {"id", "timings_ms"}
    assert [item for item in direct if item[0] not in own] == [item for item in checked if item[0] not in own]


@pytest.mark.parametrize(
    "body", ['{"question": 1}', '{"question": "', "[]", "[" * 100_000, '{"question": "a", "x": 1}']
)
async def test_what_is_no_question_is_refused_whichever_way_it_is_read(
    client: httpx.AsyncClient, body: str
) -> None:
    kinds = ("application/json", "application/json; charset=utf-8")
    replies = [await client.post("/v1/query", content=body, headers={"Content-Type": kind}) for kind in kinds]

    direct, checked = (reply.json() | {"request_id": ""} for reply in replies)
    assert 400 <= replies[0].status_code < 500
    assert direct == checked


async def test_same_question_gets_the_same_answer_under_a_new_id(client: httpx.AsyncClient) -> None:
    first, second = await ask(client, QUESTIONS[0]), await ask(client, QUESTIONS[0])

    assert first.pop("id") != second.pop("id")
    del first["timings_ms"], second["timings_ms"]
    assert first == second


async def test_filter_decides_which_pages_may_answer(client: httpx.AsyncClient) -> None:
    answer = await ask(client, QUESTIONS[0], filters={"lang": "ko"})

    assert {citation["path"].split("/")[0] for citation in answer["citations"]} <= {"ko"}


@pytest.mark.parametrize("field", ["stream", "conversation_id", "customer_id", "language"])
async def test_field_of_a_later_feature_may_be_null(client: httpx.AsyncClient, field: str) -> None:
    await ask(client, QUESTIONS[0], **{field: None})


@pytest.mark.parametrize(
    "question",
    ["", "   ", "x" * 2001, "가" * 2001, "a\x00b", 17, None, ["How?"]],
    ids=lambda value: repr(value)[:12],
)
async def test_question_that_is_none_is_refused(client: httpx.AsyncClient, question: Any) -> None:
    response = await client.post("/v1/query", json={"question": question})

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "question"


async def test_unknown_filter_is_an_error_and_not_an_empty_answer(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/query", json={"question": "How?", "filters": {"없는키": "x"}})

    assert response.status_code == 422
    assert response.json()["code"] == "unknown_filter"
