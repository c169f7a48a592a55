"""Requests that are tried again where that makes sense, and what each attempt cost."""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from evals.records.model import Failure, Retry

_AGAIN = {408, 425, 429, 502, 503, 504}
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_SHOWN_CHARS = 300


@dataclass(slots=True)
class Cost:
    """What the requests of one case took."""

    seconds: float = 0.0
    """The last attempt of the question itself."""
    attempts: int = 0
    retries: list[Retry] = field(default_factory=list)


class CallError(Exception):
    """A request that failed for good."""

    def __init__(self, failure: Failure) -> None:
        """Keep what went wrong."""
        super().__init__(failure.message)
        self.failure = failure


class Caller:
    """Sends JSON and reads JSON, with retries on overload, timeouts and lost connections."""

    def __init__(self, client: httpx.AsyncClient, *, retries: int = 3, timeout_seconds: float = 60.0) -> None:
        """Send through ``client``; try a request again up to ``retries`` times."""
        self.client = client
        self._retries = retries
        self._timeout = timeout_seconds

    async def post(self, path: str, body: Mapping[str, Any], cost: Cost) -> dict[str, Any]:
        """Give the JSON object that answers a POST; raises ``CallError``."""
        return await self._call("POST", path, cost, json=body)

    async def get(self, path: str, cost: Cost, **params: Any) -> dict[str, Any]:
        """Give the JSON object that answers a GET; raises ``CallError``."""
        return await self._call("GET", path, cost, params=params)

    async def _call(self, method: str, path: str, cost: Cost, **sent: Any) -> dict[str, Any]:
        for left in range(self._retries, -1, -1):
            started = time.perf_counter()
            cost.attempts += 1
            try:
                response = await self.client.request(method, path, timeout=self._timeout, **sent)
                failure = _failure_of(response)
                if failure is None:
                    cost.seconds = time.perf_counter() - started
                    return _object_of(response)
                wait = _wait_of(response, self._retries - left) if response.status_code in _AGAIN else None
            except httpx.TransportError as error:
                failure = _failure_of_transport(error)
                wait = _backoff(self._retries - left)
            if wait is None or left == 0:
                raise CallError(failure)
            cost.retries.append(Retry(reason=_reason(failure), waited_seconds=wait))
            await asyncio.sleep(wait)
        raise AssertionError


def _failure_of(response: httpx.Response) -> Failure | None:
    if response.is_success:
        return None
    text = response.text
    try:
        body = response.json()
        text = body.get("detail") or (body.get("error") or {}).get("message") or text
    except (ValueError, AttributeError):
        pass
    return Failure(kind="http", status=response.status_code, message=str(text)[:_SHOWN_CHARS])


def _failure_of_transport(error: httpx.TransportError) -> Failure:
    kind = "timeout" if isinstance(error, httpx.TimeoutException) else "connection"
    return Failure(kind=kind, message=(str(error) or type(error).__name__)[:_SHOWN_CHARS])


def _object_of(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError as error:
        raise CallError(
            Failure(kind="reply", status=response.status_code, message=f"not JSON: {error}")
        ) from error
    if not isinstance(body, dict):
        raise CallError(Failure(kind="reply", status=response.status_code, message="not a JSON object"))
    return body


def _wait_of(response: httpx.Response, tried: int) -> float:
    """Give the seconds that ``Retry-After`` names, as a number or as a date, else a growing pause."""
    named = response.headers.get("retry-after", "").strip()
    if named.isdigit():
        return min(float(named), _LONGEST_WAIT_SECONDS)
    try:
        due = email.utils.parsedate_to_datetime(named).timestamp()
    except (ValueError, TypeError):
        return _backoff(tried)
    return min(max(due - time.time(), 0.0), _LONGEST_WAIT_SECONDS)


def _backoff(tried: int) -> float:
    return min(_FIRST_WAIT_SECONDS * 2.0**tried, _LONGEST_WAIT_SECONDS)


def _reason(failure: Failure) -> str:
    return f"{failure.status}" if failure.status is not None else failure.kind
