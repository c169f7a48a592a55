"""The event loop stays free, whatever the threads do; nothing wrong is ever sent."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from kb_server.answering import service
from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings

from .published import running, wait_until_ready

QUESTION = {"question": "How do I roll back to an earlier version?"}


class HeldEncoder(HashEncoder):
    """Waits in ``encode`` until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.began = threading.Event()
        self.let_go = threading.Event()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.began.set()
        assert self.let_go.wait(30)
        return super().encode(texts)


async def answered_while_blocked(
    client: httpx.AsyncClient, began: threading.Event, let_go: threading.Event
) -> list[httpx.Response]:
    asked = [asyncio.ensure_future(client.post("/v1/query", json=QUESTION)) for _ in range(4)]
    await asyncio.to_thread(began.wait, 30)
    probe = await client.get("/readyz")
    assert not any(task.done() for task in asked)
    let_go.set()
    return [probe, *await asyncio.gather(*asked)]


@pytest.fixture
def hashed(hashed_index: Path) -> Settings:
    """Serve an index of the encoder that these tests can hold."""
    return Settings(data_dir=hashed_index)


async def test_probe_is_answered_while_the_encoder_works(hashed: Settings) -> None:
    encoder = HeldEncoder()
    async with running(create_app(hashed, encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        responses = await answered_while_blocked(client, encoder.began, encoder.let_go)

    assert [response.status_code for response in responses] == [200] * 5


async def test_probe_is_answered_while_all_search_threads_are_busy(
    hashed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, let_go = threading.Event(), threading.Event()

    def held(compose: Callable[..., Any]) -> Callable[..., Any]:
        def wait_and_compose(*args: Any, **kwargs: Any) -> Any:
            began.set()
            assert let_go.wait(30)
            return compose(*args, **kwargs)

        return wait_and_compose

    monkeypatch.setattr(service, "compose", held(service.compose))
    async with running(create_app(hashed, encoder=HashEncoder)) as client:
        await wait_until_ready(client)
        responses = await answered_while_blocked(client, began, let_go)

    assert [response.status_code for response in responses] == [200] * 5


async def test_blas_uses_one_thread_while_the_server_runs(client: httpx.AsyncClient) -> None:
    await client.get("/healthz")

    assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}


def moved(citation: Any) -> Any:
    return dataclasses.replace(citation, char_start=citation.char_start + 1)


def reworded(citation: Any) -> Any:
    return dataclasses.replace(citation, quote=citation.quote[:-1] + "❌")


def of_another_revision(citation: Any) -> Any:
    return dataclasses.replace(citation, revision="0" * 64)


def emptied(citation: Any) -> Any:
    return dataclasses.replace(citation, char_end=citation.char_start, quote="")


def renamed(citation: Any) -> Any:
    return dataclasses.replace(citation, id="another")


@pytest.mark.parametrize("change", [moved, reworded, of_another_revision, emptied, renamed])
async def test_answer_with_a_wrong_citation_is_never_sent(
    settings: Settings, encoder: Encoder, monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any]
) -> None:
    compose = service.compose

    def wrong(*args: Any, **kwargs: Any) -> Any:
        composed = compose(*args, **kwargs)
        return dataclasses.replace(
            composed, citations=(change(composed.citations[0]), *composed.citations[1:])
        )

    monkeypatch.setattr(service, "compose", wrong)
    async with running(create_app(settings, encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        response = await client.post("/v1/query", json=QUESTION)

    assert response.status_code == 500
    assert response.json()["code"] == "citation_mismatch"
    assert "rollback" not in response.text
