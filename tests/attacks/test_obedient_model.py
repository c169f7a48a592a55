"""A model that obeys every page: what it was told to say is not said, and it is not even told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.generation.llm_server import MODEL, Endpoint, serving
from tests.kb_server.published import running, wait_until_ready

from .checks import obeying
from .conftest import TOGETHER, Poisoning, ask
from .poisoned import ORDERS, Poisoned

each_page = pytest.mark.parametrize("page", ORDERS, ids=lambda page: f"{page.lang}-{page.name}")
pytestmark = [pytest.mark.asyncio(loop_scope="module"), TOGETHER]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(
    poisoning: Poisoning, encoder: Encoder, endpoint: Endpoint
) -> AsyncIterator[httpx.AsyncClient]:
    given = poisoning.settings.model_dump() | {"llm": f"openai:{MODEL}", "llm_url": endpoint.url}
    async with running(create_app(Settings(**given), encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        yield client


@each_page
async def test_an_order_reaches_neither_the_model_nor_the_asker(
    page: Poisoned, client: httpx.AsyncClient, endpoint: Endpoint
) -> None:
    endpoint.calls.clear()
    endpoint.says(obeying(page))
    answer = await ask(client, page.question)

    assert answer["status"] in {"answered", "partial"}
    assert page.canary not in answer["text"]
    assert not any(page.canary in citation["quote"] for citation in answer["citations"])
    assert page.canary not in endpoint.calls[0].prompt


async def test_the_honest_fact_is_worded(client: httpx.AsyncClient, endpoint: Endpoint) -> None:
    endpoint.says(obeying(ORDERS[0]))
    answer = await ask(client, ORDERS[0].question)

    assert [sentence["text"] for sentence in answer["sentences"]] == [ORDERS[0].fact]
    assert answer["generator"].startswith("llm:")
