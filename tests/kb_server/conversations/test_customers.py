"""Export and erasure of one customer, on SQLite and PostgreSQL; what is erased is in no file any more."""

from __future__ import annotations

import gc
import json
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from kb_server.cli import run
from kb_server.errors import EXIT_INFRASTRUCTURE, EXIT_OK
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.event_stream import parse

from .callers import PORT, PORT_KO, application, ask, by, get, problem

CUSTOMER = "고객/42@example.com"
CANARY = "Quokkatron-7731 비밀문구"


@pytest.fixture(autouse=True)
def _settings_of_commands(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.database_url
    monkeypatch.setenv("KB_DATABASE_URL", settings.database_url.get_secret_value())


def files_with(folder: Path, canary: str) -> list[str]:
    """Name the files of the database that hold a word of ``canary``."""
    words = [canary.encode(), *(word.encode() for word in canary.split())]
    contents = {file.name: file.read_bytes() for file in folder.glob("app.sqlite*")}
    return [name for name, content in contents.items() if any(word in content for word in words)]


async def leave_traces(client: httpx.AsyncClient, customer: str) -> None:
    """Ask, in a conversation and alone, and give feedback."""
    begun = await ask(client, f"{PORT} {CANARY}", customer_id=customer, conversation=True)
    await ask(client, PORT_KO, conversation_id=begun["conversation_id"])
    alone = await client.post(
        "/v1/query",
        json={"question": CANARY, "customer_id": customer},
        headers={"Idempotency-Key": "k"},
    )
    said = {"answer_id": alone.json()["id"], "rating": "down", "comment": CANARY}
    assert (await client.post("/v1/feedback", json=said)).status_code == 201


async def test_export_holds_all_that_is_kept_of_the_customer_and_nothing_else(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await leave_traces(client, CUSTOMER)
    await leave_traces(client, "another")
    path = f"/v1/customers/{quote(CUSTOMER, safe='')}/export"
    exported = await get(client, path)

    (conversation,) = exported["conversations"]
    questions = [one["question"] for one in exported["answers"]]
    assert questions == [f"{PORT} {CANARY}", PORT_KO, CANARY]
    assert [one["conversation_id"] for one in exported["answers"]] == [conversation["id"]] * 2 + [None]
    assert [one["comment"] for one in exported["feedback"]] == [CANARY]
    kept = await get(client, f"/v1/conversations/{conversation['id']}")
    assert [one["answer"] for one in exported["answers"][:2]] == [one["answer"] for one in kept["turns"]]

    capsys.readouterr()
    assert run(["customers", "export", CUSTOMER]) == EXIT_OK
    printed = json.loads(capsys.readouterr().out)
    assert printed | {"exported_at": ""} == exported | {"exported_at": ""}


@pytest.mark.parametrize("way", ["http", "command"])
async def test_erased_customer_is_gone_and_others_stay(
    client: httpx.AsyncClient, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await leave_traces(client, CUSTOMER)
    await leave_traces(client, "another")
    others = await get(client, "/v1/customers/another/export")
    if way == "http":
        done = (await client.delete(f"/v1/customers/{quote(CUSTOMER, safe='')}")).json()
    else:
        capsys.readouterr()
        assert run(["customers", "erase", CUSTOMER, "--yes", "--json"]) == EXIT_OK
        done = json.loads(capsys.readouterr().out)

    assert done == {"customer_id": CUSTOMER, "conversations": 1, "answers": 3, "feedback": 1}
    left = await get(client, f"/v1/customers/{quote(CUSTOMER, safe='')}/export")
    assert (left["conversations"], left["answers"], left["feedback"]) == ([], [], [])
    after = await get(client, "/v1/customers/another/export")
    assert after | {"exported_at": ""} == others | {"exported_at": ""}


async def test_routes_are_for_administrators(client: httpx.AsyncClient) -> None:
    caller = by("a", scopes="query ingest")

    assert await problem(client, "GET", "/v1/customers/x/export", caller) == (403, "forbidden")
    assert await problem(client, "DELETE", "/v1/customers/x", caller) == (403, "forbidden")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("way", ["customer", "conversation", "purge"])
async def test_bytes_of_what_was_deleted_are_in_no_file_of_sqlite(
    settings: Settings, encoder: Encoder, tmp_path: Path, way: str
) -> None:
    async with application(settings, encoder) as client:
        for _ in range(20):
            await ask(client, PORT, conversation=True)
        for _ in range(20):
            begun = await ask(client, f"{CANARY} {PORT}", customer_id="c", conversation=True)
        assert files_with(tmp_path, CANARY)
        if way == "conversation":
            for found in (await get(client, "/v1/conversations", customer_id="c"))["conversations"]:
                assert (await client.delete(f"/v1/conversations/{found['id']}")).status_code == 204
        elif way == "customer":
            assert (await client.delete("/v1/customers/c")).status_code == 200
        else:
            with sqlite3.connect(tmp_path / "app.sqlite") as connection:
                connection.execute(
                    "UPDATE conversations SET updated_at = '2020-01-01' WHERE customer_id = 'c'"
                )
            connection.close()
            assert run(["db", "purge"]) == EXIT_OK

        assert files_with(tmp_path, CANARY) == []
        assert (await problem(client, "GET", f"/v1/conversations/{begun['conversation_id']}"))[0] == 404
        assert len((await get(client, "/v1/conversations", limit=200))["conversations"]) == 20


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_erasure_says_so_where_a_reader_keeps_the_old_pages(
    settings: Settings,
    encoder: Encoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kb_server.store.engine.BUSY_SECONDS", 0.2)
    async with application(settings, encoder) as client:
        await leave_traces(client, "c")
    reader = sqlite3.connect(tmp_path / "app.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM turns").fetchone()

    assert run(["customers", "erase", "c", "--yes"]) == EXIT_INFRASTRUCTURE
    assert files_with(tmp_path, CANARY)
    reader.close()
    assert run(["db", "purge"]) == EXIT_OK
    assert files_with(tmp_path, CANARY) == []


async def leave_questions(client: httpx.AsyncClient, word: bytes) -> str:
    """Ask with ``word`` in every way that keeps something; gives the path of the last stream."""
    customer = f"customer {word.decode()}"
    for text in ("Which port does the server {} listen on?", "서버 {}의 포트 기본값은 무엇인가요?"):
        question = text.format(word.decode())
        answer = await ask(client, question, customer_id=customer, conversation=True)
        rated = {"answer_id": answer["id"], "rating": "down", "comment": question}
        assert (await client.post("/v1/feedback", json=rated)).status_code == 201
        await client.post("/v1/verify", json={"text": question})
        asked = {"question": question, "customer_id": customer, "stream": True}
        streamed = await client.post("/v1/query", json=asked)
    return f"/v1/streams/{list(parse(streamed.text))[-1].data['id']}"


def in_memory(word: bytes) -> Iterator[object]:
    """Give the objects of this process that hold a text with ``word``."""
    gc.collect()
    for each in gc.get_objects():
        if any(_has(word, held) for held in gc.get_referents(each)):
            yield each


def _has(word: bytes, held: object) -> bool:
    return isinstance(held, str) and word in held.encode(errors="ignore")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_erased_customer_is_in_no_memory_of_the_server(settings: Settings, encoder: Encoder) -> None:
    word = f"quokka{secrets.token_hex(6)}".encode()
    async with application(settings, encoder) as client:
        stream = await leave_questions(client, word)
        assert (await client.get(stream)).status_code == 200
        assert next(in_memory(word))
        # Spelled so that no cache of the client holds the word.
        spelled = "".join(f"%{byte:02x}" for byte in b"customer " + word)
        assert (await client.delete(f"/v1/customers/{spelled}")).json()["conversations"] == 2

        assert list(in_memory(word)) == []
        assert (await client.get(stream)).status_code == 404
