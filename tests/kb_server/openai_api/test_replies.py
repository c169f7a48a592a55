"""What replies in OpenAI's form hold: links, annotations, usage, and errors in the middle of a stream."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openai
import pytest

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.openai_api.footnotes import without_footnotes
from kb_server.settings import Settings
from tests.kb_server.generation.llm_server import KEY, MODEL, Endpoint, Reply, citing_all, serving
from tests.kb_server.published import Page, publish, running, wait_until_ready
from tests.kb_server.served import served
from tests.manual import LANGS, read_manual

ADDRESS = "https://docs.example.com/backup_(old)"
PAGES = {
    "en/backup.md": Page(
        "Backups [beta]](https://evil.example)", "Backups run every night at 2 o'clock.", {"url": ADDRESS}
    ),
    "en/restore.md": Page("Restore", "To restore a note, open Trash and press Restore.", {"url": "/restore"}),
    "ko/backup.md": Page("백업", "백업은 매일 밤 2시에 실행됩니다.", {"url": "https://docs.example.com/ko"}),
}
QUESTIONS = {"en": "When do backups run?", "ko": "백업은 언제 실행되나요?"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    data_dir = tmp_path_factory.mktemp("urls") / "data"
    publish(data_dir, PAGES, encoder)
    return data_dir


async def reply_to(index: Path, encoder: Encoder, question: str, **more: Any) -> dict[str, Any]:
    async with running(create_app(Settings(data_dir=index), encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        body = {"messages": [{"role": "user", "content": question}], **more}
        response = await client.post("/v1/chat/completions", json=body)
        assert response.status_code == 200, response.text
        reply: dict[str, Any] = response.json()
        return reply


@pytest.mark.parametrize(
    ("lang", "name", "url"),
    [
        ("en", r"Backups \[beta\]\](https://evil.example)", "https://docs.example.com/backup_%28old%29#top"),
        ("ko", "백업", "https://docs.example.com/ko#top"),
    ],
)
async def test_pages_with_an_address_are_links_and_annotations(
    index: Path, encoder: Encoder, lang: str, name: str, url: str
) -> None:
    reply = await reply_to(index, encoder, QUESTIONS[lang])

    message = reply["choices"][0]["message"]
    assert f"- [1] [{name}]({url})" in message["content"].splitlines()
    (found,) = message["annotations"]
    place = found["url_citation"]
    assert message["content"][place["start_index"] : place["end_index"]] == "[1]"
    assert place["url"] == url
    assert place["title"] == PAGES[f"{lang}/backup.md"].title


async def test_a_page_with_a_path_for_an_address_has_no_annotation(index: Path, encoder: Encoder) -> None:
    reply = await reply_to(index, encoder, "How do I restore a note?")

    message = reply["choices"][0]["message"]
    assert "- [1] [Restore](/restore#top)" in message["content"]
    assert message["annotations"] == []


async def test_the_nearest_pages_are_links_where_there_is_no_answer(index: Path, encoder: Encoder) -> None:
    reply = await reply_to(index, encoder, QUESTIONS["en"], kb={"max_risk": 0.0})

    answer, content = reply["kb_server"], reply["choices"][0]["message"]["content"]
    assert answer["status"] == "abstained"
    assert answer["nearest"]
    assert content.count("\n- [") == len(answer["nearest"])


def test_sources_below_an_earlier_reply_tell_what_it_cited() -> None:
    below = "- [1][3] 백업 (ko/backup.md)\n- [2] [Restore](/restore#top)\n- [4] 백업 > 언제 (ko/backup.md)"

    assert without_footnotes(f"Press it. [1]\n\n출처:\n\n{below}") == ("Press it. [1]", ["ko/backup.md"])
    assert without_footnotes("Sources:\n\n- a") == ("Sources:\n\n- a", [])


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def with_model(index: Path, encoder: Encoder, endpoint: Endpoint) -> Iterator[openai.OpenAI]:
    settings = Settings(
        data_dir=index, llm=f"openai:{MODEL}", llm_url=endpoint.url, llm_api_key=KEY, llm_output_tokens=500
    )
    with (
        served(create_app(settings, encoder=lambda: encoder), settings=settings) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


def test_usage_counts_what_a_language_model_was_used(with_model: openai.OpenAI, endpoint: Endpoint) -> None:
    endpoint.says(citing_all("Backups run every night at 2 o'clock."))
    reply = with_model.chat.completions.create(
        model="kb-server", messages=[{"role": "user", "content": QUESTIONS["en"]}]
    )

    assert reply.usage
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens) == (
        120,
        30,
        150,
    )


def test_a_client_that_leaves_a_stream_stops_the_model(with_model: openai.OpenAI, endpoint: Endpoint) -> None:
    endpoint.says(Reply("x", wait_for=threading.Event()))
    stream = with_model.chat.completions.create(
        model="kb-server", messages=[{"role": "user", "content": QUESTIONS["en"]}], stream=True
    )
    first = next(iter(stream))
    assert endpoint.asked.wait(20)
    stream.close()

    assert first.choices[0].delta.role == "assistant"
    assert endpoint.hung_up.wait(20)


@pytest.mark.parametrize("lang", LANGS)
async def test_the_error_in_the_manual_is_what_is_sent(lang: str) -> None:
    (example,) = read_manual()[f"{lang}/openai-api.md"].examples
    async with running(create_app(Settings())) as client:
        response = await client.post(
            "/v1/chat/completions", json={"messages": [{"role": "user", "content": "Hi"}], "n": 2}
        )

    assert response.json() == example
    assert response.headers["content-type"] == "application/json"


async def test_limits_of_the_server_are_told_in_the_form_of_the_protocol(tmp_path: Path) -> None:
    async with running(create_app(Settings(data_dir=tmp_path, max_body_bytes=100))) as client:
        large = await client.post("/v1/chat/completions", content=b"x" * 200)
        empty = await client.post(
            "/v1/chat/completions", json={"messages": [{"role": "user", "content": "Hi, port?"}]}
        )
        text = await client.post("/v1/chat/completions", content=b"{", headers={"content-type": "text/plain"})

    assert [each.status_code for each in (large, empty, text)] == [413, 503, 415]
    assert [each.json()["error"]["type"] for each in (large, empty, text)] == [
        "invalid_request_error",
        "server_error",
        "invalid_request_error",
    ]
    assert empty.headers["retry-after"]


def test_an_error_in_the_middle_of_a_stream_reaches_the_client(
    index: Path, encoder: Encoder, endpoint: Endpoint
) -> None:
    endpoint.says(Reply("x", wait_for=threading.Event()))
    settings = Settings(data_dir=index, llm=f"openai:{MODEL}", llm_url=endpoint.url, llm_api_key=KEY)
    with ExitStack() as server:
        url = server.enter_context(served(create_app(settings, encoder=lambda: encoder), settings=settings))
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            stream = client.chat.completions.create(
                model="kb-server", messages=[{"role": "user", "content": QUESTIONS["en"]}], stream=True
            )
            assert endpoint.asked.wait(20)
            stopping = threading.Thread(target=server.close)
            stopping.start()
            with pytest.raises(openai.APIError) as caught:
                list(stream)
            stopping.join()

    assert caught.value.code == "shutting_down"
    assert "shutting down" in caught.value.message
