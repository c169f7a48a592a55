"""The application as several people use it, on a database of each kind."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import Request

from kb_server.access.asking import caller_of
from kb_server.access.caller import Caller, Scope
from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.published import running, wait_until_ready

PORT = "Which port does the server listen on?"
ROLL_BACK = "How do I roll back to the earlier version?"
FOLLOW_UP = "And for the index?"
PORT_KO = "서버의 포트 기본값은 무엇인가요?"


def by(
    name: str, *, customer: str | None = None, audiences: list[str] | None = None, scopes: str = "query admin"
) -> dict[str, str]:
    """Give the header of a caller."""
    return {"X-Caller": json.dumps([name, customer, audiences, scopes.split()])}


def _caller(request: Request) -> Caller:
    name, customer, audiences, scopes = json.loads(request.headers.get("X-Caller", by("a")["X-Caller"]))
    seen = None if audiences is None else frozenset(audiences)
    return Caller(name, frozenset(map(Scope, scopes)), seen, customer)


@asynccontextmanager
async def application(settings: Settings, encoder: Encoder) -> AsyncIterator[httpx.AsyncClient]:
    """Serve; the header X-Caller says who asks."""
    app = create_app(settings, encoder=lambda: encoder)
    app.dependency_overrides[caller_of] = _caller
    async with running(app) as client:
        await wait_until_ready(client)
        yield client


async def ask(
    client: httpx.AsyncClient, question: str, headers: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    """Give the answer to ``question``."""
    response = await client.post("/v1/query", json={"question": question, **more}, headers=headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def get(
    client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None, **query: Any
) -> dict[str, Any]:
    """Give the body of a GET that succeeds."""
    response = await client.get(path, params=query, headers=headers)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def problem(
    client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
) -> tuple[int, str]:
    """Give status and code of a request that is refused."""
    response = await client.request(method, path, headers=headers, **more)
    return response.status_code, response.json()["code"]
