"""What the application answers where no route fits: which paths there are, and which methods they take."""

from __future__ import annotations

import http

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

from kb_server import openai_errors
from kb_server.errors import KbError, MalformedJsonError, MethodNotAllowedError, NotFoundError
from kb_server.problems import printable, problem_response, unexpected_problem

_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_SEE_ROUTES = "/openapi.json lists the routes."


async def routing_error(request: Request, error: Exception) -> Response:
    """Render what the framework itself refuses."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED:
        # The framework names the methods of the first route alone, and each method is a route.
        allowed = allowed_methods(request.app, request.url.path) or (error.headers or {}).get("Allow", "")
        return problem_response(_wrong_method(request, allowed), request.scope, headers={"Allow": allowed})
    return problem_response(_problem_of(request, error), request.scope, headers=error.headers)


def allowed_methods(app: FastAPI, path: str) -> str:
    """Give the methods that the OpenAPI document has for ``path``, as the Allow header lists them."""
    found: set[str] = set()
    for template, operations in app.openapi()["paths"].items():
        if compile_path(template)[0].fullmatch(path):
            found |= _METHODS & operations.keys()
    return ", ".join(sorted(method.upper() for method in found))


def _wrong_method(request: Request, allowed: str) -> KbError:
    remedy = f"Use {allowed.replace(', ', ' or ')}." if allowed else _SEE_ROUTES
    path = printable(request.url.path, limit=200)
    return MethodNotAllowedError(f"{path} does not take {request.method}.", remedy=remedy)


def _way(path: str) -> str:
    """Say what a client has most likely got wrong, to which OpenAI's base address and ours look alike."""
    if path.startswith("/v1/v1/"):
        return "The base address that this client wants ends without /v1."
    if not path.startswith(openai_errors.PATHS):
        return _SEE_ROUTES
    if not path.startswith("/v1/"):
        return "The base address that clients of OpenAI's protocol want ends in /v1."
    return "Of OpenAI's protocol there are POST /v1/chat/completions and GET /v1/models."


def _problem_of(request: Request, error: HTTPException) -> KbError:
    route = f"{request.method} {printable(request.url.path, limit=200)}"
    match error.status_code:
        case http.HTTPStatus.NOT_FOUND:
            return NotFoundError(f"There is no route {route}.", remedy=_way(request.url.path))
        case http.HTTPStatus.BAD_REQUEST:
            return MalformedJsonError(
                "The body cannot be read as JSON: bad UTF-8, nested too deeply, or a number too long.",
                remedy="Send one JSON object in UTF-8.",
            )
        case _:
            return unexpected_problem()
