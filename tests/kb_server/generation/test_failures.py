"""Whatever goes wrong with a model, the asker gets the quoted answer, and is told why."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import httpx
import pytest

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.published import running, wait_until_ready

from .conftest import Starting
from .llm_server import MODEL, Endpoint, Reply, citing_all, sentences
from .test_answers import BAD, GOOD, QUESTION, ask, each_lang, texts

OTHER = {"en": "ko", "ko": "en"}


@pytest.fixture
async def quoted(settings: Settings, encoder: Encoder) -> dict[str, dict[str, Any]]:
    """Give the answers of a server without a model."""
    async with running(create_app(settings, encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        return {lang: await ask(client, lang) for lang in QUESTION}


def unmarked(answer: dict[str, Any]) -> dict[str, Any]:
    own = {"id", "timings_ms", "fallback", "usage"}
    return {key: value for key, value in answer.items() if key not in own}


BROKEN: dict[str, tuple[Reply, str]] = {
    "500": (Reply(status=500, problem={"error": {"message": "boom"}}), "error"),
    "503 without a body": (Reply(status=503), "error"),
    "401": (Reply(status=401, problem={"error": {"message": "bad key"}}), "error"),
    "400 whatever is asked": (Reply(status=400, problem={"error": {"message": "no such model"}}), "error"),
    "429": (Reply(status=429, problem={"error": {"message": "slow down"}}), "rate_limited"),
    "a page": (Reply(raw=b"<html>not an endpoint</html>"), "error"),
    "half an object": (Reply(raw=b'{"choices": ['), "error"),
    "nothing": (Reply(raw=b""), "error"),
    "an empty stream": (Reply("", usage=None), "refused"),
    "a cut stream": (Reply('{"sentences": [{"text": "Run', finish=None), "error"),
    "cut by the token limit": (Reply('{"sentences": [', finish="length"), "budget"),
    "a filter of the provider": (Reply("", finish="content_filter"), "refused"),
    "no end": (Reply("and so on, 그리고 ", is_endless=True, step=400), "budget"),
    "an empty list": (Reply(sentences()), "refused"),
    "half of JSON": (Reply('```json\n{"sentences": [{"text": "Run'), "error"),
    "another object": (Reply('{"answer": "yes"}'), "error"),
    "lists for texts": (Reply('{"sentences": [{"text": ["a"], "ids": {}}, 7, null]}'), "refused"),
    "deep nesting": (Reply('{"sentences": ' + "[" * 2000), "error"),
}  # fmt: skip


@each_lang
@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_reply_is_replaced_by_the_quoted_answer(
    client: httpx.AsyncClient, endpoint: Endpoint, quoted: dict[str, dict[str, Any]], name: str, lang: str
):
    reply, why = BROKEN[name]
    endpoint.says(reply)
    answer = await ask(client, lang)

    assert answer["fallback"] == why
    assert answer["generator"] == "extractive"
    assert unmarked(answer) == unmarked(quoted[lang])


@each_lang
async def test_nobody_at_the_address(starting: Starting, quoted: dict[str, dict[str, Any]], lang: str):
    async with starting(llm_url="http://127.0.0.1:9/v1") as client:
        answer = await ask(client, lang)

        ready = await client.get("/readyz")

    assert answer["fallback"] == "error"
    assert answer["usage"] is None
    assert unmarked(answer) == unmarked(quoted[lang])
    assert ready.status_code == 200
    states = {check["name"]: (check["status"], check["code"]) for check in ready.json()["checks"]}
    assert states["language_model"] == ("degraded", "language_model_unavailable")


async def test_a_model_that_answers_again_is_well_again(client: httpx.AsyncClient, endpoint: Endpoint):
    states = []
    for reply in (Reply(status=500, problem={"error": {"message": "boom"}}), citing_all(GOOD["en"])):
        endpoint.says(reply)
        await ask(client, "en")
        checks = (await client.get("/readyz")).json()["checks"]
        states.append(next(check["status"] for check in checks if check["name"] == "language_model"))

    assert states == ["degraded", "ok"]


@each_lang
async def test_an_answer_in_the_other_language(client: httpx.AsyncClient, endpoint: Endpoint, lang: str):
    endpoint.says(citing_all(GOOD[OTHER[lang]]))

    assert (await ask(client, lang))["fallback"] == "wrong_language"


@each_lang
async def test_an_answer_without_a_sentence_that_holds(
    client: httpx.AsyncClient, endpoint: Endpoint, lang: str
):
    endpoint.says(citing_all(BAD[lang]))
    answer = await ask(client, lang)

    assert answer["fallback"] == "unsupported"
    assert answer["usage"]["input_tokens"] == 240
    assert BAD[lang] not in json.dumps(answer, ensure_ascii=False)


async def test_a_slow_model_is_not_waited_for(
    starting: Starting, endpoint: Endpoint, quoted: dict[str, dict[str, Any]]
):
    endpoint.says(Reply("never", wait_for=threading.Event()))
    async with starting(llm_timeout_seconds=2) as client:
        answer = await ask(client, "en")

    assert answer["fallback"] == "timeout"
    assert answer["usage"]["input_tokens"] > 200
    assert unmarked(answer) == unmarked(quoted["en"])
    assert await asyncio.to_thread(endpoint.hung_up.wait, 30)


async def test_a_trickling_model_is_not_waited_for(starting: Starting, endpoint: Endpoint):
    endpoint.says(Reply(" " * 1000, step=1, pause=0.05))
    async with starting(llm_timeout_seconds=2) as client:
        answer = await ask(client, "en")

    assert answer["fallback"] == "timeout"
    assert await asyncio.to_thread(endpoint.hung_up.wait, 30)


@each_lang
async def test_a_repair_that_is_too_slow_leaves_what_held(starting: Starting, endpoint: Endpoint, lang: str):
    endpoint.says(citing_all(GOOD[lang], BAD[lang]), Reply("never", wait_for=threading.Event()))
    async with starting(llm_timeout_seconds=6) as client:
        answer = await ask(client, lang)

    assert texts(answer) == [GOOD[lang]]
    assert answer["fallback"] == ""


async def test_passages_that_fit_into_no_budget(starting: Starting, endpoint: Endpoint):
    async with starting(llm_input_tokens=3) as client:
        answer = await ask(client, "en")

    assert answer["fallback"] == "budget"
    assert endpoint.calls == []


async def test_passages_are_cut_to_the_budget(starting: Starting, endpoint: Endpoint):
    endpoint.says(citing_all(GOOD["en"]))
    async with starting() as client:
        await ask(client, "en")
    async with starting(llm_input_tokens=40) as client:
        answer = await ask(client, "en")

    assert texts(answer) == [GOOD["en"]]
    wide, narrow = endpoint.calls
    assert len(narrow.ids) < len(wide.ids)


async def test_a_client_that_hangs_up_stops_the_model(
    settings: Settings, encoder: Encoder, endpoint: Endpoint
):
    endpoint.says(Reply("never", wait_for=threading.Event()))
    given = settings.model_dump() | {"llm": f"openai:{MODEL}", "llm_url": endpoint.url}
    app = create_app(Settings(**given), encoder=lambda: encoder)
    async with running(app) as client:
        await wait_until_ready(client)
        await _ask_and_hang_up(app, endpoint)

    assert await asyncio.to_thread(endpoint.hung_up.wait, 30)


async def _ask_and_hang_up(app: Any, endpoint: Endpoint) -> None:
    """Send a question and, once the model has been asked, be gone."""
    body = json.dumps({"question": QUESTION["en"]}).encode()
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        assert await asyncio.to_thread(endpoint.asked.wait, 30)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        raise AssertionError(f"nobody is there for {message}")

    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/query", "raw_path": b"/v1/query", "query_string": b"", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("kb", 80),
    }  # fmt: skip
    await app(scope, receive, send)


@each_lang
@pytest.mark.parametrize("usage", [(-5, 30), (120, -1), (10**30, 30)])
async def test_counts_that_cannot_be_are_estimated(
    client: httpx.AsyncClient, endpoint: Endpoint, usage: tuple[int, int], lang: str
):
    endpoint.says(lambda call: Reply(sentences((GOOD[lang], call.ids)), usage=usage))
    used = (await ask(client, lang))["usage"]

    assert 200 < used["input_tokens"] < 20_000
    assert 10 < used["output_tokens"] < 1_000


@pytest.mark.parametrize(
    "error",
    [
        {"message": "no", "code": "model_not_found"},
        {"message": "response_format leaves no room", "code": "context_length_exceeded"},
        {"message": "This model's maximum context length is 4096 tokens."},
        {"message": "입력이 너무 깁니다", "code": None},
        {},
    ],
)
async def test_a_request_that_cannot_succeed_is_not_repeated(
    client: httpx.AsyncClient, endpoint: Endpoint, error: dict[str, Any]
):
    endpoint.says(Reply(status=400, problem={"error": error}))

    assert (await ask(client, "en"))["fallback"] == "error"
    assert len(endpoint.calls) == 1
