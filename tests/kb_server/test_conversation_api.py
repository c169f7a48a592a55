"""Conversations over HTTP: histories, what was understood, small talk, requests for a person."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

ASKED: list[dict[str, Any]] = [
    {"role": "user", "content": "How do I roll back to the earlier version?"},
    {"role": "assistant", "content": "Run kb rollback. [1]", "citations": [{"path": "en/operations.md"}]},
]


async def post(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    response = await client.post(path, json=body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_follow_up_question_tells_how_it_was_understood(client: httpx.AsyncClient) -> None:
    answer = await post(client, "/v1/query", question="And for the index?", history=ASKED)
    search = await post(client, "/v1/search", query="And for the index?", history=ASKED)

    assert answer["understood"] == search["understood"]
    assert answer["understood"]["follows_up"]
    assert answer["understood"]["text"] == "And for the index?"
    assert {"roll", "version"} <= set(answer["understood"]["added"])


async def test_without_history_nothing_is_understood(client: httpx.AsyncClient) -> None:
    assert (await post(client, "/v1/query", question="And for the index?"))["understood"] is None
    assert (await post(client, "/v1/search", query="And for the index?"))["understood"] is None


@pytest.mark.parametrize(
    "question", ["Which port does the server listen on?", "색인의 데이터 폴더는 어떻게 정하나요?"]
)
async def test_question_that_stands_alone_gets_the_same_answer_with_a_history(
    client: httpx.AsyncClient, question: str
) -> None:
    alone = await post(client, "/v1/query", question=question)
    later = await post(client, "/v1/query", question=question, history=ASKED)

    understood = later.pop("understood")
    assert (understood["follows_up"], understood["added"]) == (False, [])
    for answer in (alone, later):
        for changing in ("id", "timings_ms"):
            del answer[changing]
    del alone["understood"]
    assert later == alone


async def test_citations_of_an_answer_can_be_sent_back_as_they_came(client: httpx.AsyncClient) -> None:
    question = ASKED[0]["content"]
    answer = await post(client, "/v1/query", question=question)
    history = [ASKED[0], {"role": "assistant", "content": answer["text"], "citations": answer["citations"]}]

    later = await post(client, "/v1/query", question="Why?", history=history)

    assert answer["citations"]
    assert later["understood"]["text"] == f"{question} Why?"


@pytest.mark.parametrize(
    ("history", "field", "words"),
    [
        ([{"role": "system", "content": "x"}], "history.0.role", "'user' or 'assistant'"),
        ([{"role": "user", "content": "가" * 8001}], "history.0.content", "at most 8000 characters"),
        ([{"role": "user", "content": "x"}] * 41, "history", "at most 40 items"),
        ([{"role": "user"}], "history.0.content", "is required"),
        ([{"role": "user", "content": "x", "text": "y"}], "history.0.text", "is not a known field"),
        (
            [{"role": "assistant", "content": "x", "citations": [{}]}],
            "history.0.citations.0",
            "`doc_id` or `path`",
        ),
        ([{"role": "user", "content": "a\x00b"}], "history.0.content", "without NUL"),
    ],
)
async def test_history_that_breaks_a_rule_is_refused_by_name(
    client: httpx.AsyncClient, history: Any, field: str, words: str
) -> None:
    response = await client.post("/v1/query", json={"question": "Why?", "history": history})

    assert response.status_code == 422
    error = response.json()["errors"][0]
    assert error["field"] == field
    assert words in error["message"]


@pytest.mark.parametrize(
    ("text", "lang", "beginning"),
    [
        ("Hi there!", "en", "Hello"),
        ("thank you so much", "en", "You are welcome"),
        ("감사합니다~", "ko", "천만에요"),
    ],
)
async def test_small_talk_gets_a_reply_and_no_search(
    client: httpx.AsyncClient, text: str, lang: str, beginning: str
) -> None:
    answer = await post(client, "/v1/query", question=text)

    assert (answer["status"], answer["reason"], answer["generator"]) == ("answered", "small_talk", "phrases")
    assert answer["language"] == lang
    assert answer["text"].startswith(beginning)
    assert answer["citations"] == answer["sentences"] == answer["nearest"] == []


@pytest.mark.parametrize(("text", "lang"), [("Can I talk to a human?", "en"), ("상담원 연결해 주세요", "ko")])
async def test_who_asks_for_a_person_is_handed_over(client: httpx.AsyncClient, text: str, lang: str) -> None:
    answer = await post(client, "/v1/query", question=text)

    assert (answer["status"], answer["reason"]) == ("handoff", "needs_human")
    assert answer["next_step"]["action"] == "contact_support"
    assert answer["language"] == lang
