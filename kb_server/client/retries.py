"""When to send a request again, and after how long."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

RETRIED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is sent again that met a busy server or a broken connection.

    Each request that could do something twice carries an idempotency key, the same each time it is sent.
    """

    count: int = 3
    """Times after the first one; 0 gives up at once."""
    first_seconds: float = 0.2
    """Pause before the first of them; it doubles each time. A ``Retry-After`` of the server wins."""
    longest_seconds: float = 10.0
    """A server that asks for a longer pause is given up at once."""

    def pause(self, sent: int, retry_after: float | None = None) -> float | None:
        """Give the seconds to wait after the request was sent ``sent`` times; None to give up.

        >>> [Retries().pause(sent) for sent in (1, 2, 3, 4)]
        [0.2, 0.4, 0.8, None]
        >>> Retries().pause(1, retry_after=60) is None
        True
        """
        seconds = self.first_seconds * 2 ** (sent - 1) if retry_after is None else retry_after
        return seconds if sent <= self.count and seconds <= self.longest_seconds else None
