"""``/metrics``: what is counted, and that nothing of what clients send becomes a label."""

from __future__ import annotations

import fcntl
import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from kb_server.app import create_app
from kb_server.settings import Settings
from tests.kb_server.published import ask, running
from tests.manual import LANGS, read_manual

CANARY = "canary-7f3a"
PAGES = read_manual()


async def figures(client: httpx.AsyncClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    response = await client.get("/metrics")
    assert response.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    """Add up the samples of ``name`` that have ``labels``."""
    return sum(
        number
        for (known, given), number in found.items()
        if known == name and labels.items() <= dict(given).items()
    )


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How do I roll back to the earlier version?", "en"),
        ("이전 버전으로 되돌리려면 어떻게 하나요?", "ko"),
    ],
)
async def test_an_answer_is_counted_by_kind_and_language(
    client: httpx.AsyncClient, question: str, language: str
) -> None:
    before = await figures(client)
    answer = await ask(client, question)
    after = await figures(client)

    labels = {"status": answer["status"], "language": language, "generator": "extractive"}
    assert value(after, "kb_answers_total", **labels) == value(before, "kb_answers_total", **labels) + 1
    assert value(after, "kb_answer_confidence_count", language=language) == 1
    assert value(after, "kb_stage_duration_seconds_count", stage="search") == 1
    assert value(after, "kb_stage_duration_seconds_count", stage="encode") == 1
    route = {"method": "POST", "route": "/v1/query", "status": "200"}
    assert value(after, "kb_http_requests_total", **route) == 1
    assert value(after, "kb_http_request_duration_seconds_count", route="/v1/query") == 1


async def test_feedback_is_counted_once_by_target_and_rating(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "How do I roll back to the earlier version?")
    thumb = {"answer_id": answer["id"], "rating": "up"}
    for _ in range(2):
        await client.post("/v1/feedback", json=thumb, headers={"Idempotency-Key": "once"})
    of_citation = thumb | {"rating": "down", "citation_id": answer["citations"][0]["id"]}
    await client.post("/v1/feedback", json=of_citation)
    await client.post("/v1/feedback", json=thumb | {"answer_id": "a_0000000000000000"})
    found = await figures(client)

    assert value(found, "kb_feedback_total", target="answer", rating="up") == 1
    assert value(found, "kb_feedback_total", target="citation", rating="down") == 1
    assert value(found, "kb_feedback_total") == 2


async def test_a_refusal_is_counted_with_its_reason(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "Who won the football match yesterday?")
    found = await figures(client)

    assert answer["status"] == "abstained"
    assert value(found, "kb_answers_total", status="abstained", reason=answer["reason"]) == 1


async def test_errors_are_counted_by_code(client: httpx.AsyncClient) -> None:
    await client.post("/v1/query", json={"question": ""})
    await client.post("/v1/query", json={"question": "x", "filters": {"no-such-key": "x"}})
    await client.post("/v1/query", content=b"{", headers={"content-type": "application/json"})
    found = await figures(client)

    for code in ("invalid_request", "unknown_filter", "malformed_json"):
        assert value(found, "kb_problems_total", code=code) == 1


async def test_the_version_that_answers_is_described(client: httpx.AsyncClient) -> None:
    ready = (await client.get("/readyz")).json()
    found = await figures(client)

    assert value(found, "kb_ready") == 1
    assert value(found, "kb_index_info", version=ready["version"], encoder=ready["encoder"]) == 1
    assert value(found, "kb_index_documents") == 5
    assert value(found, "kb_index_built_timestamp_seconds") > 0


async def test_a_server_without_an_index_says_why(tmp_path: Path) -> None:
    async with running(create_app(Settings(data_dir=tmp_path, poll_seconds=0.05))) as client:
        found = await figures(client)
        while value(found, "kb_index_problem", code="index_missing") == 0:
            found = await figures(client)

    assert value(found, "kb_ready") == 0
    assert value(found, "kb_index_versions") == 0


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux lists the locks that are held")
async def test_a_writer_at_work_is_seen_and_not_disturbed(tmp_path: Path) -> None:
    lock = tmp_path / "LOCK"
    lock.touch()
    async with running(create_app(Settings(data_dir=tmp_path, poll_seconds=0.05))) as client:
        before = await figures(client)
        with lock.open() as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            during = await figures(client)

    assert (value(before, "kb_ingest_running"), value(during, "kb_ingest_running")) == (0, 1)


async def test_nothing_that_clients_send_becomes_a_label(client: httpx.AsyncClient) -> None:
    await ask(client, f"What is {CANARY}?", history=[{"role": "user", "content": f"About {CANARY}"}])
    await client.get(f"/{CANARY}/{CANARY}?{CANARY}=1", headers={"X-Request-ID": CANARY, "User-Agent": CANARY})
    await client.get(f"/v1/documents/{CANARY}/revisions/{CANARY}")
    await client.request(CANARY.upper(), "/v1/query")
    await client.post("/v1/query", json={CANARY: CANARY, "filters": {CANARY: CANARY}})
    text = (await client.get("/metrics")).text

    assert CANARY not in text.lower()
    assert 'method="OTHER"' in text
    assert 'route="/v1/documents/{doc_id}/revisions/{revision}"' in text
    assert 'route="(none)"' in text


async def test_the_number_of_series_does_not_grow_with_what_is_sent(client: httpx.AsyncClient) -> None:
    async def knock(number: int) -> int:
        await client.get(f"/nowhere/{number}")
        await client.get(f"/v1/documents/d_{number}")
        await client.request(f"M{number}", "/healthz")
        return len(await figures(client))

    await knock(0)
    first = await knock(1)
    for number in range(2, 20):
        await knock(number)

    assert await knock(20) == first


async def test_open_metrics_are_given_to_who_asks_for_them(client: httpx.AsyncClient) -> None:
    response = await client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})

    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")


@pytest.mark.parametrize("lang", LANGS)
async def test_the_manual_lists_every_metric_with_its_labels(lang: str, client: httpx.AsyncClient) -> None:
    text = (await client.get("/metrics")).text
    typed = re.findall(r"^# TYPE (kb_\w+) (\w+)$", text, re.MULTILINE)
    real = {name for name, kind in typed if not name.endswith("_created")}
    (table,) = PAGES[f"{lang}/monitoring.md"].tables
    described = {row[0].strip("`"): row[1] for row in table[1:]}

    assert described.keys() == real
    for name, labels in described.items():
        said = set() if labels == "–" else set(labels.split(", "))
        shown = re.search(rf"^{name}(?:_count)?{{([^}}]*)}}", text, re.MULTILINE)
        if shown:
            assert set(re.findall(r"(\w+)=", shown.group(1))) == said, name
