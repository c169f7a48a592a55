"""A key that is revoked, or a token that runs out, while an answer is on its way: cut off on every path.

A model that never answers keeps each of them open for as long as the limits allow, which is far longer than
the tests wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Any

import httpx
import jwt
import openai
import pytest

from kb_server.access import repository
from kb_server.access.keys import id_in, now
from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from kb_server.store.once import at_once
from tests.kb_server.access.making import bearer, key_of
from tests.kb_server.event_stream import parse
from tests.kb_server.served import served

from .llm_server import KEY, MODEL, Endpoint, Reply, serving
from .test_answers import QUESTION, each_lang
from .test_streams import next_event

WAIT_SECONDS = 20
SECRET = "a secret of the login, long enough"
SHOP = "https://shop.example"
FIRST = {"Origin": SHOP}


@dataclass(frozen=True)
class Place:
    """A server whose answers wait for a model that does not answer."""

    url: str
    settings: Settings
    endpoint: Endpoint

    def revoke(self, key: str) -> None:
        key_id = id_in(key) or key
        assert at_once(self.settings, lambda connection: repository.revoke(connection, key_id, now()))


@pytest.fixture(scope="module")
def started(
    shared_index: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    database = tmp_path_factory.mktemp("revoked") / "app.sqlite"
    with serving() as endpoint:
        settings = Settings(
            data_dir=shared_index,
            database_url=f"sqlite:///{database}",
            llm=f"openai:{MODEL}",
            llm_url=endpoint.url,
            llm_api_key=KEY,
            jwt_secret=SECRET,
        )
        endpoint.says(Reply("x", wait_for=Flag()))
        with served(create_app(settings, encoder=lambda: encoder), settings=settings) as url:
            yield Place(url, settings, endpoint)


@pytest.fixture
def place(started: Place) -> Place:
    started.endpoint.asked.clear()
    started.endpoint.hung_up.clear()
    return started


def token_of(place: Place, site: str) -> str:
    given = httpx.post(f"{place.url}/v1/widget/tokens", json={"site_id": site}, headers=FIRST)
    return str(given.json()["token"])


def cut_off(place: Place, headers: dict[str, str], end: Callable[[], None], lang: str = "en") -> list[Any]:
    """Open a stream, have its right ended, and give all events."""
    asked = {"question": QUESTION[lang], "stream": True}
    url = f"{place.url}/v1/query"
    with httpx.stream("POST", url, json=asked, headers=headers, timeout=WAIT_SECONDS) as response:
        lines = response.iter_lines()
        first = next_event(lines)
        assert place.endpoint.asked.wait(WAIT_SECONDS)
        end()
        return [first, *parse("\n".join(lines))]


def check(place: Place, events: list[Any]) -> None:
    assert [event.name for event in events] == ["passages", "error"]
    assert (events[-1].data["code"], events[-1].data["status"]) == ("unauthorized", 401)
    assert events[-1].id == events[0].id  # who comes back with another token goes on from there
    assert place.endpoint.hung_up.wait(WAIT_SECONDS)


@each_lang
def test_a_stream_whose_key_is_revoked_ends_with_an_error(place: Place, lang: str) -> None:
    key = key_of(place.settings)

    check(place, cut_off(place, bearer(key), lambda: place.revoke(key), lang))


@pytest.mark.parametrize("how", ["site", "secret"])
def test_a_widgets_stream_ends_with_its_site_or_its_secret(place: Place, how: str) -> None:
    site = key_of(place.settings, widget=True, origins=(SHOP,))
    headers = bearer(token_of(place, site)) | FIRST

    def forget() -> None:
        at_once(place.settings, lambda connection: repository.rotate(connection, now(), force=True))

    check(place, cut_off(place, headers, forget if how == "secret" else lambda: place.revoke(site)))


def test_a_stream_ends_when_a_token_runs_out_and_goes_on_with_the_next(place: Place) -> None:
    # Tokens are accepted half a minute longer than they say, for clocks that differ.
    claims = {"sub": "customer-17", "aud": "kb-server", "exp": time.time() - 25}
    headers = bearer(jwt.encode(claims, SECRET, "HS256"))
    later = bearer(jwt.encode(claims | {"exp": time.time() + 300}, SECRET, "HS256"))
    asked = {"question": QUESTION["en"], "stream": True}
    with (
        httpx.Client(base_url=place.url, timeout=WAIT_SECONDS) as client,
        client.stream("POST", "/v1/query", json=asked, headers=headers) as response,
    ):
        lines = response.iter_lines()
        first = next_event(lines)
        path = f"/v1/streams/{first.id.rpartition('.')[0]}"
        with client.stream("GET", path, headers=later | {"Last-Event-ID": first.id}) as resumed:
            assert next_event(lines).data["code"] == "unauthorized"
            assert list(lines) == []
            assert resumed.status_code == 200
            assert not place.endpoint.hung_up.is_set()


def test_a_plain_answer_whose_key_is_revoked_is_refused(place: Place) -> None:
    key = key_of(place.settings)
    with ThreadPoolExecutor(1) as pool:
        url, asked = f"{place.url}/v1/query", {"question": QUESTION["en"]}
        waiting = pool.submit(httpx.post, url, json=asked, headers=bearer(key), timeout=WAIT_SECONDS)
        assert place.endpoint.asked.wait(WAIT_SECONDS)
        place.revoke(key)
        refused = waiting.result(WAIT_SECONDS)

    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    assert refused.headers["www-authenticate"] == 'Bearer realm="kb-server", error="invalid_token"'
    assert place.endpoint.hung_up.wait(WAIT_SECONDS)


def test_the_openai_client_is_told_when_its_key_is_revoked(place: Place) -> None:
    key = key_of(place.settings)
    asked: Any = [{"role": "user", "content": QUESTION["ko"]}]
    with openai.OpenAI(base_url=f"{place.url}/v1", api_key=key, max_retries=0) as client:
        chunks = client.chat.completions.create(model="kb-server", messages=asked, stream=True)
        next(chunks)
        assert place.endpoint.asked.wait(WAIT_SECONDS)
        place.revoke(key)
        with pytest.raises(openai.APIError, match="revoked") as told:
            list(chunks)

    assert told.value.code == "unauthorized"
    assert place.endpoint.hung_up.wait(WAIT_SECONDS)


def test_a_tool_call_whose_key_is_revoked_is_refused(place: Place) -> None:
    key = key_of(place.settings)
    call = {"name": "ask_docs", "arguments": {"question": QUESTION["en"]}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    headers = bearer(key) | {"Accept": "application/json, text/event-stream"}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(
            httpx.post, f"{place.url}/mcp", json=body, headers=headers, timeout=WAIT_SECONDS
        )
        assert place.endpoint.asked.wait(WAIT_SECONDS)
        place.revoke(key)
        refused = waiting.result(WAIT_SECONDS)

    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    assert place.endpoint.hung_up.wait(WAIT_SECONDS)


def test_another_key_goes_on(place: Place) -> None:
    mine, other = key_of(place.settings), key_of(place.settings)
    asked = {"question": QUESTION["en"], "stream": True}
    url = f"{place.url}/v1/query"
    with httpx.stream("POST", url, json=asked, headers=bearer(mine), timeout=WAIT_SECONDS) as response:
        lines = response.iter_lines()
        first = next_event(lines)
        events = cut_off(place, bearer(other), lambda: place.revoke(other))

        assert events[-1].name == "error"
        assert first.name == "passages"
        place.revoke(mine)
        assert next_event(lines).data["code"] == "unauthorized"
