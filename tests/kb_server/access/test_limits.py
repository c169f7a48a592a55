"""How often one may ask, and who counts as one."""

from __future__ import annotations

import select
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from starlette.datastructures import Headers

from kb_server.access.credentials import client_address
from kb_server.app import create_app
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings
from tests.kb_server.published import running, wait_until_ready
from tests.kb_server.served import served

from .making import QUESTION, bearer, key_of


@asynccontextmanager
async def serving(settings: Settings, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    configured = Settings(**(settings.model_dump() | changes))
    async with running(create_app(configured, encoder=HashEncoder)) as client:
        await wait_until_ready(client)
        yield client


async def test_each_key_has_a_limit_of_its_own(settings: Settings) -> None:
    one, other = key_of(settings), key_of(settings)
    larger = key_of(settings, rate_limit="5/hour")
    async with serving(settings, rate_limit="3/hour") as client:
        told = [await client.get("/v1/documents", headers=bearer(one)) for _ in range(5)]

        assert [response.status_code for response in told] == [200, 200, 200, 429, 429]
        assert [response.headers["ratelimit-remaining"] for response in told[:3]] == ["2", "1", "0"]
        assert told[0].headers["ratelimit-limit"] == "3"
        refused = told[3]
        assert refused.json()["code"] == "rate_limited"
        assert 1 <= int(refused.headers["retry-after"]) <= 3600
        for _ in range(3):
            assert (await client.get("/v1/documents", headers=bearer(other))).status_code == 200
        for _ in range(5):
            assert (await client.get("/v1/documents", headers={"X-API-Key": larger})).status_code == 200
        assert (await client.get("/v1/documents", headers={"X-API-Key": larger})).status_code == 429
        assert (await client.get("/v1/documents", headers={"X-API-Key": one})).status_code == 429


async def test_guesses_are_counted_by_address(settings: Settings) -> None:
    key = key_of(settings)
    proxies = "127.0.0.1"
    async with serving(settings, ip_rate_limit="4/hour", trusted_proxies=proxies) as client:
        tried = [await client.post("/v1/query", json=QUESTION, headers=bearer("guess")) for _ in range(6)]

        assert [response.status_code for response in tried] == [401] * 4 + [429] * 2
        elsewhere = {"X-Forwarded-For": "203.0.113.9"}
        assert (await client.post("/v1/query", json=QUESTION, headers=elsewhere)).status_code == 401
        assert (await client.post("/v1/query", json=QUESTION, headers=bearer(key))).status_code == 200
        assert (await client.get("/healthz")).status_code == 200


async def test_a_server_without_keys_counts_nothing(settings: Settings) -> None:
    async with serving(settings, rate_limit="1/hour", ip_rate_limit="1/hour") as client:
        for _ in range(5):
            response = await client.get("/v1/documents")
            assert response.status_code == 200
            assert "ratelimit-limit" not in response.headers


async def test_tokens_and_visitors_are_counted_too(settings: Settings) -> None:
    site = key_of(settings, widget=True, origins=("https://shop.example",))
    page = {"Origin": "https://shop.example"}
    async with serving(settings, person_rate_limit="2/hour", ip_rate_limit="6/hour") as client:

        async def token() -> httpx.Response:
            return await client.post("/v1/widget/tokens", json={"site_id": site}, headers=page)

        first, second = [(await token()).json()["token"] for _ in range(2)]
        statuses = [
            (await client.get("/v1/documents", headers=bearer(given) | page)).status_code
            for given in (first, first, first, second, second)
        ]

        assert statuses == [200, 200, 429, 200, 200]
        assert (await token()).status_code == 429


@pytest.mark.parametrize("path", ["/v1/widget/tokens", "/chat", "/openapi.json"])
def test_slow_bodies_of_one_address_leave_room_for_who_has_a_key(settings: Settings, path: str) -> None:
    key = key_of(settings)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n".encode()
    small = settings.model_copy(update={"max_concurrency": 12})  # 24 bodies at once
    with served(create_app(small, encoder=HashEncoder), settings=small) as url, ExitStack() as slow:
        where = httpx.URL(url)
        senders = [slow.enter_context(socket.create_connection((where.host, where.port))) for _ in range(20)]
        for sender in senders:
            sender.sendall(head)
        refused: list[socket.socket] = []
        while len(refused) < 4:
            refused, _, _ = select.select(senders, [], [], 30)
        told = [sender.recv(64) for sender in refused]
        asked = [httpx.get(f"{url}/v1/documents", headers=bearer(key), timeout=30) for _ in range(3)]

    assert [line.startswith(b"HTTP/1.1 503") for line in told] == [True] * 4
    assert [response.status_code for response in asked] == [200] * 3


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "address"),
    [
        ("198.51.100.7", "203.0.113.9", (), "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3", ("10.0.0.0/8",), "10.0.0.3"),
        ("10.0.0.1", "", ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "[2001:db8:1:2::5]:4711", ("10.0.0.0/8",), "2001:db8:1:2::/64"),
        ("10.0.0.1", "nonsense", ("10.0.0.0/8",), "unknown"),
        ("2001:db8:1:2:3:4:5:6", "", (), "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "", (), "203.0.113.9"),
    ],
)
def test_the_address_is_the_nearest_one_that_is_no_trusted_proxys(
    peer: str, forwarded: str, trusted: tuple[str, ...], address: str
) -> None:
    networks = Settings(trusted_proxies=trusted).proxy_networks()
    headers = Headers({"X-Forwarded-For": forwarded} if forwarded else {})

    assert client_address({"client": (peer, 1)}, headers, networks) == address


@pytest.mark.parametrize(
    "given",
    [
        {"rate_limit": "many"},
        {"person_rate_limit": "0/minute"},
        {"ip_rate_limit": "5/fortnight"},
        {"trusted_proxies": "10.0.0.0/8,everyone"},
        {"cors_origins": "*"},
        {"cors_origins": "https://*.example"},
        {"cors_origins": "shop.example"},
    ],
)
def test_a_setting_that_means_nothing_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=next(iter(given))):
        Settings(**given)
