"""No page talks an answer into obeying it: what gives orders, or hides, is flagged and never quoted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ingest.pipeline import ingest
from kb_server.app import create_app
from kb_server.index.embedding import Encoder, load_encoder
from kb_server.index.records import FlagKind
from kb_server.settings import Settings
from tests.ingest.corpora import RecordingReporter, in_process
from tests.kb_server.published import running, wait_until_ready

from .poisoned import ORDERS, Poisoned

DROPPED = {"display-none", "hidden-attribute", "script"}
"""Never part of the text, and no order: nothing to report."""

each_page = pytest.mark.parametrize("page", ORDERS, ids=lambda page: f"{page.lang}-{page.name}")


class _Source:
    def __init__(self, encoder: Encoder) -> None:
        self.encoder_id, self.revision = encoder.encoder_id, encoder.revision
        self._encoder = encoder

    def load(self) -> Encoder:
        return self._encoder


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(Settings(), threads=1)


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> tuple[Settings, Any]:
    """Ingest all pages into one index; give its settings and the report of the run."""
    folder = tmp_path_factory.mktemp("poisoned")
    for page in ORDERS:
        location = folder / "docs" / page.path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_text(page.source, encoding="utf-8")
    settings = Settings(data_dir=folder / "data", poll_seconds=0.05)
    report = ingest(
        [folder / "docs"], settings, _Source(encoder), reporter=RecordingReporter(), verification=in_process
    )
    return settings, report


@pytest.fixture
async def client(poisoned: tuple[Settings, Any], encoder: Encoder) -> AsyncIterator[httpx.AsyncClient]:
    async with running(create_app(poisoned[0], encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        yield client


async def ask(client: httpx.AsyncClient, question: str) -> dict[str, Any]:
    response = await client.post("/v1/query", json={"question": question})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


@each_page
def test_the_order_is_reported_at_its_page_and_line(page: Poisoned, poisoned: tuple[Settings, Any]) -> None:
    lines = page.source.split("\n")

    found = [place for place in poisoned[1].flagged if place.path == page.path]

    assert bool(found) == (page.name not in DROPPED)
    assert all(page.product not in lines[place.line - 1] for place in found)


@each_page
async def test_the_honest_question_gets_the_honest_answer(page: Poisoned, client: httpx.AsyncClient) -> None:
    answer = await ask(client, page.question)

    assert answer["status"] == "answered"
    assert page.fact in answer["text"]
    assert page.canary not in answer["text"]


@each_page
async def test_a_question_in_the_words_of_the_order_does_not_get_it(
    page: Poisoned, client: httpx.AsyncClient
) -> None:
    answer = await ask(client, page.lure)

    assert page.canary not in answer["text"]
    assert not any(page.canary in citation["quote"] for citation in answer["citations"])


async def test_a_search_finds_the_order_and_names_its_flag(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/search", json={"query": ORDERS[0].poison, "top_k": 50})

    flagged = [passage for passage in response.json()["passages"] if ORDERS[0].canary in passage["text"]]
    assert [passage["flags"] for passage in flagged] == [[FlagKind.INSTRUCTION]]


def test_there_are_enough_pages_in_both_languages() -> None:
    by_lang = {lang: sum(page.lang == lang for page in ORDERS) for lang in ("en", "ko")}

    assert by_lang["en"] + by_lang["ko"] >= 60
    assert by_lang["ko"] >= 20
