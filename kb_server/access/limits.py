"""How often one caller may ask; counted in this process, over a sliding window."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from kb_server.errors import RateLimitedError

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.aio.strategies import RateLimiter


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left to a caller after a request."""

    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """Give the response headers that tell a client."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }


class RateLimits:
    """Counts the requests of each caller; the library is loaded for the first one that is counted."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._loading: asyncio.Task[RateLimiter] | None = None

    async def take(self, who: str, rate: str) -> Quota:
        """Count one request of ``who`` against ``rate``, such as ``60/minute``.

        Raises ``RateLimitedError`` where it is one too many; such a request is not counted.
        """
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(_limiter))
        limiter = await asyncio.shield(self._loading)
        item = _item(rate)
        allowed = await limiter.hit(item, who)
        stats = await limiter.get_window_stats(item, who)
        wait = max(math.ceil(stats.reset_time - time.time()), 1)
        if not allowed:
            raise RateLimitedError(
                f"More than {rate} requests came from one caller.",
                remedy="Try again after the seconds in Retry-After.",
                wait=wait,
            )
        return Quota(item.amount, stats.remaining, wait)


def _limiter() -> RateLimiter:
    from limits.aio.storage import MemoryStorage
    from limits.aio.strategies import SlidingWindowCounterRateLimiter

    return SlidingWindowCounterRateLimiter(MemoryStorage())


@cache
def _item(rate: str) -> RateLimitItem:
    from limits import parse

    return parse(rate)
