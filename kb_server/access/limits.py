"""How often one caller may ask; counted in this process, over a sliding window."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import lru_cache

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from kb_server.errors import RateLimitedError


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
    """Counts the requests of each caller."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def take(self, who: str, rate: str) -> Quota:
        """Count one request of ``who`` against ``rate``, such as ``60/minute``.

        Raises ``RateLimitedError`` where it is one too many; such a request is not counted.
        """
        item = _item(rate)
        allowed = await self._limiter.hit(item, who)
        stats = await self._limiter.get_window_stats(item, who)
        wait = max(math.ceil(stats.reset_time - time.time()), 1)
        if not allowed:
            raise RateLimitedError(
                f"More than {rate} requests came from one caller.",
                remedy="Try again after the seconds in Retry-After.",
                wait=wait,
            )
        return Quota(item.amount, stats.remaining, wait)

    async def check(self, who: str, rate: str) -> None:
        """Raise ``RateLimitedError`` where ``who`` has nothing left; counts nothing."""
        item = _item(rate)
        if not await self._limiter.test(item, who):
            stats = await self._limiter.get_window_stats(item, who)
            raise RateLimitedError(
                f"More than {rate} attempts failed.",
                remedy="Try again after the seconds in Retry-After.",
                wait=max(math.ceil(stats.reset_time - time.time()), 1),
            )


@lru_cache(maxsize=256)
def _item(rate: str) -> RateLimitItem:
    return parse(rate)
