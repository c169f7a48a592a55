"""POST /v1/query with ``stream``: the events, and that they say what the JSON reply says."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.event_stream import comparable, events_of, named, parse, text_of
from tests.kb_server.published import PAGES, Page, ask, publish, running, wait_until_ready
from tests.kb_server.test_clarify_api import PAGES as TWO_PRODUCTS
from tests.kb_server.test_two_questions import PAGES as NOTES

TABLES = {
    "en/limits.md": Page(
        "Limits", "A note has at most 100 KB. See [1], and <b>bold</b>.\n\n- one\n- two", {}
    ),
    "en/old.md": Page("Old limits", "A note has at most 50 KB.", {}),
}
INDEXES: Mapping[str, Mapping[str, Page]] = {
    "pages": PAGES,
    "products": TWO_PRODUCTS,
    "notes": NOTES,
    "limits": TABLES,
}
ASKED = [
    {"role": "user", "content": "How do I roll back to the earlier version?"},
    {"role": "assistant", "content": "Run kb rollback. [1]", "citations": [{"path": "en/operations.md"}]},
]


class Case(NamedTuple):
    index: str
    question: str
    more: dict[str, Any]
    status: str


CASES = [
    Case("pages", "How do I roll back to an earlier version?", {}, "answered"),
    Case("pages", "이전 버전으로 되돌리려면 어떻게 하나요?", {}, "answered"),
    Case("pages", "데이터 폴더는 어디인가요?", {"filters": {"lang": "en"}}, "answered"),
    Case(
        "pages", "How do I roll back to an earlier version?", {"language": "ko", "suggest": False}, "answered"
    ),
    Case("pages", "And for the index?", {"history": ASKED}, "answered"),
    Case("pages", "What is the airspeed of an unladen swallow?", {}, "abstained"),
    Case("pages", "오늘 점심 메뉴는 무엇인가요?", {"explain": True}, "abstained"),
    Case("pages", "Hello!", {}, "answered"),
    Case("pages", "고마워요!", {}, "answered"),
    Case("pages", "I want to talk to a person", {}, "handoff"),
    Case("pages", "상담원과 이야기하고 싶어요", {}, "handoff"),
    Case("products", "How do I export my notes?", {}, "clarify"),
    Case("products", "노트를 어떻게 내보내나요?", {}, "clarify"),
    Case("products", "How do I export my notes?", {"filters": {"product": "Skyvault"}}, "answered"),
    Case("notes", "How do I export my notes and where are backups stored?", {}, "answered"),
    Case("notes", "노트는 어떻게 내보내나요? 백업은 어디에 저장되나요?", {}, "answered"),
    Case("notes", "Where are backups stored? Who won the football championship?", {}, "partial"),
    Case("notes", "백업은 어디에 저장되나요? 축구 결승전은 누가 이겼나요?", {}, "partial"),
    Case("limits", "How many KB has a note at most?", {"max_risk": 1}, "answered"),
]

each_case = pytest.mark.parametrize("case", CASES)


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("streaming")
    for name, pages in INDEXES.items():
        publish(root / name, pages, encoder)
    return {name: root / name for name in INDEXES}


@asynccontextmanager
async def asking(data_dir: Path, encoder: Encoder, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(data_dir=data_dir, **more)
    async with running(create_app(settings, encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        yield client


@each_case
async def test_the_last_event_is_the_json_reply(
    indexes: dict[str, Path], encoder: Encoder, case: Case
) -> None:
    async with asking(indexes[case.index], encoder) as client:
        answer = await ask(client, case.question, **case.more)
        events = await events_of(client, case.question, **case.more)

    assert answer["status"] == case.status
    assert events[-1].name == "answer"
    assert comparable(events[-1].data) == comparable(answer)
    assert events[-1].data.keys() == answer.keys()
    assert events[-1].data["id"] != answer["id"]
    assert events[-1].data["timings_ms"].keys() == answer["timings_ms"].keys()


@each_case
async def test_the_other_events_tell_the_same_answer(
    indexes: dict[str, Path], encoder: Encoder, case: Case
) -> None:
    async with asking(indexes[case.index], encoder) as client:
        events = await events_of(client, case.question, **case.more)

    answer = events[-1].data
    assert text_of(events) == answer["text"]
    assert named(events, "citation") == answer["citations"]
    assert [event.name for event in events].count("passages") == 1
    assert events[0].name == "passages"
    assert [event.id for event in events] == [f"{answer['id']}.{n}" for n in range(1, len(events) + 1)]
    pages = {page["doc_id"] for page in events[0].data["passages"]}
    assert {page["doc_id"] for page in answer["nearest"]} <= pages


@pytest.mark.parametrize("question", [case.question for case in CASES if case.index == "notes"])
async def test_a_citation_comes_before_the_text_that_mentions_it(
    indexes: dict[str, Path], encoder: Encoder, question: str
) -> None:
    async with asking(indexes["notes"], encoder) as client:
        events = await events_of(client, question)

    cited = 0
    for event in events:
        cited += event.name == "citation"
        if event.name == "delta":
            prose = re.sub(r"```.*?```", "", event.data["text"], flags=re.DOTALL)
            assert all(int(number) <= cited for number in re.findall(r"(?<!\\)\[(\d+)\]", prose))
    assert cited


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"question": "How?", "filters": {"없는키": "x"}}, "unknown_filter"),
        ({"question": ""}, "invalid_request"),
        ({"question": "How?", "language": "fr"}, "invalid_request"),
        ({"question": "How?", "stream": "yes"}, "invalid_request"),
    ],
)
async def test_what_is_wrong_from_the_start_is_a_problem_and_no_stream(
    client: httpx.AsyncClient, body: dict[str, Any], code: str
) -> None:
    response = await client.post("/v1/query", json={"stream": True, **body})

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == code


async def test_without_an_index_a_stream_does_not_begin(tmp_path: Path) -> None:
    async with running(create_app(Settings(data_dir=tmp_path))) as client:
        response = await client.post("/v1/query", json={"question": "How?", "stream": True})

    assert response.status_code == 503
    assert response.headers["retry-after"]


@pytest.mark.parametrize(
    ("question", "language", "words"),
    [
        ("What is the airspeed of an unladen swallow?", "ko", "문서"),
        ("오늘 점심 메뉴는 무엇인가요?", "en", "documentation"),
        ("Hello!", "ko", "안녕하세요"),
        ("고마워요!", "en", "welcome"),
        ("상담원과 이야기하고 싶어요", "en", "person"),
    ],
)
async def test_the_server_speaks_the_language_that_is_asked_for(
    client: httpx.AsyncClient, question: str, language: str, words: str
) -> None:
    answer = await ask(client, question, language=language)

    assert answer["language"] == language
    assert words in answer["text"]


async def test_quotes_in_another_language_are_announced_in_the_language_asked_for(
    client: httpx.AsyncClient,
) -> None:
    question = "How do I roll back to an earlier version?"
    answer = await ask(client, question, language="ko", filters={"lang": "en"})

    assert answer["text"].startswith("이 내용은 영어 문서에 있습니다:")
    assert "kb rollback" in answer["citations"][0]["quote"]


# Resuming


@pytest.mark.parametrize("question", ["How do I roll back?", "이전 버전으로 되돌리려면 어떻게 하나요?"])
async def test_a_reader_goes_on_behind_the_last_event_it_has(
    client: httpx.AsyncClient, question: str
) -> None:
    events = await events_of(client, question)
    path = f"/v1/streams/{events[-1].data['id']}"

    for event in events:
        response = await client.get(path, headers={"Last-Event-ID": event.id})
        assert list(parse(response.text)) == events[event.number :]
    assert list(parse((await client.get(path)).text)) == events


async def test_a_stream_that_is_unknown_says_so(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/streams/a_0000000000000000")

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
    assert "Ask again" in response.json()["remedy"]


@pytest.mark.parametrize("given", ["7", "a_1.2", "{id}.", "{id}.x", "{id}.-1", "{id}.1.2", "{id}.٣"])
async def test_an_id_that_is_none_of_the_stream_is_refused(client: httpx.AsyncClient, given: str) -> None:
    answer_id = (await events_of(client, "Hello!"))[-1].data["id"]
    last = given.format(id=answer_id).encode()
    response = await client.get(f"/v1/streams/{answer_id}", headers={"Last-Event-ID": last})

    assert response.status_code == 422
    assert "Last-Event-ID" in response.json()["detail"]
