"""A server without keys, as web pages of other sites see it through the browser of its own user."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb_server.app import create_app
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings
from tests.kb_server.access.making import bearer, key_of
from tests.kb_server.published import running, wait_until_ready

FOREIGN = (
    "evil.example",
    "evil.example:8000",
    "127.0.0.1.evil.example",
    "localhost.evil.example:80",
    "evil.",
    "3405803783",
    "[",
    "",
)
OWN = ("localhost", "localhost:8000", "127.0.0.1:8000", "127.0.0.2", "[::1]:8000", "kb:8000", "kb-server")
CALLS = (
    ("POST", "/v1/query", {"question": "Hello!"}),
    ("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "Hello!"}]}),
    ("GET", "/v1/documents", None),
    ("GET", "/v1/conversations", None),
    ("GET", "/v1/feedback", None),
    ("GET", "/metrics", None),
    ("GET", "/v1/customers/export?customer_id=kim", None),
    ("DELETE", "/v1/customers?customer_id=kim", None),
)


@pytest.mark.parametrize("host", FOREIGN)
async def test_a_page_that_gave_its_own_name_this_address_reads_and_deletes_nothing(
    hashed_index: Path, host: str
) -> None:
    async with running(create_app(Settings(data_dir=hashed_index), encoder=HashEncoder)) as client:
        await wait_until_ready(client)
        for method, path, body in CALLS:
            refused = await client.request(method, path, json=body, headers={"Host": host})

            assert refused.status_code == 403, (method, path)
            assert "untrusted_origin" in refused.text
        assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", OWN)
async def test_whoever_sits_at_the_machine_reaches_it(hashed_index: Path, host: str) -> None:
    async with running(create_app(Settings(data_dir=hashed_index), encoder=HashEncoder)) as client:
        await wait_until_ready(client)
        for method, path, body in CALLS:
            response = await client.request(method, path, json=body, headers={"Host": host})

            assert response.status_code == 200, (method, path, response.text)


@pytest.mark.parametrize(
    "more", [{"allow_open_network": True}, {"cors_origins": ("https://docs.example.com",)}]
)
async def test_other_names_are_taken_where_the_operator_says_so(
    hashed_index: Path, more: dict[str, object]
) -> None:
    settings = Settings(data_dir=hashed_index).model_copy(update=more)
    async with running(create_app(settings, encoder=HashEncoder)) as client:
        await wait_until_ready(client)
        response = await client.get("/v1/documents", headers={"Host": "docs.example.com"})

    assert response.status_code == 200


async def test_with_a_key_the_name_does_not_matter(hashed_index: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=hashed_index, database_url=f"sqlite:///{tmp_path / 'app.sqlite'}")
    key = key_of(settings)
    async with running(create_app(settings, encoder=HashEncoder)) as client:
        await wait_until_ready(client)
        response = await client.get("/v1/documents", headers=bearer(key) | {"Host": "docs.example.com"})

    assert response.status_code == 200
