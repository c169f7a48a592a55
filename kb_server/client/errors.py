"""Every error of the client, as one tree.

ClientError
├── ConnectionFailedError        the server cannot be reached, or did not answer in time
└── ApiError                     the server answered with a problem
    ├── AuthenticationError      401: no key, or one that is not valid
    ├── PermissionDeniedError    403: the key may not do this
    ├── NotFoundError            404
    ├── RequestRefusedError      other 4xx: the request has to be changed
    ├── RateLimitedError         429: too many requests of this key or address
    └── UnavailableError         5xx: asking again later can help
"""

from __future__ import annotations

from http import HTTPStatus

from kb_server.problems import Problem


class ClientError(Exception):
    """Base of all errors."""


class ConnectionFailedError(ClientError):
    """The server cannot be reached, broke off, or did not answer in time."""


class ApiError(ClientError):
    """The server answered with a problem."""

    def __init__(self, problem: Problem, *, retry_after: float | None = None) -> None:
        """Keep the problem details, and after how many seconds asking again can help."""
        super().__init__(f"{problem.code} ({problem.status}): {problem.detail} {problem.remedy}".strip())
        self.problem = problem
        self.retry_after = retry_after

    @property
    def code(self) -> str:
        """Give the stable name of the error."""
        return self.problem.code

    @property
    def status(self) -> int:
        """Give the HTTP status."""
        return self.problem.status

    @property
    def request_id(self) -> str:
        """Give the id under which the server's log has the request."""
        return self.problem.request_id


class AuthenticationError(ApiError):
    """The key is missing or not valid."""


class PermissionDeniedError(ApiError):
    """The key may not do this."""


class NotFoundError(ApiError):
    """The named thing does not exist."""


class RequestRefusedError(ApiError):
    """The request has to be changed."""


class RateLimitedError(ApiError):
    """There were too many requests."""


class UnavailableError(ApiError):
    """The server cannot answer now, or failed."""


_KINDS: dict[int, type[ApiError]] = {
    HTTPStatus.UNAUTHORIZED: AuthenticationError,
    HTTPStatus.FORBIDDEN: PermissionDeniedError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitedError,
}


def api_error(problem: Problem, *, retry_after: float | None = None) -> ApiError:
    """Give the exception for ``problem``."""
    server_side = problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = _KINDS.get(problem.status, UnavailableError if server_side else RequestRefusedError)
    return kind(problem, retry_after=retry_after)
