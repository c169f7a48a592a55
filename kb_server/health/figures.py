"""Figures of the index, the queues and the writer, found at the time of reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client import Metric, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from kb_server.errors import KbError
from kb_server.index.layout import DataLayout
from kb_server.search_process.remote import SearchProcess
from kb_server.searching import Follower, Searching, Served

_LOCKS = Path("/proc/locks")


class IndexFigures(Collector):
    """What ``/metrics`` tells of the version that answers."""

    def __init__(self, live: Follower, searcher: Searching) -> None:
        """Read from ``live``, and how many wait for ``searcher``."""
        self._live = live
        self._searcher = searcher

    def describe(self) -> Iterable[Metric]:
        """Name nothing before the first reading."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read."""
        yield _gauge("kb_search_pending", "Searches at work or waiting.", self._searcher.pending)
        readiness = self._live.readiness()
        if readiness.served is not None:
            yield from _of_version(readiness.served)
            depth = self._searcher.encoder_depth
            yield _gauge("kb_encoder_queue_depth", "Questions that wait for the encoder.", depth)
        yield _gauge("kb_ready", "1 while a question can be answered.", readiness.served is not None)
        yield _degraded(readiness.problem)
        yield from _of_folder(self._live.layout)


class SearchProcessFigures(Collector):
    """What ``/metrics`` tells of the process that searches."""

    def __init__(self, search: SearchProcess) -> None:
        """Read from ``search``."""
        self._search = search
        self._process = ProcessCollector("kb_search", lambda: search.pid or 0, registry=None)

    def describe(self) -> Iterable[Metric]:
        """Name nothing before the first reading."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read."""
        restarts = CounterMetricFamily(
            "kb_search_process_restarts", "Times that the search process was started again."
        )
        restarts.add_metric([], self._search.restarts)
        yield restarts
        if self._search.pid is not None:
            yield from self._process.collect()


class AheadFigures(Collector):
    """What ``/metrics`` tells of headings that are asked while nobody asks anything."""

    def __init__(
        self, live: Follower, *, asked: Callable[[str], int], is_done: Callable[[str], bool]
    ) -> None:
        """Count what was ``asked`` of the version that ``live`` serves, and tell whether that ``is_done``."""
        self._live = live
        self._asked = asked
        self._is_done = is_done

    def describe(self) -> Iterable[Metric]:
        """Name nothing before the first reading."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read."""
        served = self._live.readiness().served
        if served is not None:
            asked, done = self._asked(served.version), self._is_done(served.version)
            yield _gauge("kb_headings_asked_ahead", "Headings asked before anybody came to them.", asked)
            yield _gauge("kb_asking_ahead", "1 while pages and headings are left to prepare.", not done)


def _of_version(served: Served) -> Iterator[Metric]:
    info = GaugeMetricFamily(
        "kb_index_info", "The version that answers.", labels=["version", "encoder", "tokenizer"]
    )
    info.add_metric([served.version, served.encoder_id, served.tokenizer], 1)
    yield info
    yield _gauge("kb_index_documents", "Pages in the version that answers.", served.documents)
    yield _gauge("kb_index_chunks", "Chunks in the version that answers.", served.chunks)
    yield _gauge(
        "kb_index_built_timestamp_seconds",
        "When the version that answers was built; time() minus this is its age.",
        datetime.fromisoformat(served.created_at).timestamp(),
    )


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
