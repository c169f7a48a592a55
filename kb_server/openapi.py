"""What the OpenAPI document says about errors, in one place."""

from __future__ import annotations

from typing import Any

from kb_server.openai_errors import OpenAIErrorBody
from kb_server.problems import MEDIA_TYPE, Problem

Responses = dict[int | str, dict[str, Any]]
SCHEMAS_PATH = "#/components/schemas/"

_MEANINGS = {
    400: "The body is not JSON: `malformed_json`.",
    401: "No valid key or token was shown: `unauthorized`.",
    403: "The key or token does not reach this far: `forbidden`, `untrusted_origin`.",
    404: "There is no such thing: `not_found`.",
    408: "The body did not arrive in time: `body_timeout`.",
    413: "The body is above the limit: `payload_too_large`.",
    415: "The body is not declared as application/json: `unsupported_media_type`.",
    422: "A field breaks a rule, or a filter is unknown: `invalid_request`, `unknown_filter`, "
    "`idempotency_key_reused`.",
    429: "Too many requests came from this caller; Retry-After says when to ask again: `rate_limited`.",
    500: "The server failed; its log has the request id: `internal_error`, `citation_mismatch`.",
    503: (
        "Nothing can be answered now; Retry-After says when to ask again: `starting`, `index_missing`, "
        "`index_damaged`, `index_mismatch`, `encoder_unavailable`, `store_unavailable`, "
        "`overloaded`, `request_timeout`, `shutting_down`."
    ),
}
PROBE_PROBLEMS = (408, 413, 500, 503)
"""What a route for probes may answer, which asks nobody for a key."""
COMMON_PROBLEMS = (401, 403, 408, 413, 429, 500, 503)
"""What any other route may answer."""
BODY_PROBLEMS = (400, 401, 403, 408, 413, 415, 422, 429, 500, 503)
"""What a route with a JSON body may answer."""


def problems(*statuses: int) -> Responses:
    """Document the error ``statuses`` of a route."""
    return {status: _problem(_MEANINGS[status]) for status in statuses}


def events_schema(description: str, *fields: str) -> dict[str, Any]:
    """Document a stream of events, each with ``fields`` beside its ``data``; the whole body has no schema.

    ``itemSchema`` is OpenAPI 3.2's word for it; readers of 3.1 pass over it.
    """
    data = {"type": "string", "description": description}
    return {
        "itemSchema": {
            "type": "object",
            "properties": {**{name: {"type": "string"} for name in fields}, "data": data},
            "required": [*fields, "data"],
        }
    }


def openai_errors(*statuses: int) -> Responses:
    """Document the error ``statuses`` of a route of OpenAI's protocol."""
    return {status: {"description": _MEANINGS[status], "model": OpenAIErrorBody} for status in statuses}


def with_problem_schema(document: dict[str, Any]) -> dict[str, Any]:
    """Add the schemas that ``problems`` refers to."""
    schema = Problem.model_json_schema(ref_template=SCHEMAS_PATH + "{model}")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(schema.pop("$defs", {}))
    schemas["Problem"] = schema
    return document


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": SCHEMAS_PATH + "Problem"}}},
    }
