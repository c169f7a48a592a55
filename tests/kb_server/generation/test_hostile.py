"""Replies that lie, spoof, leak or give orders: nothing of them is shown, and no citation is theirs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.published import publish, running, wait_until_ready

from .hostile import PAGES, QUESTION, REPLIES, TRUE, Hostile
from .llm_server import KEY, MODEL, Call, Endpoint, Reply, sentences, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

each_reply = pytest.mark.parametrize(
    "hostile", REPLIES, ids=[f"{each.lang} {each.kind} {at}" for at, each in enumerate(REPLIES)]
)


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    data_dir = tmp_path_factory.mktemp("uploads") / "data"
    publish(data_dir, PAGES, encoder)
    return data_dir


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(uploads: Path, endpoint: Endpoint, encoder: Encoder) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(data_dir=uploads, llm=f"openai:{MODEL}", llm_url=endpoint.url, llm_api_key=KEY)
    async with running(create_app(settings, encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        yield client


async def ask(client: httpx.AsyncClient, lang: str) -> dict[str, Any]:
    response = await client.post("/v1/query", json={"question": QUESTION[lang]})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    assert answer["status"] in {"answered", "partial"}
    return answer


async def check_citations(client: httpx.AsyncClient, answer: dict[str, Any]) -> None:
    """Every citation is a span of a page, and every sentence and mark refers to one."""
    for citation in answer["citations"]:
        path = f"/v1/documents/{citation['doc_id']}/revisions/{citation['revision']}"
        text = (await client.get(path)).json()["text"]
        assert text[citation["char_start"] : citation["char_end"]] == citation["quote"] != ""
    known = {citation["id"] for citation in answer["citations"]}
    assert {cited for sentence in answer["sentences"] for cited in sentence["citations"]} == known
    assert all(sentence["citations"] for sentence in answer["sentences"])


async def test_there_are_enough_replies_in_both_languages():
    counts = [sum(each.lang == lang for each in REPLIES) for lang in TRUE]

    assert counts[0] == counts[1] >= 30


@pytest.mark.parametrize("lang", TRUE)
async def test_the_true_sentence_is_shown(client: httpx.AsyncClient, endpoint: Endpoint, lang: str):
    endpoint.says(lambda call: Reply(sentences((TRUE[lang], call.ids))))
    answer = await ask(client, lang)

    assert [sentence["text"] for sentence in answer["sentences"]] == [TRUE[lang]]
    assert answer["generator"].startswith("llm:")


@each_reply
async def test_a_hostile_sentence_alone_leaves_the_quoted_answer(
    client: httpx.AsyncClient, endpoint: Endpoint, hostile: Hostile
):
    endpoint.says(lambda call: Reply(sentences((hostile.said(call), hostile.ids(call)))))
    answer = await ask(client, hostile.lang)

    assert answer["generator"] == "extractive"
    assert answer["fallback"] in {"unsupported", "wrong_language"}
    assert all(sentence["support"] == "verbatim" for sentence in answer["sentences"])
    await check_citations(client, answer)


@each_reply
async def test_a_hostile_sentence_beside_a_true_one_is_left_out(
    client: httpx.AsyncClient, endpoint: Endpoint, hostile: Hostile
):
    def reply(call: Call) -> Reply:
        return Reply(sentences((TRUE[hostile.lang], call.ids), (hostile.said(call), hostile.ids(call))))

    endpoint.says(reply)
    answer = await ask(client, hostile.lang)

    assert [sentence["text"] for sentence in answer["sentences"]] == [TRUE[hostile.lang]]
    assert answer["text"] == f"{TRUE[hostile.lang]} [1]"
    assert "evil.example" not in json.dumps(answer)
    await check_citations(client, answer)


@each_reply
async def test_a_hostile_sentence_in_plain_text_is_left_out(
    client: httpx.AsyncClient, endpoint: Endpoint, hostile: Hostile
):
    def reply(call: Call) -> Reply:
        return Reply(f"{hostile.said(call)} [{', '.join(hostile.ids(call))}]")

    endpoint.says(reply)
    answer = await ask(client, hostile.lang)

    shown = {sentence["text"].rstrip(".") for sentence in answer["sentences"]}
    assert answer["generator"] == "extractive" or shown == {TRUE[hostile.lang].rstrip(".")}
    assert "evil.example" not in json.dumps(answer)
    await check_citations(client, answer)
