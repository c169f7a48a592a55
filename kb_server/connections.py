"""How many connections each address has open, so that one of them does not take those of all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from starlette.datastructures import Headers
from uvicorn._types import HTTPScope

from kb_server.access.credentials import Network, client_address, is_trusted


class AddressPlaces:
    """Counts up to ``limit`` places for each address; one event loop uses it.

    A trusted proxy has connections for many people: behind it, the open requests of each one count.
    """

    def __init__(self, limit: int, trusted: Sequence[Network]) -> None:
        """Begin with nothing open; ``trusted`` are the networks of the proxies."""
        self._limit = limit
        self._trusted = trusted
        self._taken: Counter[str] = Counter()

    def of_connection(self, client: tuple[str, int] | None) -> str | None:
        """Give the address that a connection counts for; None for that of a trusted proxy."""
        if client is None or is_trusted(client[0], self._trusted):
            return None
        return client_address({"client": client}, Headers(), ())

    def of_request(self, scope: HTTPScope) -> str | None:
        """Give the address that a request by a trusted proxy counts for; None where it names none."""
        headers = Headers(raw=list(scope["headers"]))
        return client_address(dict(scope), headers, self._trusted) if "x-forwarded-for" in headers else None

    def take(self, address: str) -> bool:
        """Take one place; tell whether there was one."""
        if self._taken[address] >= self._limit:
            return False
        self._taken[address] += 1
        return True

    def give_back(self, address: str) -> None:
        """Give one place back."""
        self._taken[address] -= 1
        if not self._taken[address]:
            del self._taken[address]
