"""The Python client against a served application: every call, in both languages, and what breaks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from kb_server.answering.schemas import Answer, QueryRequest
from kb_server.app import create_app
from kb_server.client import (
    AnswerEvent,
    AsyncClient,
    CitationEvent,
    Client,
    ConnectionFailedError,
    DeltaEvent,
    NotFoundError,
    PassagesEvent,
    RequestRefusedError,
    Retries,
    UnavailableError,
)
from kb_server.feedback.schemas import Rating
from kb_server.index.testing import HashEncoder
from kb_server.search.schemas import SearchRequest
from kb_server.settings import Settings
from tests.kb_server.client.breaking import breaking
from tests.kb_server.published import PAGES
from tests.kb_server.served import served
from tests.manual import read_manual

QUESTIONS = {"en": "How do I roll back?", "ko": "이전 버전으로 되돌리려면?"}
AT_ONCE = Retries(count=0)
each_lang = pytest.mark.parametrize("lang", QUESTIONS)


@pytest.fixture
def kb(served_url: str) -> Iterator[Client]:
    with Client(served_url) as client:
        yield client


@pytest.fixture
async def akb(served_url: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(served_url) as client:
        yield client


def untimed(answer: Answer) -> dict[str, Any]:
    return answer.model_dump(exclude={"id", "timings_ms"})


# Calls


@each_lang
def test_answer_is_the_object_that_the_server_sends(kb: Client, served_url: str, lang: str) -> None:
    answer = kb.query(QUESTIONS[lang])
    sent = httpx.post(f"{served_url}/v1/query", json={"question": QUESTIONS[lang]}, timeout=30)

    assert untimed(answer) == untimed(Answer.model_validate(sent.json()))
    assert answer.citations[0].path == f"{lang}/operations.md"


def test_fields_of_a_question_are_sent_as_words_or_as_a_request(kb: Client) -> None:
    words = kb.query(QUESTIONS["en"], filters={"lang": "ko"}, suggest=False)
    request = kb.query(QueryRequest(question=QUESTIONS["en"], filters={"lang": "ko"}), suggest=False)

    assert untimed(words) == untimed(request)
    assert words.suggestions == []
    assert {citation.path.partition("/")[0] for citation in words.citations} <= {"ko"}


@each_lang
def test_citations_hold_in_the_text_of_their_revision(kb: Client, lang: str) -> None:
    for citation in kb.query(QUESTIONS[lang]).citations:
        text = kb.revision(citation.doc_id, citation.revision).text

        assert text[citation.char_start : citation.char_end] == citation.quote
        assert kb.document(citation.doc_id).path == citation.path


@each_lang
def test_passages_are_found(kb: Client, lang: str) -> None:
    found = kb.search(SearchRequest(query=QUESTIONS[lang]), top_k=1, filters={"lang": lang})

    assert [passage.path for passage in found.passages] == [f"{lang}/operations.md"]


def test_documents_are_listed_page_by_page(kb: Client) -> None:
    first = kb.documents(limit=2)
    assert first.next_after is not None
    rest = kb.documents(after=first.next_after)

    assert [document.path for document in (*first.documents, *rest.documents)] == sorted(PAGES)


@each_lang
def test_answer_of_the_server_holds_when_it_is_verified(kb: Client, lang: str) -> None:
    assert kb.verify(kb.query(QUESTIONS[lang])).holds


async def test_async_client_gives_the_same(kb: Client, akb: AsyncClient) -> None:
    answer = await akb.query(QUESTIONS["ko"])
    text = await akb.revision(answer.citations[0].doc_id, answer.citations[0].revision)

    assert untimed(answer) == untimed(await asyncio.to_thread(kb.query, QUESTIONS["ko"]))
    assert answer.citations[0].quote in text.text
    assert (await akb.search("rollback")).passages == (
        await asyncio.to_thread(kb.search, "rollback")
    ).passages
    assert (await akb.verify(answer)).holds
    assert (await akb.documents()).total == len(PAGES)
    assert (await akb.document(text.doc_id)).path == text.path


def test_conversation_is_kept_rated_read_and_deleted(kb: Client) -> None:
    first = kb.query(QUESTIONS["ko"], conversation=True, customer_id="고객-1")
    assert first.conversation_id is not None
    kb.query("그건 언제 적용되나요?", conversation_id=first.conversation_id, customer_id="고객-1")
    rated = kb.feedback(first.id, Rating.DOWN, citation_id=first.citations[0].id, comment="낡은 내용")
    read = kb.conversation(first.conversation_id)

    assert (rated.rating, rated.comment) == (Rating.DOWN, "낡은 내용")
    assert read.turns[0].question == QUESTIONS["ko"]
    assert read.turns[0].answer == first
    assert first.conversation_id in [
        found.id for found in kb.conversations(customer_id="고객-1").conversations
    ]
    kb.delete_conversation(first.conversation_id)
    with pytest.raises(NotFoundError):
        kb.conversation(first.conversation_id)


async def test_async_client_keeps_and_deletes_conversations_too(akb: AsyncClient) -> None:
    answer = await akb.query(QUESTIONS["en"], conversation=True, customer_id="c-2")
    assert answer.conversation_id is not None

    assert (await akb.feedback(answer.id, Rating.UP)).answer_id == answer.id
    assert (await akb.conversation(answer.conversation_id)).turns[0].answer == answer
    assert len((await akb.conversations(customer_id="c-2")).conversations) == 1
    await akb.delete_conversation(answer.conversation_id)
    assert (await akb.conversations(customer_id="c-2")).conversations == []


# Streams


@each_lang
def test_stream_tells_the_answer_in_order(kb: Client, lang: str) -> None:
    *events, last = kb.stream(QUESTIONS[lang])

    assert isinstance(last, AnswerEvent)
    assert isinstance(events[0], PassagesEvent)
    assert "".join(event.text for event in events if isinstance(event, DeltaEvent)) == last.answer.text
    assert [e.citation for e in events if isinstance(e, CitationEvent)] == last.answer.citations
    assert untimed(last.answer) == untimed(kb.query(QUESTIONS[lang]))


async def test_async_stream_tells_the_same(akb: AsyncClient, kb: Client) -> None:
    events = [event async for event in akb.stream(QUESTIONS["ko"])]

    assert isinstance(events[-1], AnswerEvent)
    assert untimed(events[-1].answer) == untimed(await asyncio.to_thread(kb.query, QUESTIONS["ko"]))


@pytest.mark.parametrize("cut", range(1, 5))
def test_broken_stream_goes_on_behind_the_last_event(served_url: str, cut: int) -> None:
    with breaking(served_url, [cut]) as relay, Client(relay.url) as client:
        *events, last = client.stream(QUESTIONS["en"])

    assert isinstance(last, AnswerEvent)
    assert "".join(event.text for event in events if isinstance(event, DeltaEvent)) == last.answer.text
    assert len({event.id for event in (*events, last)}) == len(events) + 1
    assert len(relay.requests) == 2


async def test_stream_that_breaks_again_and_again_goes_on(served_url: str) -> None:
    # The first empty line of a reply ends "retry", so each connection brings one event.
    with breaking(served_url, [2, 2, 2]) as relay:
        async with AsyncClient(relay.url) as client:
            events = [event async for event in client.stream(QUESTIONS["ko"])]

    last = events[-1]
    assert isinstance(last, AnswerEvent)
    assert "".join(event.text for event in events if isinstance(event, DeltaEvent)) == last.answer.text
    assert relay.requests[1].startswith(f"GET /v1/streams/{last.answer.id} ".encode())
    assert f"Last-Event-ID: {last.answer.id}.1".encode().lower() in relay.requests[1].lower()


def test_stream_of_a_bad_question_raises_before_it_begins(kb: Client) -> None:
    with pytest.raises(RequestRefusedError) as caught:
        list(kb.stream("a", filters={"nope": "x"}))

    assert caught.value.code == "unknown_filter"


# Errors


def test_field_that_breaks_a_rule_is_refused_before_it_is_sent() -> None:
    with Client("http://127.0.0.1:9") as kb, pytest.raises(ValidationError, match="top_k"):
        kb.query("되돌리기", top_k=0)


@pytest.mark.parametrize("address", ["", "127.0.0.1:8000", "ftp://kb", "http://"])
def test_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(ValueError, match="base_url must begin with http"):
        Client(address)


def test_problem_of_the_server_is_an_exception_with_all_of_it(kb: Client) -> None:
    with pytest.raises(NotFoundError) as caught:
        kb.document("d_없음")

    assert (caught.value.status, caught.value.code) == (404, "not_found")
    assert caught.value.problem.title == "Not found"
    assert caught.value.request_id.startswith("req_")
    assert "d_없음" in str(caught.value)


def test_server_that_is_not_there_is_named() -> None:
    with (
        Client("http://127.0.0.1:9", retries=AT_ONCE) as kb,
        pytest.raises(ConnectionFailedError, match=":9/v1/query"),
    ):
        kb.query("a")


def test_reply_of_something_else_is_not_taken_for_an_answer(served_url: str) -> None:
    with Client(f"{served_url}/nope", retries=AT_ONCE) as kb, pytest.raises(NotFoundError):
        kb.query("a")


# Tries


def test_server_that_is_busy_is_asked_again(hashed_index: Path) -> None:
    class SlowEncoder(HashEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            time.sleep(0.2)
            return super().encode(texts)

    settings = Settings(data_dir=hashed_index, max_concurrency=1)
    questions = [f"What is {number}?" for number in range(6)]
    with served(create_app(settings, encoder=SlowEncoder)) as url, ThreadPoolExecutor(len(questions)) as pool:
        with Client(url, retries=AT_ONCE) as kb:
            refused = [
                future.exception() for future in [pool.submit(kb.query, question) for question in questions]
            ]
        with Client(url, retries=Retries(count=30)) as kb:
            answers = list(pool.map(kb.query, questions))

    busy = [error for error in refused if isinstance(error, UnavailableError)]
    assert busy
    assert {(error.code, error.retry_after) for error in busy} == {("overloaded", 1.0)}
    assert len(answers) == len(questions)


def test_server_that_asks_for_a_longer_pause_is_given_up(tmp_path: Path) -> None:
    with (
        served(create_app(Settings(data_dir=tmp_path), encoder=HashEncoder), ready=False) as url,
        Client(url, retries=Retries(longest_seconds=1)) as kb,
        pytest.raises(UnavailableError) as caught,
    ):
        kb.query(QUESTIONS["ko"])

    assert caught.value.code == "index_missing"
    assert "kb ingest" in str(caught.value)


def test_request_whose_connection_broke_is_sent_again_under_the_same_key(served_url: str) -> None:
    with breaking(served_url, [0, 0]) as relay, Client(relay.url) as kb:
        answer = kb.query(QUESTIONS["en"])

    keys = [
        line
        for head in relay.requests
        for line in head.splitlines()
        if line.lower().startswith(b"idempotency-key")
    ]
    assert answer.status == "answered"
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_connection_that_stays_broken_is_given_up(served_url: str) -> None:
    with breaking(served_url, [0] * 9) as relay, Client(relay.url, retries=Retries(1, 0.01)) as kb:
        with pytest.raises(ConnectionFailedError):
            kb.query(QUESTIONS["en"])
        with pytest.raises(ConnectionFailedError):
            list(kb.stream(QUESTIONS["en"]))

    assert len(relay.requests) == 4


# Where it is used


def test_client_is_imported_without_the_server() -> None:
    program = "import sys, kb_server.client; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    heavy = {
        "torch",
        "onnxruntime",
        "chromadb",
        "transformers",
        "sentence_transformers",
        "kb_server.app",
        "kb_server.searcher",
        "fastapi",
        "safetensors",
        "uvicorn",
        "mcp",
        "langchain_core",
    }
    assert not heavy & set(loaded.split())


@each_lang
def test_examples_of_the_manual_run(served_url: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    examples = [body for info, body in read_manual()[f"{lang}/clients.md"].code_blocks if info == "python"]
    for example in examples:
        exec(example.replace("http://127.0.0.1:8000", served_url), {})  # noqa: S102 - our own page

    assert f"{lang}/operations.md" in capsys.readouterr().out
