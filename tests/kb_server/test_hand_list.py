"""What generators do not think of, sent to every route: surrogates, NUL, depth, huge numbers, tags."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings

from .served import served

TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore")
TEXTS = {
    "bidi": "\u202eroll back\u2066",
    "tags": f"roll back{TAGS}",
    "zero width": "\u200b\u200d\ufeff",
    "combining": "e" + "\u0301" * 1500,
    "jamo": "\u1112\u1161\u11ab" * 300,
    "noncharacters": "\uffff\U0010ffff\ue000",
    "controls": "\x01\x07\x1b[31m",
    "emoji": "👩‍👩‍👧‍👦" * 80,
    "markup": "<script>alert(1)</script> [x](javascript:alert(1)) ![](//evil.example/a)",
    "template": "${jndi:ldap://x} {{7*7}} %s %n ../../etc/passwd ' OR 1=1 --",
}
VALUES = {
    **{name: json.dumps(text) for name, text in TEXTS.items()},
    "surrogate": '"a\\ud800b"',
    "surrogates the wrong way round": '"\\udc00\\ud800"',
    "NUL": '"a\\u0000b"',
    "a billion": "1000000000",
    "beyond 64 bits": "9" * 40,
    "5000 digits": "9" * 5000,
    "minus": "-1",
    "1e999": "1e999",
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "10,000 ids": json.dumps({"path": [f"en/{number}.md" for number in range(10_000)]}),
    "10,000 keys": json.dumps({f"key{number}": "x" for number in range(10_000)}),
    "500 deep": "[" * 500 + "]" * 500,
    "null": "null",
    "an object": '{"__proto__": {"$where": "1"}, "constructor": 1}',
}
BODIES = {
    "100,000 deep": b"[" * 100_000,
    "100,000 objects deep": b'{"question":' * 20_000,
    "1 MB": b'{"question": "' + b"x" * 1_000_000 + b'"}',
    "a key twice": b'{"question": "a", "question": "b"}',
    "a list": b"[]",
    "a text": b'"roll back"',
    "nothing": b"",
    "spaces": b" \n\t ",
    "two objects": b"{}{}",
    "a comment": b"{/* */}",
    "bad UTF-8": b'{"question": "\xff\xfe"}',
    "overlong UTF-8": b'{"question": "\xc0\xaf"}',
    "surrogates in UTF-8": b'{"question": "\xed\xa0\x80"}',
    "raw NUL": b'{"question": "a\x00b"}',
    "byte order mark": b'\xef\xbb\xbf{"question": "roll back"}',
}
PARTS = [*TEXTS.values(), "a\x00b", "..", "../../etc/passwd", "%", "%00", "x" * 4000, "-1", "null", " "]
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
SIMPLE = {"string": "roll back", "integer": 1, "number": 1.0, "boolean": False}
WRITING = ("post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def client(
    shared_index: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    store = f"sqlite:///{tmp_path_factory.mktemp('store')}/app.sqlite"
    settings = Settings(data_dir=shared_index, database_url=store)
    with (
        served(create_app(settings, encoder=lambda: encoder), settings=settings) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield client


class Description:
    """The OpenAPI document, as far as a sender needs it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas = document["components"]["schemas"]
        self._paths = document["paths"]

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, methods in self._paths.items():
            for method, operation in methods.items():
                yield method, path, operation

    def body_schema(self, operation: dict[str, Any]) -> dict[str, Any] | None:
        content = operation.get("requestBody", {}).get("content", {})
        return self.resolve(content["application/json"]["schema"]) if "application/json" in content else None

    def resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def example(self, schema: dict[str, Any]) -> Any:
        """Give a small value that fits ``schema``."""
        schema = self.resolve(schema)
        for alternatives in (word for word in ("anyOf", "oneOf", "allOf") if word in schema):
            return self.example(schema[alternatives][0])
        known = [*schema.get("examples", []), *schema.get("enum", [])]
        known += [schema[word] for word in ("const", "default") if word in schema]
        if known:
            return known[0]
        if schema.get("type") == "object":
            fields = schema.get("properties", {})
            return {name: self.example(fields[name]) for name in schema.get("required", ())}
        if schema.get("type") == "array":
            return [self.example(schema["items"])] if schema.get("minItems") else []
        return SIMPLE.get(schema.get("type", ""))


