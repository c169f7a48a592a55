"""Problem details (RFC 9457): how every error of the HTTP API looks."""

from __future__ import annotations

import http
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse
from starlette.types import Scope

from kb_server import openai_errors
from kb_server.errors import (
    ForbiddenError,
    KbError,
    OverloadedError,
    RateLimitedError,
    SearchProcessError,
    StartingError,
    UnauthorizedError,
)
from kb_server.telemetry.observation import note_problem

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
MAX_DETAIL_CHARS = 500
MAX_FIELD_ERRORS = 20
_RETRY_SOON_SECONDS = 1
_RETRY_LATER_SECONDS = 5
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class FieldError(BaseModel):
    """One field of the request that breaks a rule."""

    field: str = Field(description="Path of the field in the body or the query string.", examples=["top_k"])
    message: str = Field(description="The rule that it breaks.")


class Problem(BaseModel):
    """An error as RFC 9457 problem details; programs branch on ``code``."""

    type: str = Field(description="URN of the error code.", examples=["urn:kb-server:problem:unknown_filter"])
    title: str = Field(description="What kind of error this is, the same for each one of its code.")
    status: int = Field(description="The HTTP status, repeated.", examples=[422])
    detail: str = Field(description="What is wrong this time, with the value and the rule.")
    code: str = Field(description="Stable name of the error.", examples=["unknown_filter"])
    remedy: str = Field(description="The next step; empty where there is none.")
    request_id: str = Field(description="Also in the X-Request-ID header and in the server's log.")
    errors: list[FieldError] | None = Field(
        default=None, description="The fields that break a rule, for invalid requests."
    )


def printable(text: str, *, limit: int = MAX_DETAIL_CHARS) -> str:
    r"""Make a text safe to send back: no lone surrogates, no control characters, not too long.

    >>> printable("a\ud800b\x00c")
    'a\\ud800b\\x00c'
    >>> printable("abcdef", limit=4)
    'abc…'
    """
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return _UNPRINTABLE.sub(lambda match: ascii(match.group())[1:-1], short)


def request_id_of(scope: Scope) -> str:
    """Give the request's id, empty where no middleware has set one."""
    state: Mapping[str, Any] = scope.get("state", {})
    return str(state.get("request_id", ""))


def problem_of(error: KbError, *, request_id: str, errors: Sequence[FieldError] = ()) -> Problem:
    """Describe ``error`` for a client, and count it."""
    note_problem(error.code)
    return Problem(
        type=f"urn:kb-server:problem:{error.code}",
        title=error.title,
        status=error.status,
        detail=printable(error.message),
        code=error.code,
        remedy=printable(error.remedy),
        request_id=request_id,
        errors=list(errors) or None,
    )


def problem_response(
    error: KbError,
    scope: Scope,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Render ``error`` as an ASGI response; a 503 says when to try again."""
    problem = problem_of(error, request_id=request_id_of(scope), errors=errors)
    sent = dict(headers or {})
    sent |= _challenge(error)
    wait = retry_after(error)
    if wait is not None:
        sent["Retry-After"] = str(wait)
    if str(scope.get("path", "")).startswith(openai_errors.PATHS):
        return JSONResponse(_for_openai(problem), status_code=error.status, headers=sent)
    return JSONResponse(
        problem.model_dump(exclude_none=True), status_code=error.status, headers=sent, media_type=MEDIA_TYPE
    )


def _for_openai(problem: Problem) -> dict[str, Any]:
    """Say the same in the form that clients of OpenAI's protocol read."""
    body = openai_errors.openai_error(
        status=problem.status,
        code=problem.code,
        message=f"{problem.detail} {problem.remedy}".strip(),
        param=problem.errors[0].field if problem.errors else None,
    )
    return body.model_dump()


def unexpected_problem() -> KbError:
    """Give the error that a client sees in place of one that nobody foresaw."""
    return KbError(
        "The server failed in a way that it did not foresee.",
        remedy="Send the request id to the operator: the server's log has the details.",
    )


def published(error: Exception, request_id: str) -> KbError:
    """Give the error to show; what is the server's own fault goes to the log with its trace."""
    if isinstance(error, KbError) and error.status != http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return error
    logger.error("request %s failed", request_id, exc_info=error)
    return error if isinstance(error, KbError) else unexpected_problem()


def retry_after(error: KbError) -> int | None:
    """Give the seconds after which trying again can help; None where it cannot."""
    if isinstance(error, RateLimitedError):
        return error.wait
    if error.status != http.HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    soon = isinstance(error, OverloadedError | StartingError | SearchProcessError)
    return _RETRY_SOON_SECONDS if soon else _RETRY_LATER_SECONDS


def _challenge(error: KbError) -> dict[str, str]:
    """Say, in the words of RFC 6750, how to show a key, or what the one that was shown lacks."""
    if isinstance(error, UnauthorizedError):
        reason = error.reason
    elif isinstance(error, ForbiddenError):
        reason = "insufficient_scope"
    else:
        return {}
    told = f', error="{reason}"' if reason else ""
    return {"WWW-Authenticate": f'Bearer realm="kb-server"{told}'}
