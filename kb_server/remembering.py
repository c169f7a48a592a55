"""Caches of what texts are made of, keyed by the texts themselves, and the way to empty them all.

People's words pass through them: whoever asks for erasure asks for these copies too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_clearers: list[Callable[[], None]] = []


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
