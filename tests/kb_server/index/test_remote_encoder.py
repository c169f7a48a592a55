"""An embedding endpoint: a real server on loopback that speaks OpenAI's protocol, well or badly."""

from __future__ import annotations

import base64
import json
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from kb_server.errors import EncoderError
from kb_server.index.embedding import Encoder, encoder_source, load_encoder
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings

KEY = "sk-a-very-secret-key"
MODEL = "nomic-한글"
Answer = tuple[int, Any]


class Endpoint:
    """Answers with the vectors of a hash encoder, unless the script of failures has something left."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.failures: list[Answer] = []
        self.floats_only = False
        self.change: Callable[[list[list[float]]], list[list[float]]] = lambda vectors: vectors
        self.url = ""

    def answer(self, body: dict[str, Any], key: str) -> Answer:
        self.requests.append(body)
        self.keys.append(key)
        if self.failures:
            return self.failures.pop(0)
        vectors = self.change((3 * HashEncoder(dimension=16).encode(body["input"])).tolist())
        as_base64 = body.get("encoding_format") == "base64" and not self.floats_only
        data = [
            {"object": "embedding", "index": index, "embedding": _packed(vector) if as_base64 else vector}
            for index, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return 200, {"object": "list", "model": body["model"], "data": data, "usage": usage}


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


@contextmanager
def serving(endpoint: Endpoint) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, answer = endpoint.answer(body, self.headers["authorization"])
            if self.path != "/v1/embeddings":
                status, answer = 404, {"error": {"message": f"no route {self.path}"}}
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    with serving(endpoint):
        yield endpoint


def settings_for(endpoint: Endpoint, **more: Any) -> Settings:
    given = {"encoder": f"openai:{MODEL}", "encoder_url": endpoint.url, "encoder_api_key": KEY}
    return Settings(**(given | more))


def loaded(endpoint: Endpoint, **more: Any) -> Encoder:
    return load_encoder(settings_for(endpoint, **more), threads=1)


TEXTS = ("How do I reset the password?", "비밀번호를 바꾸려면 어떻게 하나요?", "")


@pytest.mark.parametrize("floats_only", [False, True], ids=["base64", "floats"])
def test_vectors_are_those_of_the_endpoint_with_unit_length(endpoint: Endpoint, floats_only: bool):
    endpoint.floats_only = floats_only
    encoder = loaded(endpoint)

    expected = HashEncoder(dimension=16).encode([*TEXTS[:2], " "])
    assert encoder.dimension == 16
    assert np.allclose(encoder.encode(TEXTS), expected, atol=1e-6)
    assert np.allclose(encoder.encode_queries(TEXTS), expected, atol=1e-6)
    assert encoder.encode([]).shape == (0, 16)
    assert {request["model"] for request in endpoint.requests} == {MODEL}
    assert set(endpoint.keys) == {f"Bearer {KEY}"}


def test_questions_and_passages_get_their_prefixes(endpoint: Endpoint):
    encoder = loaded(endpoint, encoder_query_prefix="query: ", encoder_document_prefix="passage: ")
    endpoint.requests.clear()
    encoder.encode(["limit 한도"])
    encoder.encode_queries(["limit 한도"])

    assert [request["input"] for request in endpoint.requests] == [
        ["passage: limit 한도"],
        ["query: limit 한도"],
    ]


def test_another_document_prefix_is_another_revision_and_another_address_is_not(endpoint: Endpoint):
    def revision(**more: Any) -> str:
        return encoder_source(settings_for(endpoint, **more), threads=1).revision

    assert revision(encoder_url="http://elsewhere.example/v1") == revision()
    assert revision(encoder_query_prefix="query: ") == revision()
    assert revision(encoder_document_prefix="passage: ") != revision()
    assert revision(encoder="openai:other") != revision()
    assert not endpoint.requests


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_tried_again(endpoint: Endpoint, status: int):
    encoder = loaded(endpoint)
    endpoint.failures = [(status, {"error": {"message": "later"}})]

    assert encoder.encode(["later"]).shape == (1, 16)
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(401, "KB_ENCODER_API_KEY"), (404, "KB_ENCODER_URL"), (429, "limit"), (500, "KB_ENCODER_URL")],
)
def test_a_lasting_failure_names_address_model_and_remedy_but_no_key(
    endpoint: Endpoint, status: int, remedy: str
):
    endpoint.failures = [(status, {"error": {"message": f"refused {KEY}"}})] * 2

    with pytest.raises(EncoderError, match=str(status)) as caught:
        loaded(endpoint)
    assert endpoint.url in caught.value.message
    assert MODEL in caught.value.message
    assert remedy in caught.value.remedy
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "garbage",
    [
        b"<html>not an endpoint</html>",
        b"{",
        b"[]",
        {"data": None},
        {"object": "list", "data": []},
        {"object": "list", "data": [{"index": 0}]},
        {"object": "list", "data": [{"index": 0, "embedding": "AAA"}]},
        {"object": "list", "data": [{"index": 0, "embedding": ["a", "b"]}]},
    ],
)
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_garbage_is_an_error_that_names_the_address(endpoint: Endpoint, garbage: Any):
    endpoint.failures = [(200, garbage)]

    with pytest.raises(EncoderError, match=r"127\.0\.0\.1") as caught:
        loaded(endpoint)
    assert "KB_ENCODER_URL" in caught.value.remedy


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda vectors: [vector[:8] for vector in vectors], "8 dimensions, 16 before"),
        (lambda vectors: [[float("nan")] * 16 for _ in vectors], "not finite"),
        (lambda vectors: [[0.0] * 16 for _ in vectors], "length 0"),
        (lambda vectors: vectors[1:], r"\(1, 16\) for 2 texts"),
        (lambda vectors: [vectors[0], vectors[1][:5]], "no embeddings"),
    ],
)
def test_vectors_that_cannot_be_right_are_an_error(
    endpoint: Endpoint, change: Callable[[list[list[float]]], list[list[float]]], said: str
):
    encoder = loaded(endpoint)
    endpoint.change = change

    with pytest.raises(EncoderError, match=said):
        encoder.encode(["one", "둘"])


def test_nobody_at_the_address_is_an_error_without_user_and_password():
    settings = Settings(encoder=f"openai:{MODEL}", encoder_url="http://me:secret@127.0.0.1:9/v1")

    with pytest.raises(EncoderError, match=r"http://127\.0\.0\.1:9/v1") as caught:
        load_encoder(settings, threads=1)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("encoder_url", "http://[::1"),
        ("encoder_url", "http://localhost:99999/v1"),
        ("encoder_url", "localhost:8080/v1"),
        ("encoder_url", ""),
        ("encoder", "openai:"),
        ("reranker", " "),
    ],
)
def test_a_setting_that_names_nothing_is_refused_with_the_rule(field: str, value: str):
    with pytest.raises(ValidationError, match=field):
        Settings(**{field: value})


def test_an_empty_key_is_no_key(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    encoder = loaded(endpoint, encoder_api_key="")
    endpoint.failures = [(400, {"error": {"message": "no such model"}})]

    with pytest.raises(EncoderError, match="no such model"):
        encoder.encode(["one"])


def test_the_key_shows_in_no_form_of_the_settings(endpoint: Endpoint):
    settings = settings_for(endpoint)

    assert KEY not in repr(settings) + str(settings.model_dump()) + settings.model_dump_json()


def test_tokens_are_estimated_for_both_languages(endpoint: Endpoint):
    encoder = loaded(endpoint)

    assert encoder.count_tokens("password " * 8) == 18
    assert encoder.count_tokens("비밀번호") == 3
    assert encoder.window == 256


@pytest.mark.parametrize("encoder", ["minilm", "builtin"])
def test_a_shipped_encoder_refuses_prefixes(encoder: str):
    with pytest.raises(EncoderError, match="'query: '") as caught:
        encoder_source(Settings(encoder=encoder, encoder_query_prefix="query: "), threads=1)
    assert "KB_ENCODER" in caught.value.remedy
