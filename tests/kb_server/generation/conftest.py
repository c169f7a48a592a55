"""The application over the small index, with a scripted model behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.published import running, wait_until_ready

from .llm_server import KEY, MODEL, Endpoint, serving

Starting = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def starting(endpoint: Endpoint, shared_index: Path, encoder: Encoder) -> Starting:
    """Give what starts an application that is set to the endpoint, with more settings."""

    @asynccontextmanager
    async def start(**more: Any) -> AsyncIterator[httpx.AsyncClient]:
        given = {"llm": f"openai:{MODEL}", "llm_url": endpoint.url, "llm_api_key": KEY}
        settings = Settings(data_dir=shared_index, **(given | more))
        async with running(create_app(settings, encoder=lambda: encoder)) as client:
            await wait_until_ready(client)
            yield client

    return start


@pytest.fixture
async def client(starting: Starting) -> AsyncIterator[httpx.AsyncClient]:
    async with starting() as client:
        yield client
