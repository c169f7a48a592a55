"""Whoever asked first comes first, with every step of the answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from kb_server.ordered_pool import OrderedPool


@pytest.fixture
def pool() -> Iterator[OrderedPool]:
    pool = OrderedPool(1, "test")
    yield pool
    pool.close()


class Held:
    """Keeps the pool's thread busy until it is let go."""

    def __init__(self, pool: OrderedPool) -> None:
        self._let_go = threading.Event()
        self._began = threading.Event()
        pool.submit(self._wait, since=0.0)
        assert self._began.wait(30)

    def _wait(self) -> None:
        self._began.set()
        assert self._let_go.wait(30)

    def let_go(self) -> None:
        self._let_go.set()


def test_a_later_step_of_an_older_request_comes_first(pool: OrderedPool) -> None:
    held, done = Held(pool), list[str]()
    futures = [
        pool.submit(lambda: done.append("newer, first step"), since=2.0),
        pool.submit(lambda: done.append("newest, first step"), since=3.0),
        pool.submit(lambda: done.append("older, second step"), since=1.0),
        pool.submit(lambda: done.append("older, third step"), since=1.0),
    ]
    held.let_go()
    for future in futures:
        future.result(30)

    assert done == ["older, second step", "older, third step", "newer, first step", "newest, first step"]


def test_an_error_is_the_callers_and_the_thread_goes_on(pool: OrderedPool) -> None:
    failed = pool.submit(lambda: 1 // 0, since=1.0)
    other = pool.submit(lambda: "done", since=2.0)

    with pytest.raises(ZeroDivisionError):
        failed.result(30)
    assert other.result(30) == "done"


def test_what_was_cancelled_is_not_done(pool: OrderedPool) -> None:
    held, done = Held(pool), list[str]()
    dropped = pool.submit(lambda: done.append("dropped"), since=1.0)
    kept = pool.submit(lambda: done.append("kept"), since=2.0)
    dropped.cancel()
    held.let_go()
    kept.result(30)

    assert done == ["kept"]


def test_the_end_cancels_what_waits_and_takes_nothing_more(pool: OrderedPool) -> None:
    held = Held(pool)
    waiting = pool.submit(lambda: None, since=1.0)
    ending = threading.Thread(target=pool.close)
    ending.start()
    held.let_go()
    ending.join(30)

    assert waiting.cancelled()
    with pytest.raises(RuntimeError):
        pool.submit(lambda: None, since=2.0)
