"""The version that is served, and its replacement while requests go on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

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
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.retriever import Retriever

logger = logging.getLogger(__name__)
_RETRY_SECONDS = 30.0
"""Pause before something that failed to load is tried again, while nothing on disk says that it changed."""
_JOIN_SECONDS = 5.0


class Snapshot:
    """One loaded version; open for as long as anyone holds it."""

    def __init__(self, reader: IndexReader, retriever: Retriever) -> None:
        """Keep what one version needs to answer."""
        self.reader = reader
        self.retriever = retriever
        self._lock = threading.Lock()
        self._holders = 0

    @property
    def version(self) -> str:
        """Name of the version."""
        return self.reader.version

    @property
    def is_held(self) -> bool:
        """Tell whether a request still works on it."""
        return self._holders > 0

    def hold(self) -> None:
        """Keep it open until ``release``."""
        with self._lock:
            self._holders += 1

    def release(self) -> None:
        """Give up one hold."""
        with self._lock:
            self._holders -= 1


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a probe is told."""

    version: str | None
    """The version that answers now; None when none does."""
    encoder_id: str | None
    problem: KbError | None
    """Why nothing answers, or why the newest version was refused while an older one answers."""


class LiveIndex:
    """Loads the encoder, follows ``CURRENT`` in a thread of its own, and swaps versions between requests.

    A version that cannot be loaded is refused: the one before keeps answering.
    """

    def __init__(
        self,
        layout: DataLayout,
        load_encoder: Callable[[], Encoder],
        *,
        poll_seconds: float,
        exact_scan_limit: int,
    ) -> None:
        """Prepare; ``start`` begins the loading."""
        self._layout = layout
        self._load_encoder = load_encoder
        self._poll_seconds = poll_seconds
        self._exact_scan_limit = exact_scan_limit
        self._encoder: Encoder | None = None
        self._snapshot: Snapshot | None = None
        self._retired: list[Snapshot] = []
        self._problem: KbError | None = StartingError(
            "The server is loading its encoder and index.", remedy="Try again in a few seconds."
        )
        self._failed: tuple[object, float] | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="kb-live-index", daemon=True)

    @property
    def layout(self) -> DataLayout:
        """Where the versions are."""
        return self._layout

    @property
    def encoder(self) -> Encoder:
        """The encoder; raises the reason while there is none."""
        if self._encoder is None:
            raise self.unavailable()
        return self._encoder

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
        self._close_retired()

    def acquire(self) -> Snapshot:
        """Give the current version, held; the caller releases it. Raises the reason where there is none."""
        with self._lock:
            if self._snapshot is None:
                raise self.unavailable()
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

    def readiness(self) -> Readiness:
        """Describe what answers and what does not."""
        snapshot, encoder = self._snapshot, self._encoder
        return Readiness(
            version=None if snapshot is None else snapshot.version,
            encoder_id=None if encoder is None else encoder.encoder_id,
            problem=self._problem,
        )

    def unavailable(self) -> KbError:
        """Give the reason why nothing can be answered, as an error to raise."""
        problem = self._problem
        if problem is None:
            return StartingError("The server is stopping.", remedy="Try again in a few seconds.")
        # The same object would gather a traceback with every request.
        return type(problem)(problem.message, remedy=problem.remedy)

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
                EncoderError(f"The encoder could not be loaded: {cause}.", remedy="See the server's log.")
                if self._encoder is None
                else IndexDamagedError(
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
        if self._encoder is None:
            if not self._may_try("encoder"):
                return
            self._encoder = self._load_encoder()
            self._failed = None
        version = self._layout.current()
        if version is None:
            raise IndexMissingError(
                f"Nothing is published in {self._layout.root}.",
                remedy="Run `kb ingest PATH` to publish an index.",
            )
        if self._snapshot is not None and version == self._snapshot.version:
            self._problem = None
        elif self._may_try(self._signature(version)):
            self._take_over(version, self._encoder)

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

    def _take_over(self, version: str, encoder: Encoder) -> None:
        began = time.perf_counter()
        reader = IndexReader.open(self._layout, version)
        try:
            check_encoder(reader.manifest, encoder)
            retriever = Retriever(reader, reads=encoder.reads, exact_scan_limit=self._exact_scan_limit)
            _warm(retriever, encoder.dimension)
        except BaseException:
            reader.close()
            raise
        with self._lock:
            if self._snapshot is not None:
                self._retired.append(self._snapshot)
            self._snapshot = Snapshot(reader, retriever)
            self._problem = None
        self._failed = None
        logger.info(
            "serving version %s: %d documents, %d chunks, loaded in %.1f s",
            version,
            reader.manifest.documents,
            reader.row_count,
            time.perf_counter() - began,
        )

    def _close_retired(self) -> None:
        for snapshot in [snapshot for snapshot in self._retired if not snapshot.is_held]:
            self._retired.remove(snapshot)
            snapshot.reader.close()

    def _note(self, problem: KbError) -> None:
        known = self._problem
        self._problem = problem
        if known is None or str(known) != str(problem):
            logger.warning("%s: %s", problem.code, problem)


def check_encoder(manifest: Manifest, encoder: Encoder) -> None:
    """Raise ``IndexMismatchError`` unless the version was built with ``encoder`` and this tokenizer."""
    if manifest.tokenizer != TOKENIZER_VERSION:
        raise IndexMismatchError(
            f"Version {manifest.version} was built with tokenizer {manifest.tokenizer!r}, "
            f"this server reads {TOKENIZER_VERSION!r}.",
            remedy="Run `kb ingest PATH` to build the index again; texts keep their vectors.",
        )
    built = (manifest.encoder_id, manifest.encoder_revision, manifest.dimension)
    loaded = (encoder.encoder_id, encoder.revision, encoder.dimension)
    if built != loaded:
        raise IndexMismatchError(
            f"Version {manifest.version} was built with the encoder {_described(*built)}, "
            f"but the server is set to {_described(*loaded)}.",
            remedy=(
                "Run `kb ingest PATH` with the server's settings to build the index again, "
                f"or serve with KB_ENCODER={manifest.encoder_id}."
            ),
        )


def _described(encoder_id: str, revision: str, dimension: int) -> str:
    return f"{encoder_id!r} (revision {revision[:12]}, {dimension} dimensions)"


def _warm(retriever: Retriever, dimension: int) -> None:
    """Search once, so that no request pays for the first touch of the files."""
    vector = np.full(dimension, dimension**-0.5, dtype=np.float32)
    retriever.search(SearchQuery(text="warm-up 준비"), vector)
