"""Feedback over HTTP and on the command line, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from kb_server.cli import run
from kb_server.errors import EXIT_OK
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings

from .callers import PORT, PORT_KO, application, ask, by, get, problem


async def rate(
    client: httpx.AsyncClient, answer_id: str, headers: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    body = {"answer_id": answer_id, "rating": "down", **more}
    response = await client.post("/v1/feedback", json=body, headers=headers)
    assert response.status_code == 201, response.text
    kept: dict[str, Any] = response.json()
    return kept


@pytest.mark.parametrize("conversation", [True, False])
async def test_feedback_is_kept_with_what_it_is_about(client: httpx.AsyncClient, conversation: bool) -> None:
    answer = await ask(client, PORT_KO, conversation=conversation, customer_id="고객1")
    said = {
        "reason": "outdated",
        "comment": "포트가 바뀌었습니다 👎",
        "corrected_text": "기본값은 9000입니다.",
    }
    kept = await rate(client, answer["id"], **said)

    assert kept["id"].startswith("fb_")
    assert said.items() <= kept.items()
    (listed,) = (await get(client, "/v1/feedback"))["feedback"]
    about = {"question": PORT_KO, "text": answer["text"], "language": "ko", "customer_id": "고객1"}
    assert listed == kept | about


async def test_second_feedback_takes_the_place_of_the_first_on_the_same_thing(
    client: httpx.AsyncClient,
) -> None:
    answer = await ask(client, PORT)
    citation_id = answer["citations"][0]["id"]
    for rating in ("down", "up"):
        await rate(client, answer["id"], rating=rating)
        await rate(client, answer["id"], rating=rating, citation_id=citation_id)

    listed = (await get(client, "/v1/feedback"))["feedback"]
    assert [(one["citation_id"], one["rating"]) for one in listed] == [(None, "up"), (citation_id, "up")]


async def test_list_is_given_page_by_page_and_by_rating(client: httpx.AsyncClient) -> None:
    given = []
    for rating in ("up", "down", "up"):
        answer = await ask(client, "Thanks!")
        given.append((await rate(client, answer["id"], rating=rating))["id"])

    first = await get(client, "/v1/feedback", limit=2)
    rest = await get(client, "/v1/feedback", limit=2, after=first["next_after"])
    up = await get(client, "/v1/feedback", rating="up")
    assert [one["id"] for one in first["feedback"] + rest["feedback"]] == given
    assert rest["next_after"] is None
    assert [one["id"] for one in up["feedback"]] == [given[0], given[2]]


async def test_feedback_needs_an_answer_of_ones_own(client: httpx.AsyncClient) -> None:
    answer = await ask(client, PORT, by("a"), customer_id="c1")
    path, mine = "/v1/feedback", {"answer_id": answer["id"], "rating": "up"}

    assert await problem(client, "POST", path, by("b"), json=mine) == (404, "not_found")
    assert await problem(client, "POST", path, by("a", customer="c2"), json=mine) == (404, "not_found")
    assert await problem(client, "POST", path, json=mine | {"answer_id": "a_0"}) == (404, "not_found")
    assert await problem(client, "POST", path, json=mine | {"citation_id": "cit_0"}) == (404, "not_found")
    assert (await get(client, path))["feedback"] == []
    await rate(client, answer["id"], by("a", customer="c1"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rating", "meh"),
        ("answer_id", ""),
        ("comment", "가" * 4001),
        ("reason", "x" * 201),
        ("corrected_text", "a\x00b"),
        ("stars", 5),
    ],
)
async def test_feedback_that_breaks_a_rule_is_refused_by_name(
    client: httpx.AsyncClient, field: str, value: Any
) -> None:
    body = {"answer_id": "a_0", "rating": "up", field: value}
    response = await client.post("/v1/feedback", json=body)

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


async def test_list_is_for_administrators(client: httpx.AsyncClient) -> None:
    refused = await problem(client, "GET", "/v1/feedback", by("a", scopes="query ingest"))

    assert refused == (403, "forbidden")


async def test_export_writes_one_line_for_each(
    client: httpx.AsyncClient,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert settings.database_url
    monkeypatch.setenv("KB_DATABASE_URL", settings.database_url.get_secret_value())
    for question in (PORT, PORT_KO):
        await rate(client, (await ask(client, question))["id"], comment="줄\n바꿈")
    listed = (await get(client, "/v1/feedback"))["feedback"]

    capsys.readouterr()
    assert run(["feedback", "export"]) == EXIT_OK
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == listed
    assert run(["feedback", "export", "--out", str(tmp_path / "out.jsonl")]) == EXIT_OK
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()] == listed


async def test_without_stored_answers_feedback_finds_none_but_conversations_are_kept(
    settings: Settings, encoder: Encoder
) -> None:
    settings = settings.model_copy(update={"store_answers": False})
    async with application(settings, encoder) as client:
        alone = await ask(client, PORT)
        within = await ask(client, PORT, conversation=True)

        refused = {"answer_id": alone["id"], "rating": "up"}
        assert await problem(client, "POST", "/v1/feedback", json=refused) == (404, "not_found")
        await rate(client, within["id"])
