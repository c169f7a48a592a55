"""A small published index in English and Korean, and the application over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from kb_server.index.testing import HashEncoder

from kb_server.app import create_app
from kb_server.settings import Settings

from .published import PAGES, publish, running, wait_until_ready


@pytest.fixture(scope="session")
def shared_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish the pages once; tests only read them."""
    data_dir = tmp_path_factory.mktemp("shared") / "data"
    publish(data_dir, PAGES)
    return data_dir


@pytest.fixture
def settings(shared_index: Path) -> Settings:
    return Settings(data_dir=shared_index, poll_seconds=0.05)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with running(create_app(settings, encoder=HashEncoder)) as client:
        await wait_until_ready(client)
        yield client
