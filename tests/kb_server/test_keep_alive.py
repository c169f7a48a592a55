"""How long a connection may be idle, over real sockets."""

from __future__ import annotations

import select
import socket
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path

import httpx
import pytest

from kb_server.app import create_app
from kb_server.http_protocol import HeadLimits
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings

from .served import served


def exchange(connection: socket.socket) -> int:
    """Ask once on a connection that stays open, and give the status."""
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    response = HTTPResponse(connection)
    response.begin()
    response.read()
    return response.status


def test_an_idle_connection_stays_open_for_the_time_that_is_set(hashed_index: Path) -> None:
    with ExitStack() as stack:
        connections = []
        for seconds in (60.0, 0.2):
            settings = Settings(data_dir=hashed_index, keep_alive_seconds=seconds)
            url = httpx.URL(
                stack.enter_context(served(create_app(settings, encoder=HashEncoder), settings=settings))
            )
            where = (url.host, url.port)
            connections.append(stack.enter_context(socket.create_connection(where, timeout=30)))
        assert [exchange(connection) for connection in connections] == [200, 200]
        closed, _, _ = select.select(connections, [], [], 30)

        assert closed == connections[1:]
        assert connections[1].recv(1) == b""
        assert exchange(connections[0]) == 200


@pytest.mark.parametrize("proxies", [(), ("127.0.0.0/8",)])
def test_idle_connections_make_room_where_many_are_open(
    hashed_index: Path, monkeypatch: pytest.MonkeyPatch, proxies: tuple[str, ...]
) -> None:
    monkeypatch.setattr(HeadLimits, "crowded_seconds", 0.1)
    settings = Settings(  # 9 connections
        data_dir=hashed_index, max_concurrency=1, max_streams=1, trusted_proxies=proxies
    )
    app = create_app(settings, encoder=HashEncoder)
    with served(app, settings=settings) as url, ExitStack() as stack:
        where = (httpx.URL(url).host, httpx.URL(url).port)
        connections = [stack.enter_context(socket.create_connection(where, timeout=30)) for _ in range(6)]
        statuses = [exchange(connection) for connection in connections]
        closed, _, _ = select.select(connections, [], [], 1.0 if proxies else 30.0)

    assert statuses == [200] * 6
    assert bool(closed) == (not proxies)
