"""An application whose keys are real, over pages with access labels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from kb_server.app import create_app
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings
from tests.kb_server.published import publish, running, wait_until_ready

from .labelled import PAGES


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    publish(tmp_path, PAGES)
    return Settings(data_dir=tmp_path, encoder="hash", poll_seconds=0.05)


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    return create_app(settings, encoder=HashEncoder)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with running(app) as client:
        client.headers["Host"] = "localhost"
        await wait_until_ready(client)
        yield client
