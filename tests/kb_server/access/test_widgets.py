"""Tokens of widgets: public, short-lived, bound to their pages, and of no use for anything else."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kb_server.access import repository, widget_tokens
from kb_server.access.guard import Guard
from kb_server.access.keys import now
from kb_server.access.widget_tokens import Pass, Secret
from kb_server.settings import Settings
from kb_server.store.database import open_database
from kb_server.store.once import at_once

from .making import QUESTION, bearer, key_of

SHOP, OTHER = "https://shop.example", "https://evil.example"
TOKENS = "/v1/widget/tokens"


async def token(client: httpx.AsyncClient, site: str, *, origin: str = SHOP, **more: Any) -> str:
    response = await client.post(TOKENS, json={"site_id": site, **more}, headers={"Origin": origin})
    assert response.status_code == 200, response.text
    given = response.json()
    assert given["expires_in"] == 600
    return str(given["token"])


async def ask(client: httpx.AsyncClient, token: str, **headers: str) -> httpx.Response:
    return await client.post("/v1/query", json=QUESTION, headers=bearer(token) | headers)


async def test_a_page_gets_a_token_and_asks_with_it(client: httpx.AsyncClient, settings: Settings) -> None:
    site = key_of(settings, widget=True, origins=(SHOP,), audiences=("staff",))

    given = await token(client, site)

    answered = await ask(client, given, Origin=SHOP)
    assert answered.status_code == 200
    assert answered.headers["access-control-allow-origin"] == SHOP
    assert answered.headers["ratelimit-limit"] == "60"
    listed = await client.get("/v1/documents", headers=bearer(given) | {"Origin": SHOP})
    assert listed.json()["total"] == 8
    assert (await client.get("/metrics", headers=bearer(given) | {"Origin": SHOP})).status_code == 403


async def test_a_token_is_of_use_on_its_own_pages_alone(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    site = key_of(settings, widget=True, origins=(SHOP, "http://localhost"))
    given = await token(client, site)

    for headers in ({"Origin": OTHER}, {"Origin": "null"}, {}, {"Sec-Fetch-Site": "same-origin"}):
        response = await ask(client, given, **headers)
        assert (response.status_code, response.json()["code"]) == (403, "forbidden"), headers
    for origin in (OTHER, "null", "https://shop.example.evil.example", "http://shop.example"):
        refused = await client.post(TOKENS, json={"site_id": site}, headers={"Origin": origin})
        assert refused.status_code == 403, origin
    assert (await client.post(TOKENS, json={"site_id": site})).status_code == 403
    unknown = await client.post(TOKENS, json={"site_id": "kbw_000000000000"}, headers={"Origin": SHOP})
    assert unknown.status_code == 403
    # Browsers send no Origin where a page reads from its own server.
    own = await token(client, site, origin="http://localhost")
    same = bearer(own) | {"Sec-Fetch-Site": "same-origin"}
    assert (await client.get("/v1/documents", headers=same)).status_code == 200


async def test_origins_are_read_again_as_soon_as_the_database_is_back(settings: Settings) -> None:
    database = open_database(settings)
    guard = Guard(database, settings, None)
    try:
        assert await guard.origins() == frozenset()  # its tables do not exist yet
        await database.start()
        key_of(settings, widget=True, origins=(SHOP,))

        assert await guard.origins() == {SHOP}
    finally:
        database.close()


async def test_a_token_ends_with_its_time_its_site_and_its_secret(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    site = key_of(settings, widget=True, origins=(SHOP,))
    given = await token(client, site)
    secret = at_once(settings, repository.newest_secret)
    assert secret is not None
    late = widget_tokens.issue(Pass(site, SHOP, "v", int(time.time()) - 1), secret)
    assert (await ask(client, late, Origin=SHOP)).status_code == 401

    at_once(settings, lambda connection: repository.rotate(connection, now(), force=True))
    assert (await ask(client, given, Origin=SHOP)).status_code == 401
    again = await token(client, site)
    assert (await ask(client, again, Origin=SHOP)).status_code == 200

    at_once(settings, lambda connection: repository.revoke(connection, site, now()))
    assert (await ask(client, again, Origin=SHOP)).status_code == 401
    refused = await client.post(TOKENS, json={"site_id": site}, headers={"Origin": SHOP})
    assert refused.status_code == 403


async def test_a_token_cannot_be_made_changed_or_turned_into_a_key(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    site = key_of(settings, widget=True, origins=(SHOP,))
    given = await token(client, site)
    head, _, rest = given.removeprefix("kbt_").partition("_")
    payload, mac = rest.split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    longer = json.dumps(said | {"expires": said["expires"] + 10**6}).encode()
    forged = base64.urlsafe_b64encode(longer).decode().rstrip("=")
    own = Secret(head, b"x" * 32, now())

    for attempt in (
        f"kbt_{head}_{forged}.{mac}",
        f"kbt_{head}_{payload}.{mac[:-2]}AA",
        f"kbt_{head}_{payload}.",
        f"kbt_000000000000_{payload}.{mac}",
        widget_tokens.issue(Pass(**said), own),
        site,
        f"kb_{site.removeprefix('kbw_')}_{'A' * 43}",
        f"kb_{head}_{mac}",
    ):
        assert (await ask(client, attempt, Origin=SHOP)).status_code == 401, attempt
    key = key_of(settings)
    assert key[16:] not in given
    assert (await client.post(TOKENS, json={"site_id": key}, headers={"Origin": SHOP})).status_code == 403


async def test_a_visitor_stays_the_same_and_nobody_elses(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    site, second = (key_of(settings, widget=True, origins=(SHOP,)) for _ in range(2))
    first = await token(client, site)

    def visitor(given: str) -> str:
        return str(
            json.loads(base64.urlsafe_b64decode(given.split("_", 2)[2].split(".", maxsplit=1)[0] + "=="))[
                "visitor"
            ]
        )

    assert visitor(await token(client, site, previous=first)) == visitor(first)
    others = [
        await token(client, site),
        await token(client, second, previous=first),
        await token(client, site, previous=first[:-1] + ("A" if first[-1] != "A" else "B")),
        await token(client, site, previous="nonsense"),
    ]
    assert visitor(first) not in set(map(visitor, others))


async def test_one_visitor_does_not_see_what_another_asked(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    site = key_of(settings, widget=True, origins=(SHOP,))
    one, other = [bearer(await token(client, site)) | {"Origin": SHOP} for _ in range(2)]
    asked = await client.post("/v1/query", json=QUESTION | {"conversation": True}, headers=one)
    kept = asked.json()["conversation_id"]
    assert kept is not None

    assert (await client.get(f"/v1/conversations/{kept}", headers=one)).status_code == 200
    assert (await client.get(f"/v1/conversations/{kept}", headers=other)).status_code == 404
    renewed = bearer(await token(client, site, previous=one["Authorization"].removeprefix("Bearer ")))
    assert (
        await client.get(f"/v1/conversations/{kept}", headers=renewed | {"Origin": SHOP})
    ).status_code == 200


def test_secrets_are_replaced_each_day_and_old_ones_forgotten(settings: Settings) -> None:
    moment = now()
    first = at_once(settings, lambda connection: repository.rotate(connection, moment))

    same = at_once(settings, lambda c: repository.rotate(c, moment + timedelta(hours=23)))
    second = at_once(settings, lambda c: repository.rotate(c, moment + timedelta(hours=25)))
    at_once(settings, lambda c: repository.rotate(c, moment + timedelta(days=9)))

    assert same == first
    assert second.value != first.value
    assert at_once(settings, lambda c: repository.find_secret(c, first.id)) is None
    assert at_once(settings, lambda c: repository.find_secret(c, second.id)) is not None


@pytest.mark.parametrize("listed", [True, False])
async def test_preflights_name_the_origins_that_are_listed(
    client: httpx.AsyncClient, settings: Settings, listed: bool
) -> None:
    key_of(settings, widget=True, origins=(SHOP,))
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}

    response = await client.options("/v1/query", headers={"Origin": SHOP if listed else OTHER} | wanted)

    assert response.status_code == 204
    assert "Origin" in response.headers["vary"]
    assert response.headers.get("access-control-allow-origin") == (SHOP if listed else None)
    assert ("Authorization" in response.headers.get("access-control-allow-headers", "")) == listed
    assert "access-control-allow-credentials" not in response.headers


async def test_preflights_let_a_page_send_what_its_clients_send(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    key_of(settings, widget=True, origins=(SHOP,))
    of_clients = {
        "/v1/query": {"authorization", "content-type", "idempotency-key", "x-api-key", "x-request-id"},
        "/v1/streams/a_0": {"authorization", "last-event-id"},
        "/mcp": {
            "authorization",
            "content-type",
            "last-event-id",
            "mcp-method",
            "mcp-name",
            "mcp-protocol-version",
            "mcp-session-id",
        },
    }

    for path, sent in of_clients.items():
        wanted = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ",".join(sorted(sent)),
        }
        response = await client.options(path, headers={"Origin": SHOP} | wanted)

        allowed = response.headers["access-control-allow-headers"].lower().split(", ")
        assert sent <= set(allowed), path


async def test_refusals_can_be_read_by_listed_pages_alone(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    key_of(settings, widget=True, origins=(SHOP,))

    told = await client.post("/v1/query", json=QUESTION, headers={"Origin": SHOP})
    hidden = await client.post("/v1/query", json=QUESTION, headers={"Origin": OTHER})

    assert (told.status_code, hidden.status_code) == (401, 401)
    assert told.headers["access-control-allow-origin"] == SHOP
    assert "access-control-allow-origin" not in hidden.headers
    assert "Origin" in hidden.headers["vary"]
