"""The path of a question: one version, the encoder's queue, then the thread that searches."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from kb_server.dialogue.follow_up import understand
from kb_server.dialogue.turns import Turn
from kb_server.encoding import Vector
from kb_server.errors import AccessViolationError
from kb_server.index.labels import may_see
from kb_server.index.reader import IndexReader
from kb_server.index.records import Document, Revision
from kb_server.live_index import LiveIndex, Snapshot
from kb_server.ordered_pool import OrderedPool
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.results import RetrievalResult
from kb_server.searching import Finish, Timings, View, embeddings_span, milliseconds, retrieval_span
from kb_server.settings import Settings
from kb_server.telemetry.observation import asked_at, is_for_nobody, note_stage, span

T = TypeVar("T")

_ADDRESS = re.compile(
    r"https?://[^\s/?#@\\]+(?:[/?#]\S*)?|/(?![/\\])\S*|\.{0,2}/?[\w#][^\s:]*", re.IGNORECASE
)
THREADS = 1
"""Reading a question and composing hold the interpreter: a second thread only takes it from the first one,
from the encoder and from the event loop. See decision 31."""
THREADS_WITH_MODELS = 2
"""A reranker, or a model that checks sentences, works without the interpreter."""


def searcher_of(live: LiveIndex, settings: Settings) -> Searcher:
    """Give what searches ``live`` for a server with ``settings``."""
    has_models = settings.reranker is not None or settings.nli_model is not None
    return Searcher(live, threads=THREADS_WITH_MODELS if has_models else THREADS)


class Searcher:
    """Runs searches off the event loop; each one sees a single version from start to end."""

    def __init__(self, live: LiveIndex, *, threads: int = THREADS) -> None:
        """Search what ``live`` serves."""
        self._live = live
        self._pool = OrderedPool(threads, "kb-search")
        self._pending = 0

    @property
    def pending(self) -> int:
        """Give the number of searches that are at work or wait for a thread, and that somebody waits for."""
        return self._pending

    @property
    def encoder_depth(self) -> int:
        """Give the number of questions that wait for the encoder."""
        return self._live.encoder_depth

    def close(self) -> None:
        """Stop the threads; what still waits is cancelled."""
        self._pool.close()

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
        with self._live.held() as snapshot, span(*retrieval_span(snapshot.version, query)):
            meant = await self._in_thread(snapshot, read)
            vector = await self._vector(snapshot, meant)
            encoded = time.perf_counter()

            def work() -> tuple[T, float]:
                started = time.perf_counter()
                view = snapshot.seen_by(query.audiences)
                found = finish(view, _search(view, meant, vector))
                return found, milliseconds(started)

            found, worked = await self._in_thread(snapshot, work)
        timings = {
            "encode": round((encoded - began) * 1000, 2),
            "search": worked,
            "total": milliseconds(began),
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
        with span(*embeddings_span(snapshot.queue.encoder.encoder_id)):
            return await snapshot.queue.encode(query.meaning or query.text)

    async def _in_thread(self, snapshot: Snapshot, work: Callable[[], T]) -> T:
        """Run ``work``; the version stays open until the thread ends, also when the caller is cancelled."""
        snapshot.hold()
        future = self._pool.submit(work, since=asked_at())
        future.add_done_callback(lambda _: snapshot.release())
        counted = not is_for_nobody()
        self._pending += counted
        try:
            return await asyncio.wrap_future(future)
        finally:
            self._pending -= counted


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
