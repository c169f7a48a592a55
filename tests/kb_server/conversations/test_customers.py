"""Export and erasure of one customer, on SQLite and PostgreSQL; what is erased is in no file any more."""

from __future__ import annotations

import asyncio
import gc
import json
import secrets
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import create_engine

from kb_server.cli import run
from kb_server.errors import EXIT_INFRASTRUCTURE, EXIT_OK
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from kb_server.store import erasures
from tests.kb_server.event_stream import parse

from .callers import PORT, PORT_KO, application, ask, by, get, problem

CUSTOMERS = "/v1/customers"
EXPORT = "/v1/customers/export"
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
    exported = await get(client, EXPORT, customer_id=CUSTOMER)

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
    others = await get(client, EXPORT, customer_id="another")
    if way == "http":
        done = (await client.delete(CUSTOMERS, params={"customer_id": CUSTOMER})).json()
    else:
        capsys.readouterr()
        assert run(["customers", "erase", CUSTOMER, "--yes", "--json"]) == EXIT_OK
        done = json.loads(capsys.readouterr().out)

    assert done == {"customer_id": CUSTOMER, "conversations": 1, "answers": 3, "feedback": 1}
    left = await get(client, EXPORT, customer_id=CUSTOMER)
    assert (left["conversations"], left["answers"], left["feedback"]) == ([], [], [])
    after = await get(client, EXPORT, customer_id="another")
    assert after | {"exported_at": ""} == others | {"exported_at": ""}


async def test_routes_are_for_administrators(client: httpx.AsyncClient) -> None:
    caller = by("a", scopes="query ingest")

    for method, path in (("GET", EXPORT), ("DELETE", CUSTOMERS)):
        assert await problem(client, method, f"{path}?customer_id=x", caller) == (403, "forbidden")


IDS = ("a/b", "a/export", "export", "..", "../a", ".", "%2e%2e", "a%2Fb", "한글/id", "a?b=c&d#e", "a+b c")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_each_request_means_one_customer_whatever_signs_its_id_holds(client: httpx.AsyncClient) -> None:
    for customer in IDS:
        await ask(client, "Hello!", customer_id=customer)
    left = list(IDS)
    for customer in IDS:
        for spelled in (quote(customer, safe=""), quote(customer, safe="/:@!*'(),")):
            exported = (await client.get(f"{EXPORT}?customer_id={spelled}")).json()
            assert (exported["customer_id"], len(exported["answers"])) == (customer, 1)
        done = (await client.delete(f"{CUSTOMERS}?customer_id={quote(customer, safe='')}")).json()
        left.remove(customer)
        kept = [one for one in IDS if (await get(client, EXPORT, customer_id=one))["answers"]]

        assert (done["customer_id"], done["answers"]) == (customer, 1)
        assert kept == left


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", CUSTOMERS, 422),
        ("DELETE", f"{CUSTOMERS}?customer_id=", 422),
        ("DELETE", f"{CUSTOMERS}?customer_id=a&all=true", 422),
        ("DELETE", f"{EXPORT}?customer_id=a", 405),
        ("DELETE", f"{CUSTOMERS}/a", 404),
        ("DELETE", f"{CUSTOMERS}/a/export", 404),
        ("GET", f"{CUSTOMERS}/a/export", 404),
        ("GET", f"{CUSTOMERS}?customer_id=a", 405),
        ("GET", EXPORT, 422),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_request_that_names_no_customer_erases_nobody(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    await ask(client, "Hello!", customer_id="a")

    assert (await client.request(method, path)).status_code == status
    assert (await get(client, EXPORT, customer_id="a"))["answers"]


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
            assert (await client.delete(f"{CUSTOMERS}?customer_id=c")).status_code == 200
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
    # Not isinstance, which asks the object for its class: some warn when they are asked anything.
    return issubclass(type(held), str) and word in str(held).encode(errors="ignore")


async def erase_over_http(client: httpx.AsyncClient, word: bytes) -> None:
    # Spelled so that no cache of the client holds the word.
    spelled = "".join(f"%{byte:02x}" for byte in b"customer " + word)
    assert (await client.delete(f"{CUSTOMERS}?customer_id={spelled}")).json()["conversations"] == 2


async def erase_by_command(_: httpx.AsyncClient, word: bytes) -> None:
    command = "import sys; from kb_server.cli import main; sys.exit(main())"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", command, "customers", "erase", b"customer " + word, "--yes"
    )
    assert await process.wait() == EXIT_OK


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("erase", [erase_over_http, erase_by_command])
async def test_erased_customer_is_in_no_memory_of_the_server(
    settings: Settings, encoder: Encoder, erase: Callable[[httpx.AsyncClient, bytes], Awaitable[None]]
) -> None:
    word = f"quokka{secrets.token_hex(6)}".encode()
    async with application(settings, encoder) as client:
        stream = await leave_questions(client, word)
        assert (await client.get(stream)).status_code == 200
        assert next(in_memory(word))
        await erase(client, word)

        # A thread lets go of what it did last a moment after the reply has left; what a command has erased
        # is noticed within a second.
        for _ in range(100):
            if not any(in_memory(word)):
                break
            await asyncio.sleep(0.1)
        assert list(in_memory(word)) == []
        assert (await client.get(stream)).status_code == 404


