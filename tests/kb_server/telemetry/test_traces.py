"""Traces as a collector gets them: names, usage, the caller's trace; words only where they are asked for."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.generation.llm_server import MODEL, Endpoint, Reply, citing_all, serving
from tests.kb_server.generation.test_answers import GOOD, QUESTION
from tests.kb_server.published import ask, running, wait_until_ready

from .collector import Collector, collecting

SERVER, CLIENT, FAILED = 2, 3, 2
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@asynccontextmanager
async def traced(
    data_dir: Path, encoder: Encoder, collector: Collector, **more: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Serve with traces; they have all been sent when the context ends."""
    settings = Settings(data_dir=data_dir, trace_url=collector.url, **more)
    async with running(create_app(settings, encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        yield client


def model_at(endpoint: Endpoint) -> dict[str, Any]:
    return {"llm": f"openai:{MODEL}", "llm_url": endpoint.url, "llm_api_key": "sk-x"}


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_a_question_becomes_spans_with_the_names_for_generative_ai(
    shared_index: Path, encoder: Encoder, collector: Collector, endpoint: Endpoint, lang: str
) -> None:
    endpoint.says(citing_all(GOOD[lang]))
    async with traced(shared_index, encoder, collector, **model_at(endpoint)) as client:
        answer = await ask(client, QUESTION[lang])

    (root,) = collector.named("POST /v1/query")
    (retrieval,) = collector.named("retrieval")
    (chat,) = collector.named("chat")
    assert collector.named("embeddings")[0].attributes["gen_ai.operation.name"] == "embeddings"
    assert root.kind == SERVER
    assert root.attributes["http.response.status_code"] == 200
    assert root.attributes["kb.answer"] == answer["status"]
    assert root.attributes["kb.version"] == answer["generation"]
    assert retrieval.attributes["gen_ai.operation.name"] == "retrieval"
    assert chat.kind == CLIENT
    assert chat.name == f"chat {MODEL}"
    assert chat.attributes["gen_ai.provider.name"] == "openai"
    assert chat.attributes["gen_ai.request.model"] == MODEL
    assert chat.attributes["gen_ai.usage.input_tokens"] == answer["usage"]["input_tokens"]
    assert chat.attributes["gen_ai.usage.output_tokens"] == answer["usage"]["output_tokens"]
    assert chat.attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert {span.trace_id for span in (retrieval, chat)} == {root.trace_id}
    assert retrieval.parent_id == root.span_id
    assert collector.resources[0]["service.name"] == "kb-server"


async def test_the_callers_trace_goes_on(shared_index: Path, encoder: Encoder, collector: Collector) -> None:
    async with traced(shared_index, encoder, collector) as client:
        await client.get("/v1/documents", headers={"traceparent": TRACEPARENT, "tracestate": "canary=canary"})
        await client.get("/v1/documents", headers={"traceparent": "00-canary-canary-01"})

    first, second = collector.named("GET /v1/documents")
    assert (first.trace_id, first.parent_id) == (TRACE, "b7ad6b7169203331")
    assert second.parent_id == ""
    assert b"canary" not in b"".join(collector.raw)


async def test_a_failed_call_is_marked_with_its_kind_and_without_its_words(
    shared_index: Path, encoder: Encoder, collector: Collector, endpoint: Endpoint
) -> None:
    endpoint.says(Reply(status=500, problem={"error": {"message": "canary-words"}}))
    async with traced(shared_index, encoder, collector, **model_at(endpoint)) as client:
        await ask(client, QUESTION["en"])

    (chat,) = collector.named("chat")
    assert chat.status == FAILED
    assert chat.attributes["error.type"] == "ChatError"
    assert chat.events == 0
    assert b"canary" not in b"".join(collector.raw)


@pytest.mark.parametrize("with_content", [False, True])
async def test_words_stand_in_a_trace_only_where_the_operator_wants_them(
    shared_index: Path, encoder: Encoder, collector: Collector, endpoint: Endpoint, with_content: bool
) -> None:
    endpoint.says(citing_all(GOOD["en"]))
    settings = model_at(endpoint) | {"trace_content": with_content}
    async with traced(shared_index, encoder, collector, **settings) as client:
        answer = await ask(client, QUESTION["en"])

    sent = b"".join(collector.raw).decode("utf-8", "replace")
    assert answer["generator"].startswith("llm:")
    assert (QUESTION["en"] in sent) is with_content
    assert (GOOD["en"] in sent) is with_content


async def test_nothing_is_traced_without_the_setting(
    shared_index: Path, encoder: Encoder, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    async with running(create_app(Settings(data_dir=shared_index), encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        await ask(client, QUESTION["en"])

    assert collector.raw == []


async def test_a_collector_that_is_not_there_harms_no_answer(
    shared_index: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    settings = Settings(data_dir=shared_index, trace_url="http://127.0.0.1:9")
    with caplog.at_level(logging.ERROR):
        async with running(create_app(settings, encoder=lambda: encoder)) as client:
            await wait_until_ready(client)
            answer = await ask(client, QUESTION["en"])

    assert answer["status"] == "answered"
    assert any(record.name.startswith("opentelemetry") for record in caplog.records)


async def test_the_operators_own_variables_of_opentelemetry_are_read(
    shared_index: Path, encoder: Encoder, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "support-bot")
    async with traced(shared_index, encoder, collector) as client:
        await client.get("/v1/documents")

    assert collector.resources[0]["service.name"] == "support-bot"
