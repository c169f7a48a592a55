"""All poisoned pages in one index, and the application over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import pytest

from ingest.pipeline import IngestReport, ingest
from kb_server.app import create_app
from kb_server.index.embedding import Encoder, load_encoder
from kb_server.settings import Settings
from tests.ingest.corpora import RecordingReporter, in_process
from tests.kb_server.published import running, wait_until_ready

from .poisoned import ORDERS, SPOOFS

TOGETHER = pytest.mark.xdist_group("attacks")
"""Mark of every module here, so that the poisoned pages are ingested once."""


class Poisoning(NamedTuple):
    """Settings of the index, and what the ingest said."""

    settings: Settings
    report: IngestReport


class _Source:
    def __init__(self, encoder: Encoder) -> None:
        self.encoder_id, self.revision = encoder.encoder_id, encoder.revision
        self._encoder = encoder

    def load(self) -> Encoder:
        return self._encoder


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder(Settings(), threads=1)


@pytest.fixture(scope="session")
def poisoning(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Poisoning:
    """Ingest all pages into one index."""
    folder = tmp_path_factory.mktemp("poisoned")
    for page in (*ORDERS, *SPOOFS):
        location = folder / "docs" / page.path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_text(page.source, encoding="utf-8")
    settings = Settings(data_dir=folder / "data", poll_seconds=0.05)
    report = ingest(
        [folder / "docs"], settings, _Source(encoder), reporter=RecordingReporter(), verification=in_process
    )
    return Poisoning(settings, report)


@pytest.fixture
async def client(poisoning: Poisoning, encoder: Encoder) -> AsyncIterator[httpx.AsyncClient]:
    async with running(create_app(poisoning.settings, encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        yield client


async def ask(client: httpx.AsyncClient, question: str) -> dict[str, Any]:
    response = await client.post("/v1/query", json={"question": question})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer
