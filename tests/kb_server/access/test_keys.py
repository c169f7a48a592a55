"""Who may ask: keys on every route and by both headers, revoked at once."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from typer.testing import CliRunner

from kb_server.access import repository
from kb_server.access.caller import Scope
from kb_server.access.keys import digest_of, id_in, now
from kb_server.access.policy import needed_scope
from kb_server.app import create_app
from kb_server.cli import app as commands
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings
from kb_server.store.once import at_once
from tests.kb_server.published import running, wait_until_ready

from .labelled import PAGES
from .making import QUESTION, bearer, key_of


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Give every method and path that anything listens on, with any ids in them."""
    found = [("POST", "/mcp")]
    for path, methods in app.openapi()["paths"].items():
        filled = path.replace("{", "").replace("}", "")
        found += [(method.upper(), filled) for method in methods]
    assert len(found) > len([route for route in app.routes if isinstance(route, APIRoute)]) - 3
    return found


def asked(app: FastAPI) -> list[tuple[str, str]]:
    """Give the routes that want to know who asks."""
    return [(method, path) for method, path in routes(app) if needed_scope(path) is not None]


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
async def test_a_revoked_key_is_refused_on_every_route_at_once(
    app: FastAPI, client: httpx.AsyncClient, settings: Settings, header: str
) -> None:
    key = key_of(settings, scopes=(Scope.ADMIN,), all_audiences=True)
    shown = {header: f"Bearer {key}" if header == "Authorization" else key}
    for method, path in asked(app):
        assert (await client.request(method, path, headers=shown)).status_code not in (401, 403, 500), path

    at_once(settings, lambda connection: repository.revoke(connection, id_in(key) or "", now()))

    for method, path in asked(app):
        response = await client.request(method, path, headers=shown)
        assert response.status_code == 401, path
        assert response.headers["www-authenticate"] == 'Bearer realm="kb-server", error="invalid_token"'
        body = response.json()
        assert (body.get("code") or body["error"]["code"]) == "unauthorized"
    # The last key that is revoked does not open the server.
    assert (await client.post("/v1/query", json=QUESTION)).status_code == 401


async def test_without_any_key_whoever_reaches_the_server_may_ask(client: httpx.AsyncClient) -> None:
    for headers in ({}, bearer("none"), {"X-API-Key": "x"}, bearer("a.b.c"), {"Authorization": "Basic eDp5"}):
        assert (await client.post("/v1/query", json=QUESTION, headers=headers)).status_code == 200
    both = bearer("one") | {"X-API-Key": "other"}
    assert (await client.post("/v1/query", json=QUESTION, headers=both)).status_code == 200


async def test_the_first_key_closes_a_running_server(
    app: FastAPI, client: httpx.AsyncClient, settings: Settings
) -> None:
    key = key_of(settings)

    for headers in (
        {},
        bearer("none"),
        bearer(key + "x"),
        bearer(key[:-1]),
        bearer(key.upper()),
        bearer("kb_000000000000_" + key[-43:]),
        {"Authorization": key},
        {"Authorization": f"Basic {key}"},
        bearer(key) | {"X-API-Key": "other"},
        {"Cookie": f"key={key}"},
    ):
        for method, path in asked(app):
            assert (await client.request(method, path, headers=headers)).status_code == 401, (headers, path)
    assert (await client.post(f"/v1/query?api_key={key}", json=QUESTION)).status_code == 401
    for headers in (bearer(key), {"X-API-Key": key}, {"authorization": f"bearer  {key} "}):
        assert (await client.post("/v1/query", json=QUESTION, headers=headers)).status_code == 200
    for probe in ("/healthz", "/readyz"):
        assert (await client.get(probe)).status_code == 200


async def test_a_server_may_ask_for_keys_before_there_is_one(settings: Settings) -> None:
    closed = create_app(settings.model_copy(update={"require_keys": True}), encoder=HashEncoder)
    async with running(closed) as client:
        await wait_until_ready(client)

        response = await client.post("/v1/query", json=QUESTION)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="kb-server"'
    assert "kb keys create" in response.json()["remedy"]


async def test_a_key_does_what_its_scopes_say(client: httpx.AsyncClient, settings: Settings) -> None:
    ingest, query = key_of(settings, scopes=(Scope.INGEST,)), key_of(settings)
    admin = key_of(settings, scopes=(Scope.ADMIN,))

    refused = await client.post("/v1/query", json=QUESTION, headers=bearer(ingest))

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert refused.headers["www-authenticate"] == 'Bearer realm="kb-server", error="insufficient_scope"'
    for key in (ingest, admin):
        served = (await client.get("/v1/index", headers=bearer(key))).json()
        ready = (await client.get("/readyz")).json()
        assert (served["version"], served["degraded"]) == (ready["version"], None)
        assert served["documents"] == len(PAGES)
        assert served["chunks"] >= len(PAGES)
    assert (await client.get("/v1/index", headers=bearer(query))).status_code == 403
    for path in ("/metrics", "/v1/admin/anything", "/v1/privacy/export"):
        assert (await client.get(path, headers=bearer(query))).status_code == 403
        assert (await client.get(path)).status_code == 401


async def test_a_key_sees_public_pages_and_those_of_its_labels(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    seen = {}
    for name, wish in {
        "public": {},
        "staff": {"audiences": ("Staff",)},
        "all": {"all_audiences": True},
    }.items():
        headers = bearer(key_of(settings, **wish))
        listed = (await client.get("/v1/documents", headers=headers)).json()
        seen[name] = listed["total"]
        search = {"query": "Quokkatron refund", "top_k": 50}
        found = (await client.post("/v1/search", json=search, headers=headers)).json()["passages"]
        assert any("staff" in passage["path"] for passage in found) == (name != "public")

    assert seen == {"public": 5, "staff": 8, "all": 10}


async def test_a_key_ends_when_its_time_is_over(client: httpx.AsyncClient, settings: Settings) -> None:
    over = key_of(settings, lifetime=timedelta(seconds=-1))
    lasting = key_of(settings, lifetime=timedelta(days=1))

    assert (await client.post("/v1/query", json=QUESTION, headers=bearer(over))).status_code == 401
    assert (await client.post("/v1/query", json=QUESTION, headers=bearer(lasting))).status_code == 200


async def test_the_last_use_of_a_key_is_noted(client: httpx.AsyncClient, settings: Settings) -> None:
    key = key_of(settings)
    await client.post("/v1/query", json=QUESTION, headers=bearer(key))

    async with asyncio.timeout(10):
        while True:
            found = at_once(settings, lambda connection: repository.find(connection, id_in(key) or ""))
            assert found is not None
            if found.last_used_at is not None:
                break
            await asyncio.sleep(0.02)
    assert abs(now() - found.last_used_at) < timedelta(minutes=1)


async def test_neither_the_key_nor_its_secret_is_stored_or_logged(
    client: httpx.AsyncClient, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    key = key_of(settings)
    with caplog.at_level("DEBUG"):
        await client.post("/v1/query", json=QUESTION, headers=bearer(key))
        await client.post("/v1/query", json=QUESTION, headers=bearer(key + "x"))

    stored = b"".join(file.read_bytes() for file in settings.data_dir.glob("app.sqlite*"))
    assert digest_of(key).encode() in stored
    assert key[-43:].encode() not in stored
    assert key[-43:] not in caplog.text


async def test_where_keys_cannot_be_read_nobody_is_let_in(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    with closing(sqlite3.connect(settings.data_dir / "app.sqlite")) as database:
        database.execute("DROP TABLE api_keys")

    for headers in ({}, bearer("none"), bearer("kb_000000000000_" + 43 * "x")):
        response = await client.post("/v1/query", json=QUESTION, headers=headers)
        assert (response.status_code, response.json()["code"]) == (503, "store_unavailable")
    assert (await client.get("/readyz")).status_code == 200


def _kb(*arguments: str) -> str:
    result = CliRunner().invoke(commands, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_keys_are_made_listed_and_revoked_on_the_terminal(tmp_path: Path) -> None:
    data = ("--data-dir", str(tmp_path), "--json")
    made = json.loads(
        _kb("keys", "create", "--name", "고객센터", "--audience", "Staff", "--expires", "90d", *data)
    )
    site = json.loads(
        _kb("keys", "create", "--name", "shop", "--widget", "--origin", "https://Shop.example/", *data)
    )

    assert id_in(made["key"]) == made["id"]
    assert (made["scopes"], made["audiences"], made["state"]) == (["query"], ["staff"], "valid")
    assert site["key"] == site["id"]
    assert site["origins"] == ["https://shop.example"]
    listed = json.loads(_kb("keys", "list", *data))["keys"]
    assert [key["name"] for key in listed] == ["고객센터", "shop"]
    assert "고객센터" in _kb("keys", "list", "--data-dir", str(tmp_path))
    assert json.loads(_kb("keys", "revoke", made["id"], *data))["changed"]
    assert not json.loads(_kb("keys", "revoke", made["id"], *data))["changed"]
    assert [key["state"] for key in json.loads(_kb("keys", "list", *data))["keys"]] == ["revoked", "valid"]
    assert json.loads(_kb("keys", "rotate", *data))["rotated"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["create", "--name", " "], "--name"),
        (["create", "--name", "x", "--expires", "soon"], "--expires"),
        (["create", "--name", "x", "--origin", "https://a.example"], "--origin"),
        (["create", "--name", "x", "--widget"], "--origin"),
        (["create", "--name", "x", "--widget", "--origin", "https://*.example"], "wildcard"),
        (["create", "--name", "x", "--widget", "--origin", "https://a.example/path"], "path"),
        (["create", "--name", "x", "--widget", "--origin", "https://a.example", "--all-audiences"], "public"),
        (
            ["create", "--name", "x", "--widget", "--origin", "https://a.example", "--scope", "admin"],
            "public",
        ),
        (["create", "--name", "x", "--audience", "a", "--all-audiences"], "--all-audiences"),
        (["create", "--name", "x", "--audience", "a,b"], "--audience"),
        (["create", "--name", "x", "--rate-limit", "many"], "--rate-limit"),
        (["revoke", "nothing"], "nothing"),
    ],
)
def test_a_wish_that_cannot_be_met_is_named(tmp_path: Path, arguments: list[str], named: str) -> None:
    with pytest.raises(Exception, match=named):
        CliRunner().invoke(
            commands,
            ["keys", *arguments, "--data-dir", str(tmp_path)],
            catch_exceptions=False,
            standalone_mode=False,
        )