async def streamed(client: httpx.AsyncClient, **more: object) -> tuple[str, str]:
    """Ask for a stream and read it; gives its path, and the conversation that it began, if any."""
    response = await client.post("/v1/query", json={"question": PORT, "stream": True, **more})
    answer = list(parse(response.text))[-1].data
    return f"/v1/streams/{answer['id']}", answer["conversation_id"]


async def test_what_is_erased_at_one_server_is_forgotten_by_the_others(
    settings: Settings, encoder: Encoder
) -> None:
    async with application(settings, encoder) as here, application(settings, encoder) as there:
        of_customer, _ = await streamed(there, customer_id=CUSTOMER)
        in_conversation, conversation = await streamed(there, conversation=True)
        of_another, _ = await streamed(there, customer_id=f"{CUSTOMER}2")
        before = [(await there.get(path)).status_code for path in (of_customer, in_conversation, of_another)]

        assert (await here.delete(f"{CUSTOMERS}?customer_id={quote(CUSTOMER, safe='')}")).status_code == 200
        assert (await here.delete(f"/v1/conversations/{conversation}")).status_code == 204
        async with asyncio.timeout(30):
            while {(await there.get(path)).status_code for path in (of_customer, in_conversation)} != {404}:  # noqa: ASYNC110 - another server decides
                await asyncio.sleep(0.1)

        assert before == [200, 200, 200]
        assert (await there.get(of_another)).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_server_that_may_have_missed_an_erasure_forgets_everybody(
    settings: Settings, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with application(settings, encoder) as client:
        path, _ = await streamed(client, customer_id=CUSTOMER)
        before = (await client.get(path)).status_code
        monkeypatch.setattr(erasures, "KEPT", timedelta(0))  # as if its last look were longer ago
        async with asyncio.timeout(30):
            while (await client.get(path)).status_code != 404:  # noqa: ASYNC110 - a background task decides
                await asyncio.sleep(0.1)

    assert before == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_of_many_erasures_at_once_none_is_missed(
    settings: Settings, encoder: Encoder, tmp_path: Path
) -> None:
    async with application(settings, encoder) as client:
        path, _ = await streamed(client, customer_id=CUSTOMER)
        of_another, _ = await streamed(client, customer_id="another")
        with create_engine(f"sqlite:///{tmp_path / 'app.sqlite'}").begin() as connection:
            for name in (CUSTOMER, *map(str, range(erasures.NEWEST + 1))):
                erasures.record(connection, name, of_customer=True)
        async with asyncio.timeout(30):
            while (await client.get(path)).status_code != 404:  # noqa: ASYNC110 - a background task decides
                await asyncio.sleep(0.1)

        assert (await client.get(of_another)).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_command_spells_one_of_a_thing_as_one(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await ask(client, "Hello!", customer_id="one")
    capsys.readouterr()
    assert run(["customers", "erase", "one", "--yes"]) == EXIT_OK

    assert capsys.readouterr().out == "Erased 0 conversations, 1 answer, 0 pieces of feedback.\n"
