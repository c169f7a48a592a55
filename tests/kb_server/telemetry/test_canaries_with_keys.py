"""On a server with keys: no key, token, customer or word of a user in any log, trace or metric."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path

import httpx
import jwt
import pytest

from kb_server.access.caller import Scope
from kb_server.app import create_app
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings
from tests.kb_server.access.making import bearer, key_of
from tests.kb_server.published import running, wait_until_ready

from .collector import collecting

CANARY = re.compile(r"canary|카나리아", re.IGNORECASE)
SECRET = "canary secret of the login, long enough"
SHOP = "https://canary-shop.example"


async def use(client: httpx.AsyncClient, headers: dict[str, str], customer: str | None) -> None:
    """Ask in a conversation and as a stream, rate the answer, and read it all again."""
    question = {"question": "canary 카나리아 roll back?", "customer_id": customer}
    begun = (await client.post("/v1/query", json=question | {"conversation": True}, headers=headers)).json()
    said = {"answer_id": begun["id"], "rating": "down", "comment": "canary", "corrected_text": "카나리아"}
    rated = await client.post(
        "/v1/feedback", json=said, headers=headers | {"Idempotency-Key": "canary-idempotency"}
    )
    assert rated.status_code == 201
    await client.get(f"/v1/conversations/{begun['conversation_id']}", headers=headers)
    await client.get("/v1/conversations?customer_id=canary-other", headers=headers)
    streamed = await client.post("/v1/query", json=question | {"stream": True}, headers=headers)
    assert streamed.status_code == 200
    assert (
        await client.delete(f"/v1/conversations/{begun['conversation_id']}", headers=headers)
    ).status_code == 204


async def test_no_secret_of_callers_leaves_by_log_trace_or_metric(
    hashed_index: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with collecting() as collector, caplog.at_level(logging.INFO):
        settings = Settings(
            data_dir=hashed_index,
            database_url=f"sqlite:///{tmp_path / 'app.sqlite'}",
            jwt_secret=SECRET,
            trace_url=collector.url,
        )
        admin = key_of(settings, scopes=(Scope.ADMIN,), all_audiences=True)
        site = key_of(settings, widget=True, origins=(SHOP,))
        claims = {"sub": "canary-person", "aud": "kb-server", "exp": time.time() + 300}
        person = jwt.encode(claims, SECRET, "HS256")
        async with running(create_app(settings, encoder=HashEncoder)) as client:
            await wait_until_ready(client)
            given = await client.post("/v1/widget/tokens", json={"site_id": site}, headers={"Origin": SHOP})
            token = given.json()["token"]
            await use(client, bearer(admin), "canary-customer")
            await use(client, bearer(person), None)
            await use(client, bearer(token) | {"Origin": SHOP}, None)
            refused = [bearer(person[:-2]), bearer("kb_canary"), bearer(token) | {"Origin": "https://canary"}]
            for headers in refused:
                assert (await client.get("/v1/documents", headers=headers)).status_code in (401, 403)
            customer = {"customer_id": "canary-customer"}
            await client.get("/v1/customers/export", params=customer, headers=bearer(admin))
            await client.delete("/v1/customers", params=customer, headers=bearer(admin))
            metrics = (await client.get("/metrics", headers=bearer(admin))).text
        traces = b"".join(collector.raw)

    log = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("kb_server"))
    assert "/v1/conversations/{conversation_id}" in log
    assert b"/v1/feedback" in traces
    for way in (log, traces.decode(errors="replace"), metrics):
        assert CANARY.search(way) is None
        for credential in (admin, person, token):
            assert credential not in way
            assert credential[-20:] not in way
