"""A few threads that work in the order in which people asked, not in that of the single steps."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition, Thread
from typing import Any, TypeVar

T = TypeVar("T")
_Entry = tuple[float, int, Future[Any], Callable[[], Any]]


class OrderedPool:
    """Takes the work of the oldest request first.

    A request has several steps. In the order of the steps each one would wait behind the first step of
    everybody who came meanwhile: an answer that is half sent would stand still for as long as the queue is.
    """

    def __init__(self, threads: int, name: str) -> None:
        """Start ``threads`` threads, called after ``name``."""
        self._waiting: list[_Entry] = []
        self._numbers = itertools.count()
        self._changed = Condition()
        self._stopped = False
        self._threads = [
            Thread(target=self._run, name=f"{name}_{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], T], *, since: float) -> Future[T]:
        """Have ``work`` done for a request of ``since``, in seconds of ``time.perf_counter``.

        Raises ``RuntimeError`` after ``close``.
        """
        future: Future[T] = Future()
        with self._changed:
            if self._stopped:
                raise RuntimeError("no work is taken after the end")
            heapq.heappush(self._waiting, (since, next(self._numbers), future, work))
            self._changed.notify()
        return future

    def close(self) -> None:
        """Cancel what waits, let what is at work end, and stop; twice does nothing."""
        with self._changed:
            self._stopped = True
            left, self._waiting = self._waiting, []
            self._changed.notify_all()
        for _, _, future, _ in left:
            future.cancel()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while self._do_next():
            pass

    def _do_next(self) -> bool:
        """Do one piece of work; nothing of it stays with the thread while it waits for the next."""
        entry = self._next()
        if entry is None:
            return False
        _, _, future, work = entry
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - the edge of the thread: it is the caller's
                future.set_exception(error)
        return True

    def _next(self) -> _Entry | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopped)
            return heapq.heappop(self._waiting) if self._waiting else None
