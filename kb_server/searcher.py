"""The path of a question: one version, the encoder's queue, then one of a few threads."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from kb_server.dialogue.follow_up import understand
from kb_server.dialogue.turns import Turn
from kb_server.encoding import Vector
from kb_server.errors import AccessViolationError
from kb_server.index.labels import may_see
from kb_server.index.reader import IndexReader
from kb_server.index.records import Document, Revision
from kb_server.live_index import LiveIndex, Snapshot, View
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult
from kb_server.telemetry.observation import note_stage, span, traces_content
from kb_server.telemetry.tracing import Attributes

T = TypeVar("T")
Timings = dict[str, float]
Finish = Callable[[View, RetrievalResult], T]

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
        self._pending = 0

    @property
    def pending(self) -> int:
        """Give the number of searches that are at work or wait for a thread."""
        return self._pending

    def close(self) -> None:
        """Stop the threads; what still waits is cancelled."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def run(
        self, query: SearchQuery, finish: Finish[T], *, turns: Sequence[Turn] = ()
    ) -> tuple[T, Timings]:
        """Search, then give ``finish`` the result in the same thread; milliseconds per stage come along.

        ``turns`` were said before the question, oldest first.
        """

        def read() -> SearchQuery:
            view = snapshot.seen_by(query.audiences)
            return understand(view.retriever.read(query), turns, view.reader)

        began = time.perf_counter()
        await self._live.started()
        with self._live.held() as snapshot, span(*_retrieval(snapshot, query)):
            meant = await self._in_thread(snapshot, read)
            vector = await self._vector(snapshot, meant)
            encoded = time.perf_counter()

            def work() -> tuple[T, float]:
                started = time.perf_counter()
                view = snapshot.seen_by(query.audiences)
                found = finish(view, _search(view, meant, vector))
                return found, _milliseconds(started)

            found, worked = await self._in_thread(snapshot, work)
        timings = {
            "encode": round((encoded - began) * 1000, 2),
            "search": worked,
            "total": _milliseconds(began),
        }
        note_stage("encode", timings["encode"])
        note_stage("search", timings["search"])
        return found, timings

    async def run_all(
        self,
        queries: Sequence[SearchQuery],
        finish: Finish[T],
        *,
        version: str,
    ) -> list[T] | None:
        """Give what ``finish`` makes of each search of ``version``; None where another is served by now."""
        with self._live.held() as snapshot:
            if snapshot.version != version:
                return None
            vectors = await asyncio.gather(*(self._vector(snapshot, query) for query in queries))

            def work() -> list[T]:
                views = [snapshot.seen_by(query.audiences) for query in queries]
                return [
                    finish(view, _search(view, query, vector))
                    for view, query, vector in zip(views, queries, vectors, strict=True)
                ]

            return await self._in_thread(snapshot, work)

    async def on_current(self, audiences: frozenset[str] | None, work: Callable[[View], T]) -> T:
        """Run ``work`` in a thread, on what ``audiences`` may see of the current version; None: all of it."""
        await self._live.started()
        with self._live.held() as snapshot:
            return await self._in_thread(snapshot, lambda: work(snapshot.seen_by(audiences)))

    @staticmethod
    async def _vector(snapshot: Snapshot, query: SearchQuery) -> Vector | None:
        if not snapshot.retriever.needs_vector(query):
            return None
        model = snapshot.queue.encoder.encoder_id
        told = {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": model}
        with span(f"embeddings {model}", told):
            return await snapshot.queue.encode(query.text)

    async def _in_thread(self, snapshot: Snapshot, work: Callable[[], T]) -> T:
        """Run ``work``; the version stays open until the thread ends, also when the caller is cancelled."""
        snapshot.hold()
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: snapshot.release())
        self._pending += 1
        try:
            return await asyncio.wrap_future(future)
        finally:
            self._pending -= 1


def _search(view: View, query: SearchQuery, vector: Vector | None) -> RetrievalResult:
    """Search, and look at every hit once more: what should not be seen must not pass by any mistake."""
    result = view.retriever.search(query, vector)
    copies = (view.reader.document(copy.doc_id) for hit in result.hits for copy in hit.duplicates)
    for document in (*(hit.document for hit in result.hits), *copies):
        if not may_see(document, view.audiences):
            raise AccessViolationError("A page was found that the asker may not see; nothing was sent.")
    return result


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


def _retrieval(snapshot: Snapshot, query: SearchQuery) -> tuple[str, Attributes]:
    """Name a search in a trace, by OpenTelemetry's conventions for generative AI."""
    told = {"gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": snapshot.version}
    if traces_content():
        told["gen_ai.retrieval.query.text"] = query.text
    return f"retrieval {snapshot.version}", told


def _milliseconds(since: float) -> float:
    return round((time.perf_counter() - since) * 1000, 2)
