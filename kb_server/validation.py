"""Say which field of a request breaks which rule, without sending back what the client sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import Response

from kb_server.errors import InvalidRequestError, KbError, MalformedJsonError, UnsupportedMediaTypeError
from kb_server.problems import MAX_FIELD_ERRORS, FieldError, printable, problem_response

_MAX_FIELD_CHARS = 120
_PLAIN_WORDS = {
    "extra_forbidden": "is not a known field",
    "missing": "is required",
    "model_attributes_type": "must be a JSON object",
    "string_unicode": "must be Unicode text, without NUL and lone surrogates",
}
_REMEDY = "/openapi.json describes every field."


async def invalid_request(request: Request, error: Exception) -> Response:
    """Render a request that does not fit its schema."""
    if not isinstance(error, RequestValidationError):
        raise error
    found: Sequence[Mapping[str, Any]] = error.errors()
    problem, fields = _classify(found, error.body)
    return problem_response(problem, request.scope, errors=fields)


def invalid_arguments(error: ValidationError, *, remedy: str) -> InvalidRequestError:
    """Name the fields and rules of what did not come as an HTTP body."""
    return _invalid([{**item, "loc": ("body", *item["loc"])} for item in error.errors()], remedy)[0]


def _classify(found: Sequence[Mapping[str, Any]], body: Any) -> tuple[KbError, list[FieldError]]:
    if isinstance(body, bytes):
        problem: KbError = UnsupportedMediaTypeError(
            "The body is not declared as JSON.", remedy="Send the header Content-Type: application/json."
        )
        return problem, []
    if found[0]["type"] == "json_invalid":
        reason, position = found[0]["ctx"]["error"], found[0]["loc"][-1]
        problem = MalformedJsonError(
            f"The body is not JSON: {reason}, at character {position}.",
            remedy="Send one JSON object in UTF-8.",
        )
        return problem, []
    return _invalid(found, _REMEDY)


def _invalid(found: Sequence[Mapping[str, Any]], remedy: str) -> tuple[InvalidRequestError, list[FieldError]]:
    fields = [_field_error(item) for item in found[:MAX_FIELD_ERRORS]]
    message = "; ".join(f"{field.field}: {field.message}" for field in fields)
    more = len(found) - len(fields)
    if more:
        message = f"{more} more errors than listed; {message}"
    return InvalidRequestError(f"{message}.", remedy=remedy), fields


def _field_error(item: Mapping[str, Any]) -> FieldError:
    """Name the field and the rule.

    >>> _field_error({"type": "missing", "loc": ("body", "query"), "msg": "Field required"})
    FieldError(field='query', message='is required')
    """
    path = ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0])
    message = _PLAIN_WORDS.get(item["type"]) or str(item["msg"]).removeprefix("Value error, ")
    return FieldError(field=printable(path, limit=_MAX_FIELD_CHARS), message=printable(message))
