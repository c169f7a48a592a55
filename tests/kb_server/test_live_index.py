"""Publishing while the server runs, and what it refuses."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from kb_server.app import create_app
from kb_server.errors import EncoderError, OverloadedError
from kb_server.index.layout import DataLayout
from kb_server.index.testing import HashEncoder
from kb_server.live_index import LiveIndex
from kb_server.served_encoder import EncoderChoice, encoder_choice
from kb_server.settings import Settings

from .published import PAGES, Page, publish, running, wait_for_code, wait_for_version, wait_until_ready

QUESTION = "What is the limit?"


def page_of(number: int) -> dict[str, Page]:
    """Two pages that both say ``number``."""
    return {
        "en/limit.md": Page("Limit", f"The limit is {number} requests."),
        "ko/limit.md": Page("한도", f"한도는 {number} 요청입니다. The limit is {number} requests."),
    }


def app_over(data_dir: Path, **settings: Any) -> Any:
    return create_app(Settings(data_dir=data_dir, poll_seconds=0.02, **settings), encoder=HashEncoder)


def live_over(data_dir: Path) -> LiveIndex:
    encoders = encoder_choice(Settings(), encoder=HashEncoder)
    return LiveIndex(DataLayout(data_dir), encoders, poll_seconds=60, exact_scan_limit=1000)


async def test_server_starts_without_an_index_and_is_ready_after_the_first_publish(tmp_path: Path) -> None:
    async with running(app_over(tmp_path / "none")) as client:
        missing = await wait_for_code(client, "index_missing")
        refused = await client.post("/v1/query", json={"question": QUESTION})
        alive = await client.get("/healthz")
        version = publish(tmp_path / "none", page_of(1))
        await wait_for_version(client, version)
        answered = await client.post("/v1/query", json={"question": QUESTION})

    assert missing.status_code == 503
    assert "kb ingest" in missing.json()["remedy"]
    assert refused.status_code == 503
    assert refused.json()["code"] == "index_missing"
    assert alive.status_code == 200
    assert answered.status_code == 200


async def test_questions_wait_while_the_encoder_loads(tmp_path: Path) -> None:
    publish(tmp_path, page_of(1))
    loading = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow_encoder() -> HashEncoder:
        asyncio.run_coroutine_threadsafe(loading.wait(), loop).result()
        return HashEncoder()

    app = create_app(Settings(data_dir=tmp_path, poll_seconds=0.02), encoder=slow_encoder)
    async with running(app) as client:
        starting = await client.get("/readyz")
        question = asyncio.create_task(client.post("/v1/query", json={"question": QUESTION}))
        await asyncio.sleep(0.05)
        waited = not question.done()
        loading.set()
        ready = await wait_until_ready(client)
        answered = await question

    assert starting.status_code == 503
    assert starting.json()["code"] == "starting"
    assert starting.headers["retry-after"] == "1"
    assert ready.json()["encoder"] == HashEncoder().encoder_id
    assert waited
    assert answered.status_code == 200


async def test_encoder_that_cannot_be_loaded_is_the_reason_given(tmp_path: Path) -> None:
    publish(tmp_path, page_of(1))

    def broken() -> HashEncoder:
        raise EncoderError("The weights have another hash.", remedy="Install them again.")

    async with running(create_app(Settings(data_dir=tmp_path), encoder=broken)) as client:
        response = await wait_for_code(client, "encoder_unavailable")

    assert response.status_code == 503
    assert response.json()["remedy"] == "Install them again."


async def test_index_of_another_encoder_is_refused_with_both_names(tmp_path: Path) -> None:
    publish(tmp_path, page_of(1), HashEncoder(dimension=32))

    async with running(app_over(tmp_path)) as client:
        problem = (await wait_for_code(client, "index_mismatch")).json()

    assert "hash-32" in problem["detail"]
    assert HashEncoder().revision in problem["detail"]
    assert "KB_ENCODER=hash kb ingest docs" in problem["remedy"]


async def test_terms_of_another_tokenizer_are_refused_with_the_command_to_run(tmp_path: Path) -> None:
    publish(tmp_path, page_of(1), tokenizer="0+older")
    async with running(app_over(tmp_path)) as client:
        problem = (await wait_for_code(client, "index_mismatch")).json()

    assert "0+older" in problem["detail"]
    assert "kb ingest" in problem["remedy"]


def damage(path: Path) -> None:
    """Flip bits in the middle of a file."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 8] = bytes(byte ^ 0xFF for byte in data[middle : middle + 8])
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["catalog.sqlite", "vectors.npy", "manifest.json"])
async def test_damaged_version_is_refused_and_the_old_one_answers_on(tmp_path: Path, name: str) -> None:
    old = publish(tmp_path, page_of(1))
    async with running(app_over(tmp_path)) as client:
        await wait_for_version(client, old)
        layout = DataLayout(tmp_path)
        new = publish(tmp_path / "elsewhere", page_of(2))
        broken = DataLayout(tmp_path / "elsewhere").version_path(new)
        damage(broken / name)
        broken.rename(layout.version_path(new))
        layout.set_current(new)
        degraded = await wait_for_code(client, "index_damaged")
        answer = (await client.post("/v1/search", json={"query": QUESTION})).json()
        newest = publish(tmp_path, page_of(3))
        await wait_for_version(client, newest)
        mended = await client.get("/readyz")

    assert degraded.status_code == 200
    assert degraded.json()["version"] == old
    assert name in degraded.json()["degraded"]["detail"]
    assert answer["version"] == old
    assert mended.json()["degraded"] is None


