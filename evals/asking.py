"""Ask a running server many questions over HTTP, several at a time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Self

import httpx

from evals.measures import Passage
from evals.server import EvalError

MODES = ("hybrid", "lexical", "dense")
_TIMEOUT_SECONDS = 120.0

Body = Mapping[str, Any]
"""A body of ``POST /v1/search`` or ``POST /v1/query``."""


class Asker:
    """Asks one server from several connections; a request that fails stops the measurement."""

    def __init__(self, url: str, *, connections: int = 4) -> None:
        """Ask the server at ``url``."""
        self._connections = connections
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS, limits=limits)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        """Give the asker itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def search(self, body: Body) -> dict[str, Any]:
        """Give the reply to one search, or raise ``EvalError`` with the status."""
        return self._post("/v1/search", body)

    def _post(self, path: str, body: Body) -> dict[str, Any]:
        reply = self._client.post(path, json=body)
        if reply.status_code != httpx.codes.OK:
            raise EvalError(f"{path} gave {reply.status_code} to {body}: {reply.text[:300]}")
        result: dict[str, Any] = reply.json()
        return result

    def _all(self, path: str, bodies: Mapping[str, Body]) -> dict[str, dict[str, Any]]:
        with ThreadPoolExecutor(self._connections) as pool:
            replies = pool.map(partial(self._post, path), bodies.values())
            return dict(zip(bodies, replies, strict=True))

    def replies(self, bodies: Mapping[str, Body]) -> dict[str, dict[str, Any]]:
        """Give the reply to every body of ``POST /v1/search``, by its name."""
        return self._all("/v1/search", bodies)

    def passages(self, bodies: Mapping[str, Body]) -> dict[str, list[Passage]]:
        """Give the passages of every body, by its name."""
        return {name: reply["passages"] for name, reply in self.replies(bodies).items()}

    def answers(self, bodies: Mapping[str, Body]) -> dict[str, dict[str, Any]]:
        """Give the answer to every body of ``POST /v1/query``, by its name."""
        return self._all("/v1/query", bodies)
