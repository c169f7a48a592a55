"""Figures of the index, the queues and the writer, found at the time of reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from kb_server.errors import KbError
from kb_server.index.layout import DataLayout
from kb_server.live_index import LiveIndex, Snapshot
from kb_server.searcher import Searcher

_LOCKS = Path("/proc/locks")


class IndexFigures(Collector):
    """What ``/metrics`` tells of the version that answers."""

    def __init__(self, live: LiveIndex, searcher: Searcher) -> None:
        """Read from ``live``, and how many wait for the threads of ``searcher``."""
        self._live = live
        self._searcher = searcher

    def describe(self) -> Iterable[Metric]:
        """Name nothing before the first reading."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read."""
        yield _gauge("kb_search_pending", "Searches at work or waiting for a thread.", self._searcher.pending)
        problem = self._live.readiness().problem
        ready = 1
        try:
            with self._live.held() as snapshot:
                yield from _of_version(snapshot)
        except KbError:
            ready = 0
        yield _gauge("kb_ready", "1 while a question can be answered.", ready)
        yield _degraded(problem)
        yield from _of_folder(self._live.layout)


def _of_version(snapshot: Snapshot) -> Iterator[Metric]:
    manifest = snapshot.reader.manifest
    info = GaugeMetricFamily(
        "kb_index_info", "The version that answers.", labels=["version", "encoder", "tokenizer"]
    )
    info.add_metric([manifest.version, manifest.encoder_id, manifest.tokenizer], 1)
    yield info
    yield _gauge("kb_index_documents", "Pages in the version that answers.", manifest.documents)
    yield _gauge("kb_index_chunks", "Chunks in the version that answers.", manifest.chunks)
    yield _gauge(
        "kb_index_built_timestamp_seconds",
        "When the version that answers was built; time() minus this is its age.",
        datetime.fromisoformat(manifest.created_at).timestamp(),
    )
    yield _gauge("kb_encoder_queue_depth", "Questions that wait for the encoder.", snapshot.queue.depth)


def _degraded(problem: KbError | None) -> Metric:
    family = GaugeMetricFamily(
        "kb_index_problem", "Why nothing answers, or not the newest version does.", labels=["code"]
    )
    if problem is not None:
        family.add_metric([problem.code], 1)
    return family


def _of_folder(layout: DataLayout) -> Iterator[Metric]:
    yield _gauge("kb_index_versions", "Published versions that are kept.", len(layout.versions()))
    try:
        published = (layout.root / "CURRENT").stat().st_mtime
    except FileNotFoundError:
        published = None
    if published is not None:
        yield _gauge(
            "kb_index_published_timestamp_seconds",
            "When an ingest or a rollback last chose the published version.",
            published,
        )
    running = writer_is_at_work(layout)
    if running is not None:
        yield _gauge("kb_ingest_running", "1 while an ingest or a rollback writes.", running)


def writer_is_at_work(layout: DataLayout) -> bool | None:
    """Tell whether someone holds the writer's lock; None where the system does not list locks.

    To try the lock would tell as well, and would now and then make a real ingest give up.
    """
    try:
        locks = _LOCKS.read_text(encoding="ascii")
        inode = layout.lock_path.stat().st_ino
    except FileNotFoundError:
        return None if not _LOCKS.exists() else False
    except OSError:
        return None
    held = (line.split() for line in locks.splitlines())
    return any(
        words[1:2] == ["FLOCK"] and any(word.endswith(f":{inode}") for word in words) for words in held
    )


def _gauge(name: str, text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text)
    family.add_metric([], value)
    return family
