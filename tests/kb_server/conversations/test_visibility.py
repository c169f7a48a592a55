"""Stored answers show nothing that their reader may no longer see."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.published import Page, publish, wait_for_version

from .callers import application, ask, by, get, problem

QUESTION = "Who approves a refund above 500 euros?"
SECRET = "A refund above 500 euros is approved by the Quokkatron desk with the code E-77431."
STAFF = Page("Refunds of Quokkatron", SECRET, {"access": "staff"})
PUBLIC = {
    "en/refunds.md": Page("Refunds", "A refund is paid within 14 days after the parcel has come back."),
    "ko/refunds.md": Page("환불", "환불은 반품이 도착한 뒤 14일 안에 지급됩니다."),
}


@pytest.fixture
def settings(tmp_path: Path, database_url: str, encoder: Encoder) -> Settings:
    publish(tmp_path / "data", {**PUBLIC, "en/staff.md": STAFF}, encoder)
    return Settings(data_dir=tmp_path / "data", poll_seconds=0.05, database_url=database_url)


async def test_answer_is_withheld_from_who_sees_less_than_its_asker_and_follow_ups_forget_it(
    settings: Settings, encoder: Encoder
) -> None:
    async with application(settings, encoder) as client:
        staff, narrower = by("a", audiences=["staff", "beta"]), by("a", audiences=["beta"])
        begun = await ask(client, QUESTION, staff, conversation=True)
        path = f"/v1/conversations/{begun['conversation_id']}"
        assert "Quokkatron" in begun["text"]

        for reader in (staff, by("a", audiences=["staff", "beta", "x"]), by("a")):
            assert (await get(client, path, reader))["turns"][0]["answer"] == begun
        for reader in (narrower, by("a", audiences=[]), by("a", audiences=["staff"])):
            (turn,) = (await get(client, path, reader))["turns"]
            assert (turn["answer"], turn["withheld"], turn["standing"]) == (None, True, {})
            assert turn["question"] == QUESTION
        for reader, leans_on_it in ((narrower, False), (staff, True)):
            begun = await ask(client, QUESTION, staff, conversation=True)
            question = {"question": "And for the code?", "conversation_id": begun["conversation_id"]}
            answer = await ask(client, headers=reader, **question)
            assert ("Quokkatron" in str(answer["understood"]["added"])) is leans_on_it
            assert ("Quokkatron" in str(answer)) is leans_on_it


async def test_answer_of_one_who_saw_everything_is_withheld_from_a_narrower_caller(
    settings: Settings, encoder: Encoder
) -> None:
    async with application(settings, encoder) as client:
        begun = await ask(client, QUESTION, by("a"), conversation=True)
        path = f"/v1/conversations/{begun['conversation_id']}"

        assert (await get(client, path, by("a", audiences=["staff"])))["turns"][0]["withheld"]


async def test_repeated_question_gets_no_answer_that_its_asker_may_no_longer_see(
    settings: Settings, encoder: Encoder
) -> None:
    async with application(settings, encoder) as client:
        key = {"Idempotency-Key": "k"}
        first = await ask(client, QUESTION, by("a", audiences=["staff"]) | key)
        again = await ask(client, QUESTION, by("a", audiences=["staff"]) | key)
        narrower = await client.post(
            "/v1/query", json={"question": QUESTION}, headers=by("a", audiences=[]) | key
        )

        assert again == first
        assert (narrower.status_code, narrower.json()["code"]) == (422, "idempotency_key_reused")
        assert "Quokkatron" not in narrower.text


async def test_lists_of_answers_are_for_administrators_who_see_every_page(
    settings: Settings, encoder: Encoder
) -> None:
    async with application(settings, encoder) as client:
        for path in ("/v1/feedback", "/v1/customers/export?customer_id=x"):
            assert await problem(client, "GET", path, by("a", audiences=["staff"])) == (403, "forbidden")


async def test_page_that_changes_its_label_its_text_or_goes_away_shows_on_stored_answers(
    settings: Settings, encoder: Encoder
) -> None:
    async with application(settings, encoder) as client:
        staff = by("a", audiences=["staff"])
        begun = await ask(client, QUESTION, staff, conversation=True)
        path = f"/v1/conversations/{begun['conversation_id']}"
        standing = {}
        versions = {
            "same": STAFF,
            "changed": Page(STAFF.title, SECRET + " Ask twice.", STAFF.metadata),
            "relabelled": Page(STAFF.title, SECRET, {"access": "board"}),
            "withdrawn": None,
        }
        for name, page in versions.items():
            pages = PUBLIC if page is None else {**PUBLIC, "en/staff.md": page}
            await wait_for_version(client, publish(settings.data_dir, pages, encoder))
            (turn,) = (await get(client, path, staff))["turns"]
            standing[name] = (turn["withheld"], set(turn["standing"].values()))

        assert standing == {
            "same": (False, {"holds"}),
            "changed": (False, {"source_changed"}),
            "relabelled": (True, set()),
            "withdrawn": (False, {"source_withdrawn"}),
        }
