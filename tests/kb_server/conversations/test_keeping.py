"""What is kept survives a crash whole, ends with its time, and a lost database is no empty list."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from kb_server.cli import run
from kb_server.errors import EXIT_OK
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from kb_server.store.address import database_url as address_of

from .callers import PORT, PORT_KO, application, ask, get, problem

WRITER = """
import sys
from datetime import UTC, datetime
from itertools import count
from kb_server.access.rights import Owner
from kb_server.conversations import repository
from kb_server.conversations.records import NewTurn, new_conversation_id
from kb_server.settings import Settings
from kb_server.store.address import database_url
from kb_server.store.database import prepare_database
from kb_server.store.engine import open_engine, transaction

settings = Settings(database_url=sys.argv[1])
prepare_database(settings)
engine = open_engine(database_url(settings), connections=1)
for number in count():
    conversation = new_conversation_id()
    for place in range(3):
        turn = NewTurn(
            f"a_{number}_{place}", Owner("o"), conversation, place == 0, "질문", '{"text": "답"}', None
        )
        with transaction(engine, writing=True) as connection:
            repository.add(connection, turn)
        print(turn.answer_id, flush=True)
"""


def rows(settings: Settings, query: str) -> list[tuple[object, ...]]:
    engine = create_engine(address_of(settings))
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def test_server_that_is_killed_while_it_writes_leaves_no_half_turn(
    settings: Settings, database_url: str
) -> None:
    told: list[str] = []
    program = [sys.executable, "-c", WRITER, database_url]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        for line in writer.stdout:
            told.append(line.strip())
            if len(told) == 50:
                writer.kill()

    kept = {str(name) for (name,) in rows(settings, "SELECT id FROM turns")}
    assert set(told) <= kept
    assert len(kept - set(told)) <= 1
    counted = rows(settings, "SELECT id, turns FROM conversations ORDER BY id")
    placed = "SELECT conversation_id, max(place) + 1 FROM turns GROUP BY 1 ORDER BY 1"
    assert counted == rows(settings, placed)


async def test_what_nobody_used_for_long_is_deleted_at_the_start_with_all_that_hangs_on_it(
    settings: Settings, encoder: Encoder
) -> None:
    async with application(settings, encoder) as client:
        old = await ask(client, PORT, conversation=True)
        alone = await ask(client, PORT_KO)
        young = await ask(client, PORT, conversation=True)
        await client.post("/v1/feedback", json={"answer_id": alone["id"], "rating": "up"})
    long_ago = datetime.now(UTC) - timedelta(days=settings.retention_days + 1)
    engine = create_engine(address_of(settings))
    with engine.begin() as connection:
        for change in (
            "UPDATE turns SET created_at = :then",
            "UPDATE conversations SET updated_at = :then WHERE id = :id",
        ):
            values = {"then": long_ago.replace(tzinfo=None).isoformat(" "), "id": old["conversation_id"]}
            connection.execute(text(change), values)
    engine.dispose()

    async with application(settings, encoder) as client:
        listed = (await get(client, "/v1/conversations"))["conversations"]
        # The purge of the start runs beside the first requests: this one does the same and waits.
        while len(listed) > 1:
            listed = (await get(client, "/v1/conversations"))["conversations"]
        assert [found["id"] for found in listed] == [young["conversation_id"]]
        left = await get(client, f"/v1/conversations/{young['conversation_id']}")
        assert left["turns"][0]["answer"] == young
    assert [name for (name,) in rows(settings, "SELECT id FROM turns")] == [young["id"]]
    assert rows(settings, "SELECT id FROM feedback") == []


@pytest.mark.parametrize(("days", "removed"), [(0, 0), (30, 1)])
async def test_purge_by_hand_keeps_to_the_days(
    settings: Settings, encoder: Encoder, days: int, removed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_url
    monkeypatch.setenv("KB_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("KB_RETENTION_DAYS", str(days))
    async with application(settings, encoder) as client:
        await ask(client, PORT)
    engine = create_engine(address_of(settings))
    with engine.begin() as connection:
        then = datetime.now(UTC) - timedelta(days=40)
        connection.execute(
            text("UPDATE turns SET created_at = :then"), {"then": then.replace(tzinfo=None).isoformat(" ")}
        )
    engine.dispose()

    assert run(["db", "purge", "--days", "50", "--json"]) == EXIT_OK
    assert len(rows(settings, "SELECT id FROM turns")) == 1
    assert run(["db", "purge", "--json"]) == EXIT_OK
    assert len(rows(settings, "SELECT id FROM turns")) == 1 - removed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_database_that_another_process_holds_is_said_to_be_unavailable(
    settings: Settings, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb_server.store.engine.BUSY_SECONDS", 0.1)
    async with application(settings, encoder) as client:
        begun = await ask(client, PORT, conversation=True)
        other = sqlite3.connect(tmp_path / "app.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused = await client.post("/v1/query", json={"question": PORT_KO})
        kept = await get(client, f"/v1/conversations/{begun['conversation_id']}")
        other.execute("ROLLBACK")
        other.close()

        assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
        assert refused.headers["retry-after"] == "5"
        assert kept["turn_count"] == 1
        assert (await ask(client, PORT_KO))["status"] == "answered"


async def test_lost_tables_are_an_error_and_no_empty_list(settings: Settings, encoder: Encoder) -> None:
    async with application(settings, encoder) as client:
        await ask(client, PORT)
        engine = create_engine(address_of(settings))
        with engine.begin() as connection:
            for table in ("idempotency_records", "feedback", "turns", "conversations"):
                connection.execute(text(f"DROP TABLE {table}"))
        engine.dispose()

        for path in ("/v1/conversations", "/v1/feedback", "/v1/customers/export?customer_id=x"):
            assert await problem(client, "GET", path) == (503, "store_unavailable")
        asked = await problem(client, "POST", "/v1/query", json={"question": PORT})
        assert asked == (503, "store_unavailable")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_connections_that_the_database_closed_are_made_anew(
    settings: Settings, encoder: Encoder
) -> None:
    async with application(settings, encoder) as client:
        begun = await ask(client, PORT, conversation=True)
        ended = rows(
            settings,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )

        assert ended
        await ask(client, PORT_KO, conversation_id=begun["conversation_id"])
        path = f"/v1/conversations/{begun['conversation_id']}"
        assert (await get(client, path))["turn_count"] == 2
