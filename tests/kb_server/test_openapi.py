"""The OpenAPI document is the contract: every route, field and status stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from kb_server import errors
from kb_server.errors import KbError
from kb_server.problems import problem_of

OPERATIONS = {
    "search": {"200", "400", "401", "403", "408", "413", "415", "422", "429", "500", "503"},
    "query": {"200", "400", "401", "403", "404", "408", "413", "415", "422", "429", "500", "503"},
    "chat_completions": {"200", "400", "401", "403", "408", "413", "415", "422", "429", "500", "503"},
    "list_models": {"200", "401", "403", "408", "413", "429", "500", "503"},
    "get_model": {"200", "401", "403", "404", "408", "413", "422", "429", "500", "503"},
    "resume_stream": {"200", "401", "403", "404", "408", "413", "422", "429", "500", "503"},
    "list_suggestions": {"200", "401", "403", "408", "413", "422", "429", "500", "503"},
    "list_conversations": {"200", "401", "403", "408", "413", "422", "429", "500", "503"},
    "get_conversation": {"200", "401", "403", "404", "408", "413", "422", "429", "500", "503"},
    "delete_conversation": {"204", "401", "403", "404", "408", "413", "422", "429", "500", "503"},
    "give_feedback": {"201", "400", "401", "403", "404", "408", "413", "415", "422", "429", "500", "503"},
    "list_feedback": {"200", "401", "403", "408", "413", "422", "429", "500", "503"},
    "export_customer": {"200", "401", "403", "408", "413", "422", "429", "500", "503"},
    "erase_customer": {"200", "401", "403", "408", "413", "422", "429", "500", "503"},
    "verify": {"200", "400", "401", "403", "408", "413", "415", "422", "429", "500", "503"},
    "list_documents": {"200", "401", "403", "408", "413", "422", "429", "500", "503"},
    "get_document": {"200", "401", "403", "404", "408", "413", "422", "429", "500", "503"},
    "get_revision": {"200", "401", "403", "404", "408", "413", "422", "429", "500", "503"},
    "healthz": {"200", "408", "413", "500", "503"},
    "readyz": {"200", "408", "413", "500", "503"},
    "get_index": {"200", "401", "403", "408", "413", "429", "500", "503"},
    "metrics": {"200", "401", "403", "408", "413", "429", "500", "503"},
    "create_widget_token": {"200", "400", "401", "403", "408", "413", "415", "422", "429", "500", "503"},
}


FORMS = {"openai": ("application/json", "OpenAIErrorBody")}
"""How errors look where they are no problem details, by tag."""


async def document_of(client: httpx.AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] = (await client.get("/openapi.json")).json()
    return document


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


async def test_every_operation_has_an_id_a_description_and_its_statuses(client: httpx.AsyncClient) -> None:
    found = {}
    for operation in operations(await document_of(client)):
        assert operation["description"]
        found[operation["operationId"]] = set(operation["responses"])

    assert found == OPERATIONS


async def test_every_error_is_documented_in_the_form_of_its_protocol(client: httpx.AsyncClient) -> None:
    for operation in operations(await document_of(client)):
        kind, name = FORMS.get(operation["tags"][0], ("application/problem+json", "Problem"))
        for status, response in operation["responses"].items():
            if not status.startswith("2"):
                assert response["content"][kind]["schema"] == {"$ref": f"#/components/schemas/{name}"}
                assert list(response["content"]) == [kind]


async def test_every_reference_resolves(client: httpx.AsyncClient) -> None:
    document = await document_of(client)
    pending: list[Any] = [document]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if "$ref" in node:
                assert node["$ref"].removeprefix("#/components/schemas/") in document["components"]["schemas"]
            pending += node.values()
        elif isinstance(node, list):
            pending += node


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/v1/search/", "/nope"])
async def test_page_that_is_not_there_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_base_address_with_v1_is_named_as_such(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/v1/query", json={"question": "안녕하세요"})

    assert response.status_code == 404
    assert response.json()["remedy"] == "The base address that this client wants ends without /v1."


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/query"), ("DELETE", "/v1/documents"), ("POST", "/readyz")]
)
async def test_method_that_a_route_lacks_is_a_problem(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await client.request(method, path)

    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"
    assert response.headers["allow"]


def every_error(kind: type[KbError] = KbError) -> Iterator[type[KbError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from every_error(child)


OWN_ERRORS = [kind for kind in every_error() if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", OWN_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_becomes_a_problem_with_a_code_of_its_own(kind: type[KbError]) -> None:
    problem = problem_of(kind("문제가 있습니다", remedy="next"), request_id="r")

    assert problem.detail == "문제가 있습니다"
    assert problem.status == kind.status
    assert 400 <= problem.status <= 599
    assert [other.code for other in OWN_ERRORS].count(kind.code) == 1


@pytest.mark.parametrize("kind", OWN_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_stands_in_the_tree_of_the_module(kind: type[KbError]) -> None:
    assert kind.__name__ in str(errors.__doc__)


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/v1/query", "POST"), ("/v1/feedback", "GET, POST"), ("/v1/conversations/c_1", "DELETE, GET")],
)
async def test_a_method_that_a_route_does_not_take_is_told_all_that_it_takes(
    client: httpx.AsyncClient, path: str, methods: str
) -> None:
    response = await client.request("PATCH", path)

    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"
    assert response.json()["remedy"] == f"Use {methods.replace(', ', ' or ')}."
    assert response.headers["allow"] == methods
