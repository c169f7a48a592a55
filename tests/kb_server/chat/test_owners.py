"""Streams and chats on a server with keys: whose they are, and how a refusal looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openai
import pytest

from kb_server.access.caller import Caller, Scope
from kb_server.answering.schemas import QueryRequest
from kb_server.app import create_app
from kb_server.chat.service import ChatService
from kb_server.errors import NotFoundError
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings
from tests.kb_server.access.making import bearer, key_of
from tests.kb_server.event_stream import parse
from tests.kb_server.published import running, wait_until_ready
from tests.kb_server.served import served

ASKED = {"question": "Hello!", "stream": True}


async def test_only_the_key_that_asked_may_read_a_stream_again(hashed_index: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=hashed_index, database_url=f"sqlite:///{tmp_path / 'app.sqlite'}")
    mine, other = (key_of(settings, scopes=(Scope.QUERY,)) for _ in range(2))
    async with running(create_app(settings, encoder=HashEncoder)) as client:
        await wait_until_ready(client)
        events = list(parse((await client.post("/v1/query", json=ASKED, headers=bearer(mine))).text))
        path = f"/v1/streams/{events[-1].data['id']}"
        again = await client.get(path, headers=bearer(mine))
        foreign = await client.get(path, headers=bearer(other))
        unknown = await client.get(path)

    assert list(parse(again.text)) == events
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    assert unknown.status_code == 401


async def test_a_caller_whose_labels_have_changed_may_not_read_a_stream_again(hashed_index: Path) -> None:
    app = create_app(Settings(data_dir=hashed_index), encoder=HashEncoder)
    staff = Caller("key:1", frozenset({Scope.QUERY}), frozenset({"staff"}))
    async with running(app) as client:
        await wait_until_ready(client)
        service: ChatService = app.state.chat
        reading = await service.stream(QueryRequest(question="Hello!"), staff, request_id="req_1")
        reading.close()
        service.resume(reading.stream.answer_id, staff, position=0).close()
        with pytest.raises(NotFoundError):
            service.resume(reading.stream.answer_id, replace(staff, audiences=frozenset[str]()), position=0)


def test_the_openai_client_shows_a_key_and_understands_a_refusal(hashed_index: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=hashed_index, database_url=f"sqlite:///{tmp_path / 'app.sqlite'}")
    key = key_of(settings, scopes=(Scope.QUERY,))
    with served(create_app(settings, encoder=HashEncoder), settings=settings) as url:
        with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
            models = client.models.list().data
            reply = client.chat.completions.create(
                model="kb-server", messages=[{"role": "user", "content": "안녕하세요!"}]
            )
        with (
            openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as stranger,
            pytest.raises(openai.AuthenticationError) as refused,
        ):
            stranger.models.list()

    assert [model.id for model in models] == ["kb-server"]
    assert reply.choices[0].message.content
    assert refused.value.type == "authentication_error"
    assert refused.value.code == "unauthorized"
