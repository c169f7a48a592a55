"""The application over each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from kb_server.index.embedding import Encoder
from kb_server.settings import Settings

from .callers import application


@pytest.fixture
def settings(shared_index: Path, database_url: str) -> Settings:
    return Settings(data_dir=shared_index, poll_seconds=0.05, database_url=database_url)


@pytest.fixture
async def client(settings: Settings, encoder: Encoder) -> AsyncIterator[httpx.AsyncClient]:
    async with application(settings, encoder) as client:
        yield client
