"""Caches of what texts are made of, most keyed by the texts themselves, and the way to empty them all.

People's words pass through them: whoever asks for erasure asks for these copies too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any, Generic, ParamSpec, TypeVar
from weakref import WeakSet

P = ParamSpec("P")
T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

_clearers: list[Callable[[], None]] = []
_recents: WeakSet[Recent[Any, Any]] = WeakSet()
_recents_lock = Lock()


def remembered(size: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember what a function made of its last ``size`` different arguments, until ``forget_all``."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        cached = lru_cache(maxsize=size)(function)
        _clearers.append(cached.cache_clear)
        return cached  # type: ignore[return-value]  # the stubs forget the parameters

    return decorate


def forget_all() -> None:
    """Empty every such cache of this process; the next texts are read anew."""
    for clear in _clearers:
        clear()
    with _recents_lock:
        recents = list(_recents)
    for recent in recents:
        recent.clear()


class Recent(Generic[K, V]):
    """Up to ``room`` of what was used last, until ``forget_all``; several threads may share it.

    For what is made of a version, which never changes, or of a text.

    >>> squares = Recent[int, int](room=2)
    >>> squares.get(3, lambda: 9), squares.get(3, lambda: 0), len(squares)
    (9, 9, 1)
    """

    def __init__(self, room: int, *, size_of: Callable[[V], int] = lambda _: 1) -> None:
        """Keep values whose ``size_of`` is at most ``room`` together."""
        self._room = room
        self._size_of = size_of
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._size = 0
        self._lock = Lock()
        with _recents_lock:
            _recents.add(self)

    def __len__(self) -> int:
        """Count what is kept."""
        return len(self._kept)

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Give the value of ``key``, made now where it is not kept; two threads may both make it."""
        known = self.find(key)
        return self.keep(key, make()) if known is None else known

    def find(self, key: K) -> V | None:
        """Give the value of ``key``, None where it is not kept."""
        # Each call is one step of the interpreter, so that finding, by far the most frequent, needs no lock.
        known = self._kept.get(key)
        if known is not None:
            try:  # noqa: SIM105 - a context manager would cost as much again
                self._kept.move_to_end(key)
            except KeyError:
                pass  # it has just made room
        return known

    def keep(self, key: K, value: V) -> V:
        """Keep ``value``, which is not None, and give it back; the oldest make room for it."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = value
                self._size += self._size_of(value)
            while self._size > self._room:
                self._size -= self._size_of(self._kept.popitem(last=False)[1])
        return value

    def clear(self) -> None:
        """Keep nothing of what was made so far."""
        with self._lock:
            self._kept.clear()
            self._size = 0
