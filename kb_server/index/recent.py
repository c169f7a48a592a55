"""What was made last, kept as long as there is room: versions never change, and popular pages come again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Up to ``room`` of what was used last; several threads may share it.

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

    def __len__(self) -> int:
        """Count what is kept."""
        return len(self._kept)

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Give the value of ``key``, made now where it is not kept; two threads may both make it."""
        known = self.find(key)
        return self.keep(key, make()) if known is None else known

    def find(self, key: K) -> V | None:
        """Give the value of ``key``, None where it is not kept."""
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
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
