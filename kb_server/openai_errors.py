"""How an error looks to a client of OpenAI's protocol."""

from __future__ import annotations

from pydantic import BaseModel, Field

_NOT_OURS = ("/completions", "/embeddings", "/responses")
PATHS = (
    "/v1/chat/",
    "/v1/models",
    *(f"/v1{path}" for path in _NOT_OURS),
    "/chat/completions",
    "/models",
    *_NOT_OURS,
)
"""Paths whose callers expect errors in this form begin with one of these; most of them are no routes."""

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
_SERVER_ERRORS = 500


class OpenAIError(BaseModel):
    """What is wrong."""

    message: str = Field(description="What is wrong, and what to do.")
    type: str = Field(description="Kind of error by its status.", examples=["invalid_request_error"])
    param: str | None = Field(description="The parameter that breaks a rule, or null.", examples=["n"])
    code: str = Field(description="Stable name of the error, the same as in problem details.")


class OpenAIErrorBody(BaseModel):
    """An error as clients of OpenAI's protocol read it."""

    error: OpenAIError


def openai_error(*, status: int, code: str, message: str, param: str | None = None) -> OpenAIErrorBody:
    """Describe an error.

    >>> openai_error(status=503, code="overloaded", message="Busy.").error.type
    'server_error'
    """
    kind = "server_error" if status >= _SERVER_ERRORS else _TYPES.get(status, "invalid_request_error")
    return OpenAIErrorBody(error=OpenAIError(message=message, type=kind, param=param, code=code))
