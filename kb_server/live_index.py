"""The version that is served, and its replacement while requests go on."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from kb_server.encoding import EncoderQueue
from kb_server.errors import (
    EncoderError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    KbError,
    StartingError,
)
from kb_server.index.embedding import Encoder
from kb_server.index.layout import DataLayout
from kb_server.index.manifest import Manifest
from kb_server.index.reader import IndexReader
from kb_server.index.tokenization import TOKENIZER_VERSION
from kb_server.retrieval.audiences import AudienceViews
from kb_server.retrieval.reranking import Reranking
from kb_server.retrieval.retriever import Retriever
from kb_server.searching import Readiness, Served, View, loading
from kb_server.served_encoder import EncoderChoice, encoder_choice, reranking_of
from kb_server.settings import Settings

logger = logging.getLogger(__name__)
_RETRY_SECONDS = 30.0
"""Pause before something that failed to load is tried again, while nothing on disk says that it changed."""
_JOIN_SECONDS = 5.0
_START_SECONDS = 10.0
"""A question that comes while the first version is being loaded waits this long before it is refused."""
_LOOK_AGAIN_SECONDS = 0.02


class Snapshot:
    """One loaded version; open for as long as anyone holds it."""

    def __init__(self, reader: IndexReader, retriever: Retriever, queue: EncoderQueue) -> None:
        """Keep what one version needs to answer: its files, its ranking and the way to its encoder."""
        self.reader = reader
        self.retriever = retriever
        self.queue = queue
        self._views = AudienceViews(retriever)
        self._lock = threading.Lock()
        self._holders = 0

    @property
    def version(self) -> str:
        """Name of the version."""
        return self.reader.version

    @property
    def served(self) -> Served:
        """Describe it."""
        manifest = self.reader.manifest
        return Served(
            version=self.version,
            created_at=manifest.created_at,
            documents=manifest.documents,
            chunks=self.reader.row_count,
            encoder_id=self.queue.encoder.encoder_id,
            tokenizer=manifest.tokenizer,
        )

    @property
    def is_held(self) -> bool:
        """Tell whether a request still works on it."""
        return self._holders > 0

    def seen_by(self, audiences: frozenset[str] | None) -> View:
        """Give what ``audiences`` may see of it (None: everything); it must stay held meanwhile."""
        return View(self._views.seen_by(audiences), audiences)

    def hold(self) -> None:
        """Keep it open until ``release``."""
        with self._lock:
            self._holders += 1

    def release(self) -> None:
        """Give up one hold."""
        with self._lock:
            self._holders -= 1


class LiveIndex:
    """Follows ``CURRENT`` in a thread of its own, and swaps versions with their encoders between requests.

    A version that cannot be loaded is refused: the one before keeps answering.
    """

    def __init__(
        self,
        layout: DataLayout,
        encoders: EncoderChoice,
        *,
        poll_seconds: float,
        exact_scan_limit: int,
        reranking: Reranking | None = None,
    ) -> None:
        """Prepare; ``start`` begins the loading."""
        self._layout = layout
        self._encoders = encoders
        self._poll_seconds = poll_seconds
        self._exact_scan_limit = exact_scan_limit
        self._reranking = reranking
        self._snapshot: Snapshot | None = None
        self._retired: list[Snapshot] = []
        self._problem: KbError | None = loading()
        self._failed: tuple[object, float] | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="kb-live-index", daemon=True)

    @property
    def layout(self) -> DataLayout:
        """Where the versions are."""
        return self._layout

    def start(self) -> None:
        """Begin to load and to follow; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop following and close what no request holds any more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)
        with self._lock:
            if self._snapshot is not None:
                self._retired.append(self._snapshot)
            self._snapshot = None
        # Questions that still wait are told so: only then do they let go of their version.
        for snapshot in self._retired:
            snapshot.queue.close()
        self._close_retired()

    async def started(self) -> None:
        """Wait until the first attempt to load a version has ended, for a bounded time.

        A restart then looks like a slow answer to clients, not like an outage.
        """
        until = time.monotonic() + _START_SECONDS
        while self._is_starting() and time.monotonic() < until:  # noqa: ASYNC110 - another thread loads
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def _is_starting(self) -> bool:
        first = self._snapshot is None and isinstance(self._problem, StartingError)
        return first and self._thread.is_alive() and not self._stop.is_set()

    def acquire(self) -> Snapshot:
        """Give the current version, held; the caller releases it. Raises the reason where there is none."""
        with self._lock:
            if self._snapshot is None:
                raise self.readiness().unavailable()
            self._snapshot.hold()
            return self._snapshot

    @contextmanager
    def held(self) -> Iterator[Snapshot]:
        """Hold the current version for the length of a ``with`` block."""
        snapshot = self.acquire()
        try:
            yield snapshot
        finally:
            snapshot.release()

    async def forget(self) -> None:
        """Drop what is remembered of the questions that were asked, in older versions too."""
        with self._lock:
            loaded = [*self._retired, *([] if self._snapshot is None else [self._snapshot])]
        for snapshot in loaded:
            snapshot.queue.forget()

    def readiness(self) -> Readiness:
        """Describe what answers and what does not."""
        snapshot = self._snapshot
        return Readiness(None if snapshot is None else snapshot.served, self._problem)

    @property
    def encoder_depth(self) -> int:
        """Give the number of questions that wait for the encoder."""
        snapshot = self._snapshot
        return 0 if snapshot is None else snapshot.queue.depth

    def load(self) -> None:
        """Load what is missing and take over the published version, once; raises the reason if it cannot."""
        self._refresh()

    def refresh(self) -> None:
        """Do what ``load`` does, but note the reason instead of raising it: an older version goes on."""
        try:
            self.load()
        except KbError as error:
            self._note(error)
        except Exception as error:  # the edge of the thread: the old version must go on answering
            logger.exception("loading failed")
            cause = f"{type(error).__name__}: {error}"
            self._note(
                IndexDamagedError(
                    f"The published version could not be loaded: {cause}.",
                    remedy="See the server's log; `kb check` reads it again, `kb rollback` leaves it.",
                )
            )
        self._close_retired()

    def _follow(self) -> None:
        while not self._stop.is_set():
            self.refresh()
            self._stop.wait(self._poll_seconds)

    def _refresh(self) -> None:
        version = self._layout.current()
        if version is None:
            raise IndexMissingError(
                f"Nothing is published in {self._layout.root}.",
                remedy="Run `kb ingest PATH` to publish an index.",
            )
        if self._snapshot is not None and version == self._snapshot.version:
            self._settle(self._snapshot)
        elif self._may_try(self._signature(version)):
            self._take_over(version)

    def _may_try(self, what: object) -> bool:
        """Tell whether ``what`` is new or its last failure is long enough ago; counts as a try."""
        now = time.monotonic()
        if self._failed is not None and self._failed[0] == what and now < self._failed[1]:
            return False
        self._failed = (what, now + _RETRY_SECONDS)
        return True

    def _signature(self, version: str) -> object:
        """Tell a version that was built again under the same name from the one that failed."""
        try:
            status = (self._layout.version_path(version) / "manifest.json").stat()
        except FileNotFoundError:
            return version
        return version, status.st_ino, status.st_mtime_ns

    def _take_over(self, version: str) -> None:
        began = time.perf_counter()
        reader = IndexReader.open(self._layout, version)
        with ExitStack() as opened:
            opened.callback(reader.close)
            _check_tokenizer(reader.manifest)
            queue = self._queue_for(reader.manifest)
            if not self._is_current(queue):
                opened.callback(queue.close)
            retriever = self._retriever(reader, queue.encoder.reads)
            retriever.prepare()
            opened.pop_all()
        with self._lock:
            if self._snapshot is not None:
                self._retired.append(self._snapshot)
            self._snapshot = snapshot = Snapshot(reader, retriever, queue)
        self._failed = None
        logger.info(
            "serving version %s by %s: %d documents, %d chunks, loaded in %.1f s",
            version,
            queue.encoder.encoder_id,
            reader.manifest.documents,
            reader.row_count,
            time.perf_counter() - began,
        )
        self._settle(snapshot)

    def _retriever(self, reader: IndexReader, reads: Callable[[str], bool]) -> Retriever:
        return Retriever(
            reader, reads=reads, exact_scan_limit=self._exact_scan_limit, reranking=self._reranking
        )

    def _is_current(self, queue: EncoderQueue) -> bool:
        return self._snapshot is not None and self._snapshot.queue is queue

    def _queue_for(self, manifest: Manifest) -> EncoderQueue:
        """Load the version's encoder, whatever the libraries behind it raise."""
        current = None if self._snapshot is None else self._snapshot.queue
        try:
            return self._encoders.queue_for(manifest, current)
        except KbError:
            raise
        except Exception as error:  # torch, onnxruntime and each model raise errors of their own kinds
            logger.exception("loading the encoder failed")
            cause = f"{type(error).__name__}: {error}"
            raise EncoderError(
                f"The encoder could not be loaded: {cause}.", remedy="See the server's log."
            ) from error

    def _settle(self, snapshot: Snapshot) -> None:
        """Forget the last problem, except that the settings want another encoder than this version has."""
        deviation = self._encoders.deviation(snapshot.reader.manifest)
        if deviation is None:
            self._problem = None
        else:
            self._note(deviation)

    def _close_retired(self) -> None:
        for snapshot in [snapshot for snapshot in self._retired if not snapshot.is_held]:
            self._retired.remove(snapshot)
            snapshot.reader.close()
            if not self._is_current(snapshot.queue) and all(
                other.queue is not snapshot.queue for other in self._retired
            ):
                snapshot.queue.close()

    def _note(self, problem: KbError) -> None:
        known = self._problem
        self._problem = problem
        if known is None or str(known) != str(problem):
            logger.warning("%s: %s", problem.code, problem)


def _check_tokenizer(manifest: Manifest) -> None:
    if manifest.tokenizer != TOKENIZER_VERSION:
        raise IndexMismatchError(
            f"Version {manifest.version} was built with tokenizer {manifest.tokenizer!r}, "
            f"this server reads {TOKENIZER_VERSION!r}.",
            remedy="Run `kb ingest PATH` to build the index again; texts keep their vectors.",
        )


def live_index_of(settings: Settings, *, encoder: Callable[[], Encoder] | None = None) -> LiveIndex:
    """Follow what ``settings`` name; ``encoder`` loads the encoder, by default the one that they name."""
    return LiveIndex(
        DataLayout(settings.data_dir),
        encoder_choice(settings, encoder=encoder),
        poll_seconds=settings.poll_seconds,
        exact_scan_limit=settings.exact_scan_limit,
        reranking=reranking_of(settings),
    )
