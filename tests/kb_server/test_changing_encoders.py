"""From one encoder to another while a server runs: real commands, a real server, no request lost."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import httpx
import pytest

from .index.korean_models import korean_model
from .published import wait_for_code, wait_for_version, wait_until_ready
from .workplace import Workplace

pytestmark = pytest.mark.model

QUESTION = {"query": "백업은 언제 실행되나요?", "mode": "dense"}


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


def command_of(remedy: str) -> str:
    """Give the first command that a remedy names."""
    found = re.search(r"`([^`]+)`", remedy)
    assert found is not None, remedy
    return found.group(1)


async def test_the_next_ingest_brings_the_new_encoder_and_no_request_is_lost(workplace: Workplace) -> None:
    old = workplace.ingest(encoder="minilm")
    settings = {"encoder": "builtin", "korean_encoder": korean_model(workplace.root / "korean")}
    seen: list[tuple[int, str]] = []
    stop = asyncio.Event()

    async def ask(client: httpx.AsyncClient) -> None:
        while not stop.is_set():
            response = await client.post("/v1/search", json=QUESTION)
            seen.append((response.status_code, response.json().get("version", response.text)))
            await asyncio.sleep(0.02)  # leaves the processor to the ingest

    with workplace.serving(**settings) as server:
        async with server as client:
            await wait_for_version(client, old["version"], seconds=240)
            before = (await wait_for_code(client, "index_mismatch", seconds=240)).json()
            asking = asyncio.ensure_future(ask(client))
            command = command_of(before["degraded"]["remedy"])
            done = await asyncio.to_thread(workplace.run, command, korean_encoder=settings["korean_encoder"])
            assert done.returncode == 0, done.stderr
            new = (workplace.root / "data" / "CURRENT").read_text().strip()
            await wait_for_version(client, new, seconds=240)
            after = (await wait_until_ready(client)).json()
            await client.post("/v1/search", json=QUESTION)
            stop.set()
            await asking

    assert (before["encoder"], after["encoder"]) == ("all-MiniLM-L6-v2", "builtin")
    assert after["degraded"] is None
    assert new != old["version"]
    assert {status for status, _ in seen} == {200}
    assert {version for _, version in seen} <= {old["version"], new}
    assert command in workplace.log()


async def test_a_version_by_an_encoder_that_no_setting_names_is_refused_and_the_old_one_answers(
    workplace: Workplace,
) -> None:
    first = korean_model(workplace.root / "first")
    second = korean_model(workplace.root / "second", seed=1)
    old = workplace.ingest(encoder="builtin", korean_encoder=first)

    with workplace.serving(encoder="builtin", korean_encoder=first) as server:
        async with server as client:
            await wait_for_version(client, old["version"], seconds=240)
            new = workplace.ingest(encoder="builtin", korean_encoder=second)
            degraded = (await wait_for_code(client, "index_mismatch", seconds=240)).json()
            answered = (await client.post("/v1/search", json=QUESTION)).json()

    assert new["encoded"] == 1  # the English chunk keeps its vector
    assert degraded["version"] == answered["version"] == old["version"]
    assert "kb ingest" in command_of(degraded["degraded"]["remedy"])


def test_a_mismatch_at_the_start_ends_with_the_command_that_mends_it(workplace: Workplace) -> None:
    first = korean_model(workplace.root / "first")
    second = korean_model(workplace.root / "second", seed=1)
    workplace.ingest(encoder="builtin", korean_encoder=first)
    search = ("search", "--json", "백업은 언제 실행되나요?")

    refused = workplace.here(*search, encoder="builtin", korean_encoder=second)
    problem = json.loads(refused.stdout)["error"]
    mended = workplace.run(command_of(problem["remedy"]), korean_encoder=second)
    found = workplace.here(*search, encoder="builtin", korean_encoder=second)

    assert refused.returncode == 3
    assert problem["code"] == "index_mismatch"
    assert mended.returncode == 0, mended.stderr
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["passages"]