def described(client: httpx.Client) -> Description:
    return Description((client.get("/openapi.json")).json())


def check(response: httpx.Response, operation: dict[str, Any]) -> None:
    """Hold a response against what is written of its route."""
    shown = f"{response.request.method} {response.request.url.path[:80]} -> {response.status_code}"
    assert str(response.status_code) in operation["responses"], shown
    assert response.status_code < 500, shown
    if response.status_code >= 400:
        problem = response.json()
        assert problem.get("code") or problem["error"]["code"], shown
        assert len(response.content) < 20_000, shown


def send(client: httpx.Client, method: str, path: str, content: bytes) -> httpx.Response:
    return client.request(method.upper(), path, content=content, headers=JSON)


def at(path: str, value: str = "x") -> str:
    """Put ``value`` in place of each parameter of a path."""
    parts = [quote(value, safe="") if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def test_every_field_of_every_route_takes_or_refuses_every_value(client: httpx.Client) -> None:
    description = described(client)
    sent = 0
    for method, path, operation in description.operations():
        schema = description.body_schema(operation)
        if schema is None:
            continue
        valid = description.example(schema)
        for field in schema["properties"]:
            for value in VALUES.values():
                rest = {name: given for name, given in valid.items() if name != field}
                inside = json.dumps(rest)[1:-1]
                content = f"{{{json.dumps(field)}: {value}{', ' if inside else ''}{inside}}}"
                check(send(client, method, at(path), content.encode()), operation)
                sent += 1

    assert sent > 300


def test_every_route_with_a_body_refuses_what_is_no_body_of_its_own(client: httpx.Client) -> None:
    for method, path, operation in (described(client)).operations():
        if method in WRITING and "requestBody" in operation:
            for content in BODIES.values():
                check(send(client, method, at(path), content), operation)


def test_every_part_of_every_path_may_be_anything(client: httpx.Client) -> None:
    description = described(client)
    for method, path, operation in description.operations():
        if "{" not in path:
            continue
        schema = description.body_schema(operation)
        content = b"" if schema is None else json.dumps(description.example(schema)).encode()
        for part in PARTS:
            target = at(path, part)
            response = send(client, method, target, content)
            # A slash or dots in a part make it another path, which may have no route.
            if response.status_code not in {404, 405}:
                check(response, operation)
            assert response.json()


def test_every_parameter_of_every_query_may_be_anything(client: httpx.Client) -> None:
    for method, path, operation in (described(client)).operations():
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query":
                for value in [*PARTS, "9" * 5000, "1e999", "NaN", "true", ""]:
                    response = client.request(
                        method.upper(), at(path), params={parameter["name"]: value}, headers=JSON
                    )
                    check(response, operation)


@pytest.mark.parametrize("name", BODIES)
def test_the_tools_refuse_what_is_no_call(client: httpx.Client, name: str) -> None:
    response = send(client, "post", "/mcp", BODIES[name])

    assert response.status_code < 500
    assert response.json()


@pytest.mark.parametrize("name", VALUES)
def test_the_tools_take_or_refuse_every_argument(client: httpx.Client, name: str) -> None:
    for tool, argument in (("search_docs", "query"), ("ask_docs", "question"), ("read_document", "path")):
        call = (
            '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": '
            f'{{"name": "{tool}", "arguments": {{"{argument}": {VALUES[name]}}}}}}}'
        )
        response = send(client, "post", "/mcp", call.encode())

        assert response.status_code < 500, tool
        assert response.content, tool