async def test_version_built_again_under_its_name_is_tried_again(tmp_path: Path) -> None:
    version = publish(tmp_path, page_of(1))
    layout = DataLayout(tmp_path)
    damage(layout.version_path(version) / "vectors.npy")
    async with running(app_over(tmp_path)) as client:
        refused = await wait_for_code(client, "index_damaged")
        publish(tmp_path, page_of(1))
        ready = await wait_until_ready(client)

    assert refused.status_code == 503
    assert ready.json()["version"] == version


async def test_eight_clients_see_no_error_and_no_mixed_version_during_ten_publishes(tmp_path: Path) -> None:
    numbers = {publish(tmp_path, page_of(0)): 0}
    stop = asyncio.Event()
    seen: list[tuple[str, str]] = []

    async def ask(client: httpx.AsyncClient) -> None:
        while not stop.is_set():
            response = await client.post("/v1/search", json={"query": QUESTION})
            assert response.status_code == 200, response.text
            found = response.json()
            seen.extend((found["version"], passage["text"]) for passage in found["passages"])

    async with running(app_over(tmp_path)) as client:
        await wait_until_ready(client)
        clients = [asyncio.ensure_future(ask(client)) for _ in range(8)]
        for number in range(1, 11):
            version = await asyncio.to_thread(publish, tmp_path, page_of(number))
            numbers[version] = number
            await wait_for_version(client, version)
        stop.set()
        await asyncio.gather(*clients)

    assert len({version for version, _ in seen}) > 2
    for version, text in seen:
        assert f" {numbers[version]} " in text


class HashSource:
    """Names a hash encoder without loading it, as the sources of real encoders do."""

    def __init__(self, dimension: int) -> None:
        self.encoder_id = "hash"
        self.revision = f"hash-{dimension}"
        self._dimension = dimension

    def load(self) -> HashEncoder:
        return HashEncoder(dimension=self._dimension)


