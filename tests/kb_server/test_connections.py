"""Connections of one address: how many it may have, directly and through a proxy that is trusted."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from kb_server.app import create_app
from kb_server.connections import AddressPlaces
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings

from .served import served

SECONDS = 20


@contextmanager
def server(data_dir: Path, **more: object) -> Iterator[str]:
    settings = Settings.model_validate({"data_dir": data_dir, "max_connections_per_address": 3, **more})
    with served(create_app(settings, encoder=HashEncoder), settings=settings) as url:
        yield url


def connect(url: str, opened: ExitStack, head: str = "") -> socket.socket:
    """Open a connection, and begin a request on it whose body never comes."""
    parts = urlsplit(url)
    made = opened.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=SECONDS))
    if head:
        lines = f"POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n{head}\r\n\r\n"
        made.sendall(lines.encode())
    return made


def status_of(url: str, **headers: str) -> int:
    return httpx.get(f"{url}/v1/models", headers=headers, timeout=SECONDS).status_code


def wait_for(url: str, status: int, **headers: str) -> None:
    """The server learns a moment later who has come and gone."""
    until = time.monotonic() + SECONDS
    while status_of(url, **headers) != status:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_one_connection_too_many_is_told_so_and_a_place_comes_back(hashed_index: Path) -> None:
    with server(hashed_index) as url, ExitStack() as opened:
        idle = [connect(url, opened) for _ in range(3)]
        refused = connect(url, opened).makefile("rb").read().decode()
        idle[0].close()

        assert refused.startswith("HTTP/1.1 503 Service Unavailable\r\n")
        assert "\r\nretry-after: 1\r\n" in refused
        assert "KB_MAX_CONNECTIONS_PER_ADDRESS" in refused
        wait_for(url, 200)


def test_behind_a_trusted_proxy_the_requests_of_each_address_count(hashed_index: Path) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.7"}
    with server(hashed_index, trusted_proxies="127.0.0.1") as url, ExitStack() as opened:
        for _ in range(6):
            connect(url, opened)
        for _ in range(3):
            connect(url, opened, "X-Forwarded-For: 203.0.113.7")
        wait_for(url, 503, **forwarded)
        assert status_of(url, **{"X-Forwarded-For": "203.0.113.8"}) == 200
        assert status_of(url) == 200
        opened.close()

        with httpx.Client(base_url=url, headers=forwarded, timeout=SECONDS) as client:
            wait_for(url, 200, **forwarded)
            # A kept connection counts once for each request, not for all that it has carried.
            assert [client.get("/v1/models").status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("203.0.113.7", 1), "203.0.113.7"),
        (("2001:db8::7", 1), "2001:db8::/64"),
        (("::ffff:203.0.113.7", 1), "203.0.113.7"),
        (("10.0.0.1", 1), None),
        (None, None),
    ],
)
def test_an_address_counts_as_the_rate_limits_count_it(
    client: tuple[str, int] | None, address: str | None
) -> None:
    places = AddressPlaces(1, Settings(trusted_proxies=("10.0.0.0/8",)).proxy_networks())

    assert places.of_connection(client) == address
