"""A small published index in English and Korean, and the application over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from kb_server.app import create_app
from kb_server.index.embedding import Encoder, load_encoder
from kb_server.settings import Settings

from .postgres import PostgresServer, postgres_server
from .published import PAGES, publish, running, wait_until_ready
from .served import served


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """Load the shipped encoder once: the confidence of answers is fitted on its cosines."""
    return load_encoder(Settings(), threads=1)


@pytest.fixture(scope="session")
def shared_index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """Publish the pages once; tests only read them."""
    data_dir = tmp_path_factory.mktemp("shared") / "data"
    publish(data_dir, PAGES, encoder)
    return data_dir


@pytest.fixture(scope="session")
def hashed_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish the pages once with the encoder that needs no weights."""
    data_dir = tmp_path_factory.mktemp("hashed") / "data"
    publish(data_dir, PAGES)
    return data_dir


@pytest.fixture(scope="session")
def served_url(shared_index: Path, encoder: Encoder) -> Iterator[str]:
    """Serve the pages over a socket, for clients that open connections of their own."""
    settings = Settings(data_dir=shared_index, poll_seconds=0.05)
    with served(create_app(settings, encoder=lambda: encoder)) as url:
        yield url


@pytest.fixture
def settings(shared_index: Path) -> Settings:
    return Settings(data_dir=shared_index, poll_seconds=0.05)


@pytest.fixture
async def client(settings: Settings, encoder: Encoder) -> AsyncIterator[httpx.AsyncClient]:
    async with running(create_app(settings, encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        yield client


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start PostgreSQL once; each test takes a database of its own."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'app.sqlite'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()