def test_version_and_encoder_are_swapped_together(tmp_path: Path) -> None:
    encoders = EncoderChoice(lambda: [HashSource(64), HashSource(32)])
    live = LiveIndex(DataLayout(tmp_path), encoders, poll_seconds=60, exact_scan_limit=1000)
    publish(tmp_path, page_of(1), HashEncoder(dimension=32))
    live.refresh()
    deviation = live.readiness().problem
    with live.held() as snapshot:
        new = publish(tmp_path, page_of(2), HashEncoder(dimension=64))
        live.refresh()
        with live.held() as later:
            assert (later.version, later.queue.encoder.dimension) == (new, 64)
        assert snapshot.queue.encoder.dimension == 32
        assert asyncio.run(snapshot.queue.encode(QUESTION)).shape == (32,)
    live.refresh()

    assert deviation is not None
    assert deviation.code == "index_mismatch"
    assert "KB_ENCODER=hash kb ingest docs" in deviation.remedy
    assert live.readiness().problem is None
    with pytest.raises(OverloadedError):
        asyncio.run(snapshot.queue.encode("한도는 얼마인가요?"))
    live.close()


def test_encoder_that_was_replaced_under_its_name_comes_with_its_version(tmp_path: Path) -> None:
    dimension = 32
    encoders = EncoderChoice(lambda: [HashSource(dimension)])
    live = LiveIndex(DataLayout(tmp_path), encoders, poll_seconds=60, exact_scan_limit=1000)
    publish(tmp_path, page_of(1), HashEncoder(dimension=32))
    live.refresh()
    dimension = 64
    new = publish(tmp_path, page_of(2), HashEncoder(dimension=64))
    live.refresh()

    with live.held() as snapshot:
        assert (snapshot.version, snapshot.queue.encoder.dimension) == (new, 64)
    assert live.readiness().problem is None
    live.close()


def test_version_by_an_encoder_that_no_setting_names_leaves_the_old_one_answering(tmp_path: Path) -> None:
    live = live_over(tmp_path)
    old = publish(tmp_path, page_of(1))
    live.refresh()
    publish(tmp_path, page_of(2), HashEncoder(dimension=32))
    live.refresh()
    readiness = live.readiness()

    assert readiness.needed().version == old
    assert readiness.problem is not None
    assert "kb ingest" in readiness.problem.remedy
    live.close()


def test_next_version_by_the_same_encoder_keeps_its_queue(tmp_path: Path) -> None:
    live = live_over(tmp_path)
    publish(tmp_path, page_of(1))
    live.refresh()
    with live.held() as first:
        pass
    publish(tmp_path, page_of(2))
    live.refresh()
    with live.held() as second:
        assert second.queue is first.queue
        assert asyncio.run(second.queue.encode(QUESTION)).shape == (64,)
    live.close()


def test_request_keeps_its_version_until_it_is_done(tmp_path: Path) -> None:
    live = live_over(tmp_path)
    old = publish(tmp_path, page_of(1))
    live.refresh()
    with live.held() as snapshot:
        new = publish(tmp_path, page_of(2))
        live.refresh()
        with live.held() as later:
            assert later.version == new
        assert snapshot.version == old
        assert DataLayout(tmp_path).remove(old) is False
        assert snapshot.reader.documents()
    live.refresh()

    assert DataLayout(tmp_path).remove(old) is True
    live.close()


def test_version_is_opened_once_however_often_it_is_polled(tmp_path: Path) -> None:
    publish(tmp_path, page_of(1))
    live = live_over(tmp_path)
    live.refresh()
    with live.held() as first:
        pass
    live.refresh()
    with live.held() as second:
        pass

    assert first is second
    live.close()


def test_closing_releases_the_version(tmp_path: Path) -> None:
    old = publish(tmp_path, page_of(1))
    live = live_over(tmp_path)
    live.refresh()
    live.close()
    publish(tmp_path, page_of(2))

    assert DataLayout(tmp_path).remove(old) is True
    assert isinstance(live.readiness().unavailable(), Exception)


def test_lost_pointer_leaves_the_server_answering(tmp_path: Path) -> None:
    version = publish(tmp_path, PAGES)
    live = live_over(tmp_path)
    live.refresh()
    (tmp_path / "CURRENT").write_text("nonsense\n")
    live.refresh()

    readiness = live.readiness()
    assert readiness.needed().version == version
    assert readiness.problem is not None
    assert readiness.problem.code == "index_damaged"
    live.close()
