"""What both clients make of a reply: an object, a pause before the next try, or an exception."""

from __future__ import annotations

import httpx
from pydantic import ValidationError

from kb_server.client.calls import Call, ResultT
from kb_server.client.errors import ApiError, ConnectionFailedError, api_error
from kb_server.client.retries import RETRIED, Retries
from kb_server.problems import Problem

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
"""Above the server's own limit for a request; between two pieces of a stream it sends a heartbeat."""


def settings_of(
    base_url: str, api_key: str | None, timeout: httpx.Timeout | float
) -> tuple[httpx.URL, dict[str, str], httpx.Timeout]:
    """Give address, headers and limits of a client; raises ``ValueError`` for an address that is none."""
    url = httpx.URL(base_url)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"base_url must begin with http:// or https:// and name a host: {base_url!r}")
    headers = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
    return url, headers, httpx.Timeout(timeout)


def request_of(http: httpx.Client | httpx.AsyncClient, call: Call[ResultT]) -> httpx.Request:
    """Give the request to send."""
    return http.build_request(
        call.method,
        call.path.lstrip("/"),
        params=dict(call.query),
        content=call.content,
        headers=dict(call.headers),
    )


def result_of(call: Call[ResultT], response: httpx.Response) -> ResultT:
    """Read a reply; raises ``ConnectionFailedError`` for one that is none of ours."""
    try:
        return call.result.model_validate_json(response.content or b"{}")
    except ValidationError as error:
        raise ConnectionFailedError(
            f"{response.request.url} answered something else than kb-server does: {error.errors()[0]['msg']}."
        ) from error


def pause_after(response: httpx.Response, retries: Retries, *, sent: int) -> float:
    """Give the seconds before a refused request is sent again; raises ``ApiError`` to give up."""
    error = _error_of(response)
    pause = retries.pause(sent, error.retry_after) if response.status_code in RETRIED else None
    if pause is None:
        raise error
    return pause


def pause_after_break(
    failure: httpx.TransportError, retries: Retries, *, sent: int, resumable: bool = False
) -> float:
    """Give the seconds before a broken request is sent again; raises ``ConnectionFailedError`` to give up.

    One that took too long is not sent again, because it would once more, unless it is ``resumable``.
    """
    slow = isinstance(failure, httpx.TimeoutException) and not isinstance(failure, httpx.ConnectTimeout)
    pause = None if slow and not resumable else retries.pause(sent)
    if pause is None:
        raise ConnectionFailedError(
            f"{failure.request.url}: {str(failure) or type(failure).__name__}"
        ) from failure
    return pause


def ended_early(response: httpx.Response) -> httpx.TransportError:
    """Give the failure of a stream that closed in good order, but without its last event."""
    return httpx.RemoteProtocolError("The stream ended before its answer.", request=response.request)


def _error_of(response: httpx.Response) -> ApiError:
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        # A proxy in front answers in words of its own.
        problem = Problem(
            type="about:blank",
            title=response.reason_phrase,
            status=response.status_code,
            detail=f"{response.request.url} answered {response.status_code} {response.reason_phrase}.",
            code="unknown",
            remedy="",
            request_id=response.headers.get("X-Request-ID", ""),
        )
    after = response.headers.get("Retry-After", "")
    return api_error(problem, retry_after=float(after) if after.isdecimal() else None)
