"""The path of a question: one version, the encoder's queue, then one of a few threads."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from kb_server.dialogue.follow_up import understand
from kb_server.dialogue.turns import Turn
from kb_server.encoding import Vector
from kb_server.index.reader import IndexReader
from kb_server.index.records import Document, Revision
from kb_server.live_index import LiveIndex, Snapshot
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult

T = TypeVar("T")
Timings = dict[str, float]
Finish = Callable[[Snapshot, RetrievalResult], T]

_ADDRESS = re.compile(
    r"https?://[^\s/?#@\\]+(?:[/?#]\S*)?|/(?![/\\])\S*|\.{0,2}/?[\w#][^\s:]*", re.IGNORECASE
)
_THREADS = 2
"""Scanning and composing are short and release the GIL in part; more threads only take turns."""


class Searcher:
    """Runs searches off the event loop; each one sees a single version from start to end."""

    def __init__(self, live: LiveIndex) -> None:
        """Search what ``live`` serves."""
        self._live = live
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="kb-search")

    def close(self) -> None:
        """Stop the threads; what still waits is cancelled."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def run(
        self, query: SearchQuery, finish: Finish[T], *, turns: Sequence[Turn] = ()
    ) -> tuple[T, Timings]:
        """Search, then give ``finish`` the result in the same thread; milliseconds per stage come along.

        ``turns`` were said before the question, oldest first.
        """

        def read(held: Snapshot) -> SearchQuery:
            return understand(held.retriever.read(query), turns, held.reader)

        began = time.perf_counter()
        with self._live.held() as snapshot:
            meant = await self.in_thread(snapshot, read)
            vector = await self._vector(snapshot, meant)
            encoded = time.perf_counter()

            def work(held: Snapshot) -> tuple[T, float]:
                started = time.perf_counter()
                found = finish(held, held.retriever.search(meant, vector))
                return found, _milliseconds(started)

            found, worked = await self.in_thread(snapshot, work)
        timings = {
            "encode": round((encoded - began) * 1000, 2),
            "search": worked,
            "total": _milliseconds(began),
        }
        return found, timings

    async def run_all(
        self,
        queries: Sequence[SearchQuery],
        finish: Callable[[Snapshot, RetrievalResult], T],
        *,
        version: str,
    ) -> list[T] | None:
        """Give what ``finish`` makes of each search of ``version``; None where another is served by now."""
        with self._live.held() as snapshot:
            if snapshot.version != version:
                return None
            vectors = await asyncio.gather(*(self._vector(snapshot, query) for query in queries))

            def work(held: Snapshot) -> list[T]:
                return [
                    finish(held, held.retriever.search(query, vector))
                    for query, vector in zip(queries, vectors, strict=True)
                ]

            return await self.in_thread(snapshot, work)

    async def on_current(self, work: Callable[[Snapshot], T]) -> T:
        """Run ``work`` in a thread, on the current version."""
        with self._live.held() as snapshot:
            return await self.in_thread(snapshot, work)

    @staticmethod
    async def _vector(snapshot: Snapshot, query: SearchQuery) -> Vector | None:
        return await snapshot.queue.encode(query.text) if snapshot.retriever.needs_vector(query) else None

    async def in_thread(self, snapshot: Snapshot, work: Callable[[Snapshot], T]) -> T:
        """Run ``work``; the version stays open until the thread ends, also when the caller is cancelled."""
        snapshot.hold()
        future = self._pool.submit(partial(work, snapshot))
        future.add_done_callback(lambda _: snapshot.release())
        return await asyncio.wrap_future(future)


class RevisionCache:
    """Reads each revision of one version at most once for one request."""

    def __init__(self, reader: IndexReader) -> None:
        """Read from ``reader``."""
        self._reader = reader
        self._revisions: dict[str, Revision] = {}

    def __call__(self, doc_id: str, revision: str | None = None) -> Revision:
        """Give the revision of a document that this version has, which must be ``revision`` where named."""
        if doc_id not in self._revisions:
            self._revisions[doc_id] = self._reader.revision(doc_id, revision)
        found = self._revisions[doc_id]
        return found if revision in (None, found.revision) else self._reader.revision(doc_id, revision)


def page_url(document: Document) -> str:
    """Give the address of a page from its metadata, or an empty text where a reader should not follow it.

    Kept are addresses of the web and paths: a page cannot make its citation run a script, or show the name
    of another host before an ``@``.

    >>> page_url(Document("d_1", "a.md", "A", "en", "r", {"url": "https://docs.example.com/a"}))
    'https://docs.example.com/a'
    """
    url = document.metadata.get("url", "")
    return url if isinstance(url, str) and _ADDRESS.fullmatch(url) else ""


def _milliseconds(since: float) -> float:
    return round((time.perf_counter() - since) * 1000, 2)
