"""Headings are asked while nobody asks anything, so that suggestions are there when somebody does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kb_server.answering import service
from kb_server.answering.offering.ahead import PUBLIC
from kb_server.answering.schemas import QueryRequest
from kb_server.answering.service import AnsweringService
from kb_server.index.embedding import Encoder
from kb_server.live_index import LiveIndex, live_index_of
from kb_server.retrieval.query import SearchQuery
from kb_server.searcher import Searcher
from kb_server.settings import Settings

from .published import Page, publish
from .test_suggestions_api import PAGES, QUESTIONS

ASKER = frozenset({"support"})
SECRET = {
    "en/key.md": Page(
        "Reset a vault key", "To back up and reset a vault key, call the desk.", {"access": ("support",)}
    ),
    "ko/key.md": Page(
        "보관함 열쇠 초기화하기",
        "보관함 열쇠를 백업하고 초기화하려면 전화하세요.",
        {"access": ("support",)},
    ),
}


class Place:
    """One index with the service that answers from it."""

    def __init__(self, data_dir: Path, encoder: Encoder) -> None:
        self.live: LiveIndex = live_index_of(Settings(data_dir=data_dir), encoder=lambda: encoder)
        self.live.load()
        self.searcher = Searcher(self.live)
        self.service = AnsweringService(self.searcher)
        self._following: asyncio.Task[None] | None = None

    def follow(self) -> None:
        self._following = asyncio.create_task(self.service.ahead.follow(self.version))

    def close(self) -> None:
        if self._following is not None:
            self._following.cancel()
        self.searcher.close()
        self.live.close()

    def version(self) -> str | None:
        served = self.live.readiness().served
        return served.version if served else None

    async def asked_ahead(self) -> None:
        async with asyncio.timeout(60):
            while not self.service.ahead.is_done(self.version() or ""):  # noqa: ASYNC110 - another task works
                await asyncio.sleep(0.02)

    async def suggestions(self, question: str, audiences: frozenset[str] | None = None) -> list[str]:
        answer = await self.service.answer(QueryRequest(question=question), audiences=audiences)
        return answer.suggestions


@asynccontextmanager
async def place(data_dir: Path, encoder: Encoder, *, follows: bool = True) -> AsyncIterator[Place]:
    """Open the index and let headings be asked until the block ends."""
    opened = Place(data_dir, encoder)
    if follows:
        opened.follow()
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    data_dir = tmp_path_factory.mktemp("ahead") / "data"
    publish(data_dir, PAGES, encoder)
    return data_dir


async def test_suggestions_are_known_before_anybody_asks(
    index: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(index, encoder) as asked, place(index, encoder) as calm:
        await asked.asked_ahead()
        asked.service.forget()  # as after an erasure: what pages say is nobody's
        monkeypatch.setattr(service, "BUSY_FROM", 0)  # from now on only what is known is offered
        ahead = [await asked.suggestions(question) for question in QUESTIONS]
        monkeypatch.undo()
        expected = [await calm.suggestions(question) for question in QUESTIONS]

    assert all(ahead)
    assert ahead == expected


async def test_nothing_is_asked_while_a_question_is_worked_on(index: Path, encoder: Encoder) -> None:
    let_go = threading.Event()
    async with place(index, encoder, follows=False) as busy:
        question = SearchQuery(QUESTIONS[0])
        work = asyncio.create_task(busy.searcher.run(question, lambda *_: let_go.wait(30)))
        async with asyncio.timeout(30):
            while not busy.searcher.pending:  # noqa: ASYNC110 - it waits for a thread
                await asyncio.sleep(0.01)
        busy.follow()
        await asyncio.sleep(0.5)
        pending = busy.searcher.pending
        let_go.set()
        await work
        await busy.asked_ahead()

    assert pending == 1


async def test_a_new_version_is_asked_anew(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir = tmp_path / "data"
    publish(data_dir, PAGES, encoder)
    async with place(data_dir, encoder) as followed:
        await followed.asked_ahead()
        gone = {path: page for path, page in PAGES.items() if "schedule" not in path}
        version = publish(data_dir, gone, encoder)
        await asyncio.to_thread(followed.live.load)
        assert followed.version() == version
        await followed.asked_ahead()
        monkeypatch.setattr(service, "BUSY_FROM", 0)
        found = [await followed.suggestions(question) for question in QUESTIONS]

    assert all(found)
    assert not {page.title for path, page in PAGES.items() if "schedule" in path} & {*found[0], *found[1]}


async def test_headings_are_asked_for_each_audience_and_reach_no_other(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir = tmp_path / "data"
    publish(data_dir, {**PAGES, **SECRET}, encoder)
    secret = {page.title for page in SECRET.values()}
    async with place(data_dir, encoder) as asked:
        await asked.suggestions(QUESTIONS[0], ASKER)
        await asked.asked_ahead()
        monkeypatch.setattr(service, "BUSY_FROM", 0)
        public = [await asked.suggestions(question, PUBLIC) for question in QUESTIONS]
        inside = [await asked.suggestions(question, ASKER) for question in QUESTIONS]

    assert all(public)
    assert not secret & {text for found in public for text in found}
    assert secret & {text for found in inside for text in found}
