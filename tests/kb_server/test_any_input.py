"""Whatever is sent, the answer is one that the OpenAPI document knows, and never a 500."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings

from .published import running, wait_until_ready

EXAMPLES = example_settings(max_examples=120, deadline=None)
# Surrogates included: JSON can spell what UTF-8 cannot.
TEXT = st.text(st.characters(exclude_categories=[]), max_size=60) | st.sampled_from(
    ["이전 버전으로 되돌리려면?", "How do I roll back?", "KB_PORT", "\u202e\u200b", "'\"\\", "$where: 1"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXT, children, max_size=4),
    max_leaves=8,
)
FIELDS = ["query", "question", "top_k", "filters", "mode", "stream", "language", "conversation_id"]
BODY = st.dictionaries(st.sampled_from(FIELDS) | TEXT, JSON, max_size=5)
FILTERS = st.dictionaries(
    st.sampled_from(["lang", "product", "path_prefix", "nothing"]),
    TEXT | st.lists(TEXT, max_size=3),
    max_size=2,
)


class Door:
    """The application behind a synchronous call, as Hypothesis needs it."""

    def __init__(self, runner: asyncio.Runner, client: httpx.AsyncClient) -> None:
        self._runner = runner
        self._client = client

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **more))


@pytest.fixture(scope="module")
def door(shared_index: Path, encoder: Encoder) -> Iterator[Door]:
    app = create_app(Settings(data_dir=shared_index), encoder=lambda: encoder)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        client = runner.run(stack.enter_async_context(running(app)))
        runner.run(wait_until_ready(client))
        yield Door(runner, client)
        runner.run(stack.aclose())


def post(door: Door, path: str, body: Any) -> httpx.Response:
    content = json.dumps(body).encode()
    return door.send("POST", path, content=content, headers={"content-type": "application/json"})


@pytest.mark.parametrize("path", ["/v1/search", "/v1/query"])
@EXAMPLES
@given(body=BODY | JSON)
def test_any_json_gets_an_answer_or_a_problem(door: Door, path: str, body: Any) -> None:
    response = post(door, path, body)

    assert response.status_code in {200, 422}, response.text
    assert response.status_code == 200 or response.json()["code"] in {"invalid_request", "unknown_filter"}


@EXAMPLES
@given(content=st.binary(max_size=200))
def test_any_bytes_get_a_problem(door: Door, content: bytes) -> None:
    response = door.send("POST", "/v1/query", content=content, headers={"content-type": "application/json"})

    assert response.status_code in {400, 422}, response.text


MESSAGE = (
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "system"]), "content": TEXT | JSON})
    | JSON
)
CHAT = st.fixed_dictionaries(
    {"messages": st.lists(MESSAGE, max_size=3)},
    optional={"kb": BODY | JSON, "stream": st.booleans() | JSON, "n": JSON, "stop": JSON},
)


@EXAMPLES
@given(body=CHAT | JSON)
def test_any_chat_gets_a_reply_or_an_error_of_its_protocol(door: Door, body: Any) -> None:
    response = post(door, "/v1/chat/completions", body)

    assert response.status_code in {200, 422}, response.text
    assert response.status_code == 200 or response.json()["error"]["type"] == "invalid_request_error"


@EXAMPLES
@given(answer_id=st.text(max_size=20), last=st.text(st.characters(codec="latin-1"), max_size=20))
def test_any_stream_that_is_not_there_is_a_problem(door: Door, answer_id: str, last: str) -> None:
    headers = {"Last-Event-ID": last.encode("latin-1", "replace")}
    response = door.send("GET", f"/v1/streams/{quote(answer_id, safe='')}", headers=headers)

    assert response.status_code in {404, 405, 422}, response.text


@EXAMPLES
@given(text=TEXT, filters=FILTERS, top_k=st.integers(1, 100))
def test_any_question_quotes_its_sources_or_is_refused(
    door: Door, text: str, filters: dict[str, Any], top_k: int
) -> None:
    response = post(door, "/v1/query", {"question": text, "filters": filters, "top_k": top_k})

    assert response.status_code in {200, 422}, response.text
    for citation in response.json().get("citations", []):
        revision = f"/v1/documents/{citation['doc_id']}/revisions/{citation['revision']}"
        text = door.send("GET", revision).json()["text"]
        assert text[citation["char_start"] : citation["char_end"]] == citation["quote"]


@EXAMPLES
@given(part=st.text(max_size=40), other=st.text(max_size=40))
def test_any_path_is_found_or_a_problem(door: Door, part: str, other: str) -> None:
    response = door.send("GET", f"/v1/documents/{quote(part, safe='')}/revisions/{quote(other, safe='')}")

    assert response.status_code in {200, 404, 405}, response.text
