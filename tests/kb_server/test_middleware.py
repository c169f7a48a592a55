"""The middleware around small applications: limits, errors, names and headers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from kb_server.access.guard import Guard
from kb_server.access.include import guard_of
from kb_server.errors import IndexMissingError, KbError, NotFoundError
from kb_server.middleware import middleware_stack
from kb_server.settings import Settings
from kb_server.store.database import open_database, prepare_database

Endpoint = Callable[[Request], Awaitable[Response]]
JSON = "application/problem+json"

GUARDS: list[Guard] = []
"""What lets everybody in, as there are no keys."""


@pytest.fixture(scope="module", autouse=True)
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("keys"))
    prepare_database(settings)
    database = open_database(settings)
    GUARDS.append(guard_of(settings, database))
    yield
    database.close()


def app_with(endpoint: Endpoint, **settings: Any) -> Starlette:
    routes = [Route(path, endpoint, methods=["GET", "POST"]) for path in ("/work", "/healthz")]
    app = Starlette(routes=routes, middleware=middleware_stack(Settings(**settings)))
    app.state.guard = GUARDS[-1]
    return app


def client_of(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


def held_until(release: asyncio.Event) -> Endpoint:
    async def wait(_: Request) -> Response:
        await release.wait()
        return PlainTextResponse("done")

    return wait


def failing(error: Exception) -> Endpoint:
    async def fail(_: Request) -> Response:
        raise error

    return fail


async def chunks(count: int, size: int = 1000) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def test_body_up_to_the_limit_arrives_whole() -> None:
    async with client_of(app_with(echo, max_body_bytes=5000)) as client:
        response = await client.post("/work", content=chunks(5))

    assert response.status_code == 200
    assert response.content == b"x" * 5000


@pytest.mark.parametrize("content", [b"x" * 5001, chunks(1000)], ids=["declared", "chunked"])
async def test_body_above_the_limit_is_refused_and_the_connection_closed(content: Any) -> None:
    async with client_of(app_with(echo, max_body_bytes=5000)) as client:
        response = await client.post("/work", content=content)

    assert response.status_code == 413
    assert response.json()["code"] == "payload_too_large"
    assert response.headers["connection"] == "close"


async def test_declared_length_of_thousands_of_digits_is_only_too_large() -> None:
    async with client_of(app_with(echo)) as client:
        response = await client.post("/work", content=b"", headers={"content-length": "9" * 5000})

    assert response.status_code == 413


async def test_body_that_trickles_in_is_given_up() -> None:
    sent: list[Any] = []
    app = app_with(echo, body_timeout_seconds=0.05)

    async def receive() -> Any:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope_of("POST"), receive, send)

    assert sent[0]["status"] == 408
    assert b"body_timeout" in sent[1]["body"]
    assert sent[-1]["more_body"] is False


def scope_of(method: str) -> dict[str, Any]:
    return {
        "type": "http", "method": method, "path": "/work", "raw_path": b"/work", "query_string": b"",
        "headers": [], "scheme": "http", "server": ("kb", 80), "client": ("127.0.0.1", 1), "root_path": "",
        "http_version": "1.1", "asgi": {"version": "3.0"},
    }  # fmt: skip


async def test_client_that_leaves_while_sending_gets_nothing() -> None:
    sent: list[Any] = []
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    await app_with(echo)(scope_of("POST"), receive, send)

    assert sent == []


async def test_work_is_cancelled_when_the_client_leaves() -> None:
    working, cancelled, left = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def endless(_: Request) -> Response:
        working.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return PlainTextResponse()

    body = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        for message in body:
            return message
        await left.wait()
        return {"type": "http.disconnect"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    serving = asyncio.ensure_future(app_with(endless)(scope_of("POST"), receive, send))
    await working.wait()
    left.set()
    await serving

    assert cancelled.is_set()
    assert sent == []


async def test_request_that_takes_too_long_is_answered_503() -> None:
    async def endless(_: Request) -> Response:
        await asyncio.sleep(60)
        return PlainTextResponse()

    async with client_of(app_with(endless, request_timeout_seconds=0.05)) as client:
        response = await client.get("/work")

    assert response.status_code == 503
    assert response.json()["code"] == "request_timeout"
    assert response.headers["retry-after"] == "1"


async def test_above_the_limit_requests_are_refused_at_once_and_probes_still_answered() -> None:
    release = asyncio.Event()

    async def wait(request: Request) -> Response:
        if request.url.path == "/work":
            await release.wait()
        return PlainTextResponse("done")

    async with client_of(app_with(wait, max_concurrency=2)) as client:
        taken = [asyncio.ensure_future(client.get("/work")) for _ in range(2)]
        await asyncio.sleep(0.05)
        refused = await client.get("/work")
        probe = await client.get("/healthz")
        release.set()
        finished = await asyncio.gather(*taken)
        later = await client.get("/work")

    assert refused.status_code == 503
    assert refused.json()["code"] == "overloaded"
    assert refused.headers["retry-after"] == "1"
    assert probe.status_code == 200
    assert [response.status_code for response in finished] == [200, 200]
    assert later.status_code == 200


async def test_where_no_place_is_free_nothing_of_a_request_is_read() -> None:
    release = asyncio.Event()
    app = app_with(held_until(release), max_concurrency=1)
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was asked for")

    async def send(message: Any) -> None:
        sent.append(message)

    async with client_of(app) as client:
        taken = asyncio.ensure_future(client.get("/work"))
        await asyncio.sleep(0.05)
        await app(scope_of("POST"), receive, send)
        release.set()
        assert (await taken).status_code == 200

    assert sent[0]["status"] == 503
    assert b"overloaded" in sent[1]["body"]


async def test_stream_of_events_gives_its_place_back_and_may_take_longer() -> None:
    release = asyncio.Event()

    async def stream(_: Request) -> Response:
        async def events() -> AsyncIterator[bytes]:
            yield b"data: 1\n\n"
            await release.wait()
            yield b"data: 2\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    async with client_of(app_with(stream, max_concurrency=1, request_timeout_seconds=0.05)) as client:
        streams = [asyncio.ensure_future(client.get("/work"))]
        await asyncio.sleep(0.1)
        streams.append(asyncio.ensure_future(client.get("/work")))
        await asyncio.sleep(0.1)
        release.set()
        responses = await asyncio.gather(*streams)

    assert [response.text for response in responses] == ["data: 1\n\ndata: 2\n\n"] * 2


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFoundError("no '문서'", remedy="look elsewhere"), 404, "not_found"),
        (IndexMissingError("nothing"), 503, "index_missing"),
        (KbError("inner"), 500, "internal_error"),
    ],
)
async def test_error_of_the_server_becomes_a_problem(error: KbError, status: int, code: str) -> None:
    async with client_of(app_with(failing(error))) as client:
        response = await client.get("/work", headers={"X-Request-ID": "abc-1"})

    assert response.status_code == status
    assert response.headers["content-type"] == JSON
    assert response.json() == {
        "type": f"urn:kb-server:problem:{code}",
        "title": error.title,
        "status": status,
        "detail": error.message,
        "code": code,
        "remedy": error.remedy,
        "request_id": "abc-1",
    }


async def test_unforeseen_error_shows_the_request_id_and_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    async with client_of(app_with(failing(ZeroDivisionError("secret")))) as client:
        response = await client.get("/work")

    problem = response.json()
    assert response.status_code == 500
    assert problem["code"] == "internal_error"
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["request_id"] in caplog.text
    assert "ZeroDivisionError: secret" in caplog.text


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "ünïcode", 'a"b'])
async def test_request_id_that_is_not_sane_is_replaced(given: str) -> None:
    async with client_of(app_with(echo)) as client:
        response = await client.get("/work", headers={"X-Request-ID": given.encode("utf-8")})

    assert response.headers["x-request-id"].startswith("req_")


async def test_every_response_carries_the_security_headers() -> None:
    async with client_of(app_with(echo)) as client:
        found, missing = await client.get("/work"), await client.get("/nowhere")

    for response in (found, missing):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert response.headers["cache-control"] == "no-store"


async def test_log_has_the_route_and_the_status_but_nothing_that_was_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with client_of(app_with(echo)) as client:
        await client.post("/work?q=canary-1", content=b"canary-2")

    lines = [record.getMessage() for record in caplog.records if record.name.startswith("kb_server")]
    assert lines[0].startswith("POST /work 200")
    assert "canary" not in str(lines)
