"""Searching in a process of its own: the same answers, and a server that outlives its process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from kb_server.answering import service
from kb_server.answering.confidence import shipped_confidence
from kb_server.app import create_app
from kb_server.cli import run
from kb_server.errors import EXIT_INFRASTRUCTURE, SearchProcessError
from kb_server.index.embedding import Encoder
from kb_server.search_process.process import Child
from kb_server.search_process.remote import SearchProcess
from kb_server.services import services_of
from kb_server.settings import Settings

from .generation.llm_server import MODEL, citing_all, serving
from .generation.test_answers import GOOD, QUESTION
from .in_search_process import fail, hang, holds, paths
from .published import PAGES, Page, ask, publish, running, wait_until_ready
from .telemetry.collector import collecting
from .test_suggestions_api import PAGES as VAULT
from .test_suggestions_api import QUESTIONS as VAULT_QUESTIONS

ROOT = Path(__file__).parents[2]
QUESTIONS = ("How do I roll back to the earlier version?", "이전 버전으로 되돌리려면 어떻게 하나요?")
DIFFERS = {"id", "timings_ms", "request_id"}
REQUESTS: list[tuple[str, str, dict[str, Any] | None]] = [
    *[("POST", "/v1/query", {"question": question, "explain": True}) for question in QUESTIONS],
    ("POST", "/v1/query", {"question": "Hello!"}),
    ("POST", "/v1/query", {"question": "How do I fly to the moon?"}),
    ("POST", "/v1/query", {"question": "port", "filters": {"nothing": "x"}}),
    ("POST", "/v1/search", {"query": "rollback", "explain": True, "neighbours": 1}),
    ("POST", "/v1/verify", {"text": "A running server follows within a second."}),
    ("GET", "/v1/documents?limit=2", None),
    ("GET", "/v1/documents/d_0000000000000000", None),
    ("GET", "/v1/suggestions?language=ko", None),
    ("GET", "/v1/index", None),
]


@asynccontextmanager
async def searching(
    settings: Settings, **options: float
) -> AsyncIterator[tuple[httpx.AsyncClient, SearchProcess]]:
    with contextlib.closing(SearchProcess(settings, **options)) as search:
        async with running(create_app(settings, search=search)) as client:
            await wait_until_ready(client)
            yield client, search


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - another process decides
            await asyncio.sleep(0.01)


async def figure(client: httpx.AsyncClient, name: str) -> float:
    text = (await client.get("/metrics")).text
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found is not None, name
    return float(found.group(1))


async def test_every_route_says_the_same_with_threads_and_with_a_process(
    settings: Settings, client: httpx.AsyncClient
) -> None:
    async with searching(settings) as (other, _):
        for method, path, body in REQUESTS:
            expected = await client.request(method, path, json=body)
            given = await other.request(method, path, json=body)
            assert given.status_code == expected.status_code, path
            shown = [
                {key: value for key, value in response.json().items() if key not in DIFFERS}
                for response in (given, expected)
            ]
            assert shown[0] == shown[1]
        assert await figure(other, "kb_search_process_resident_memory_bytes") > 0
        assert await figure(other, 'kb_stage_duration_seconds_count{stage="search"}') > 0


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_a_model_words_what_the_process_found_and_the_trace_tells_all_steps(
    settings: Settings, lang: str
) -> None:
    with collecting() as collector, serving() as endpoint:
        endpoint.says(citing_all(GOOD[lang]))
        model = {"llm": f"openai:{MODEL}", "llm_url": endpoint.url, "llm_api_key": SecretStr("sk-x")}
        async with searching(settings.model_copy(update={"trace_url": collector.url, **model})) as (
            client,
            _,
        ):
            answer = await ask(client, QUESTION[lang])

    assert answer["generator"] == f"llm:openai:{MODEL}"
    assert answer["citations"]
    (retrieval,) = collector.named("retrieval")
    (embeddings,) = collector.named("embeddings")
    assert retrieval.attributes["gen_ai.data_source.id"] == answer["generation"]
    assert embeddings.parent_id == retrieval.span_id
    assert embeddings.attributes["gen_ai.operation.name"] == "embeddings"


async def test_the_process_follows_versions_and_labels_and_forgets_what_is_erased(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the functions of these tests
    publish(tmp_path, PAGES, encoder)
    word = f"quokka{secrets.token_hex(6)}"
    async with searching(Settings(data_dir=tmp_path, poll_seconds=0.05)) as (client, search):
        moon = Page("Moon base", "The moon base opens at 07:45.", {"access": "staff"})
        version = publish(tmp_path, {**PAGES, "en/moon.md": moon}, encoder)
        await until(lambda: search.readiness().needed().version == version)
        seen = [await search.on_current(who, paths) for who in (frozenset[str](), frozenset({"staff"}))]

        for question in QUESTIONS:
            await client.post("/v1/query", json={"question": f"{word} {question}", "customer_id": "c"})
        remembered = await search.on_current(None, partial(holds, word.encode()))
        await client.delete("/v1/customers?customer_id=c")
        kept = await search.on_current(None, partial(holds, word.encode()))

    assert ["en/moon.md" in listed for listed in seen] == [False, True]
    assert (remembered, kept) == (True, False)


async def test_the_server_outlives_what_happens_to_the_process(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    hasty = settings.model_copy(update={"request_timeout_seconds": 2.0})
    async with searching(hasty) as (client, search):
        with pytest.raises(RuntimeError, match="AttributeError"):
            await search.on_current(None, fail)

        first = search.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        late = await client.post("/v1/query", json={"question": QUESTIONS[0]})
        waiting = search.pending

        asked = asyncio.ensure_future(client.post("/v1/query", json={"question": QUESTIONS[0]}))
        await until(lambda: search.pending > 0)
        os.kill(first, signal.SIGKILL)
        lost = await asked
        await wait_until_ready(client)
        again = await client.post("/v1/query", json={"question": QUESTIONS[1]})
        restarts = await figure(client, "kb_search_process_restarts_total")

    assert (late.json()["code"], waiting) == ("request_timeout", 0)
    assert (lost.status_code, lost.json()["code"]) == (503, "search_process_ended")
    assert "signal 9" in lost.json()["detail"]
    assert lost.headers["retry-after"] == "1"
    assert again.json()["status"] == "answered"
    assert restarts == 1


async def test_a_process_that_is_stopped_is_replaced_and_one_that_slept_with_its_server_is_not(
    settings: Settings,
) -> None:
    async with searching(settings, silent_seconds=3.0) as (client, search):
        first = search.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        time.sleep(4)  # noqa: ASYNC251 - as when the whole machine sleeps
        os.kill(first, signal.SIGCONT)
        await asyncio.sleep(1)
        woken = await client.post("/v1/query", json={"question": QUESTIONS[0]})
        second = search.pid

        os.kill(first, signal.SIGSTOP)
        lost = await client.post("/v1/query", json={"question": QUESTIONS[0]})
        await wait_until_ready(client)
        again = await client.post("/v1/query", json={"question": QUESTIONS[1]})
        restarts = await figure(client, "kb_search_process_restarts_total")

    assert (woken.json()["status"], second) == ("answered", first)
    assert (lost.status_code, lost.json()["code"]) == (503, "search_process_ended")
    assert again.json()["status"] == "answered"
    assert has_ended(first)
    assert restarts == 1


async def test_a_process_whose_threads_are_stuck_is_replaced(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    hasty = settings.model_copy(update={"request_timeout_seconds": 2.0, "encoder_timeout_seconds": 1.0})
    async with searching(hasty) as (client, search):
        with pytest.raises(SearchProcessError, match="signal 9"):
            await search.on_current(None, hang)
        await wait_until_ready(client)

        assert await search.on_current(None, paths)


class EndsBeforeSuggestions(SearchProcess):
    """Its process is killed when an answer is there and only its suggestions are still to be searched."""

    kills = False

    async def run_all(self, *arguments: Any, **options: Any) -> Any:
        if self.kills and self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
        return await super().run_all(*arguments, **options)


async def test_an_answer_goes_out_without_suggestions_where_the_process_ends_meanwhile(
    tmp_path: Path, encoder: Encoder
) -> None:
    publish(tmp_path, VAULT, encoder)
    settings = Settings(data_dir=tmp_path, ask_ahead=False)
    with contextlib.closing(EndsBeforeSuggestions(settings)) as search:
        async with running(create_app(settings, search=search)) as client:
            for question in VAULT_QUESTIONS:
                await wait_until_ready(client)
                search.kills = True
                lone = await ask(client, question)
                search.kills = False
                await wait_until_ready(client)
                whole = await ask(client, question)

                assert (lone["suggestions"], bool(whole["suggestions"])) == ([], True)
                assert lone["text"] == whole["text"]
            counted = await figure(
                client, 'kb_answers_without_suggestions_total{code="search_process_ended"}'
            )

    assert counted == len(VAULT_QUESTIONS)


@pytest.mark.parametrize(
    "dear", [{"reranker": "cross/encoder"}, {"encoder": "openai:embed"}, {"ask_ahead": False}]
)
def test_headings_that_would_be_dear_are_left_until_somebody_asks(
    tmp_path: Path, dear: dict[str, Any]
) -> None:
    cheap = Settings(data_dir=tmp_path)
    with contextlib.closing(SearchProcess(cheap)) as search:
        services = [services_of(each, search=search) for each in (cheap, cheap.model_copy(update=dear))]

    assert [each.ahead is not None for each in services] == [True, False]


async def test_the_process_asks_headings_while_nobody_asks(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, VAULT, encoder)
    async with searching(Settings(data_dir=tmp_path)) as (client, _):
        async with asyncio.timeout(60):
            while await figure(client, "kb_asking_ahead"):  # noqa: ASYNC110 - another process works
                await asyncio.sleep(0.1)
        asked = await figure(client, "kb_headings_asked_ahead")
        pending = await figure(client, "kb_search_pending")
        monkeypatch.setattr(service, "BUSY_FROM", 0)  # from now on only what is known is offered
        found = [(await ask(client, question))["suggestions"] for question in VAULT_QUESTIONS]

    assert all(found)
    assert asked >= len({*found[0], *found[1]})
    assert pending == 0


@contextmanager
def kb_serve(data_dir: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the command; gives it with the id of its search process."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; from kb_server.cli import main; sys.exit(main())", "serve"],
        env={**os.environ, "KB_DATA_DIR": str(data_dir), "KB_PORT": "0", "PYTHONPATH": str(ROOT)},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = re.findall(r"http://127\.0\.0\.1:\d+", process.stdout.readline())[0]
        until = time.monotonic() + 60
        while httpx.get(f"{url}/readyz").status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.05)
        (child,) = children_of(process.pid)
        yield process, child
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def children_of(pid: int) -> list[int]:
    stats = (path / "stat" for path in Path("/proc").iterdir() if path.name.isdecimal())
    return [int(stat.parent.name) for stat in stats if (fields := fields_of(stat)) and int(fields[1]) == pid]


def fields_of(stat: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return stat.read_text().rsplit(")", 1)[1].split()
    return []


def has_ended(pid: int) -> bool:
    """Tell whether a process works no more; one whose parent has gone waits for another to bury it."""
    return fields_of(Path(f"/proc/{pid}/stat"))[:1] in ([], ["Z"])


def wait_for_end(pid: int) -> bool:
    until = time.monotonic() + 30
    while not has_ended(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return has_ended(pid)


def test_the_process_ends_with_its_server_however_that_ends(shared_index: Path, tmp_path: Path) -> None:
    with kb_serve(shared_index, tmp_path) as (server, child):
        os.kill(child, signal.SIGTERM)  # as when a whole group of processes is told to end
        os.kill(child, signal.SIGINT)
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
        assert has_ended(child)

    with kb_serve(shared_index, tmp_path) as (server, child):
        server.kill()
        assert wait_for_end(child)


def test_the_process_outlives_signals_to_a_group_from_its_first_moment(tmp_path: Path) -> None:
    child = Child(Settings(data_dir=tmp_path))
    try:
        for kind in (signal.SIGTERM, signal.SIGINT):
            os.kill(child.pid, kind)
        child.socket.settimeout(60)
        assert child.socket.recv(1)  # nothing where it has ended; it tells that nothing is published
    finally:
        child.end()


def test_a_process_that_cannot_be_started_is_told_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    assert run(["serve", "--port", "0", "--data-dir", str(tmp_path)]) == EXIT_INFRASTRUCTURE

    told = capsys.readouterr().err
    assert "could not be started: No such file or directory" in told
    assert "KB_SEARCH_PROCESSES=0" in told


def test_confidence_goes_to_another_process_once() -> None:
    model = shipped_confidence()
    there, again = (pickle.loads(pickle.dumps(model)) for _ in range(2))  # noqa: S301 - our own bytes

    assert (there.kinds, there.id) == (model.kinds, model.id)
    assert again is there
