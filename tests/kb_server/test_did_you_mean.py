"""Refused questions that come close to a heading, asked through the real application."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from kb_server.text.phrases import Phrase, phrase

from .published import Page, ask, publish, running, wait_until_ready

PAGES = {
    "en/phone.md": Page("Sync your phone", "To sync your phone, install the app and scan the code.", {}),
    "en/drive.md": Page("Share a drive", "The owner of a team opens a common drive in Settings.", {}),
    "en/printing.md": Page("Print a page", "To print a page, choose File > Print and a printer.", {}),
    "ko/phone.md": Page("휴대폰 동기화", "휴대폰을 동기화하려면 앱을 설치하고 코드를 찍으세요.", {}),
    "ko/drive.md": Page("드라이브 공유", "팀의 소유자가 설정에서 공용 드라이브를 엽니다.", {}),
    "ko/printing.md": Page("페이지 인쇄", "페이지를 인쇄하려면 파일 > 인쇄에서 프린터를 고르세요.", {}),
}
SURE_OF_HEADINGS = {"intercept": -2.0, "weights": {"heading": 4.0}}
ANYTHING = {"intercept": 9.0, "weights": {}}
CURVE = [
    {"max_risk": 0.1, "answer_from": 0.95, "coverage": 0.1},
    {"max_risk": 0.2, "answer_from": 0.5, "coverage": 0.5},
]


@pytest.fixture
async def client(tmp_path: Path, encoder: Encoder) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the pages by a confidence that is sure of headings as they stand and of no other question."""
    kind = {"right": SURE_OF_HEADINGS, "in_scope": ANYTHING, "curve": CURVE}
    content = {"provenance": {}, "kinds": {"en": kind, "ko": kind, "cross": kind}}
    confidence = tmp_path / "confidence.json"
    confidence.write_text(json.dumps(content), encoding="utf-8")
    publish(tmp_path / "data", PAGES, encoder)
    settings = Settings(data_dir=tmp_path / "data", confidence_file=confidence)
    async with running(create_app(settings, encoder=lambda: encoder)) as client:
        await wait_until_ready(client)
        yield client


@pytest.mark.parametrize(
    ("question", "label", "path", "replies"),
    [
        ("How can one sync phones?", "Sync your phone", "en/phone.md", ("1", "the first one", "yes please")),
        (
            "휴대폰 동기화 방법 알려 주세요",
            "휴대폰 동기화",
            "ko/phone.md",
            ("1", "첫 번째", "네"),
        ),
    ],
)
async def test_a_heading_that_nearly_says_the_same_is_offered_and_can_be_picked(
    client: httpx.AsyncClient, question: str, label: str, path: str, replies: tuple[str, ...]
) -> None:
    back = await ask(client, question)
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": back["text"]}]

    assert (back["status"], back["reason"]) == ("clarify", "ambiguous")
    assert back["text"] == phrase(Phrase.DID_YOU_MEAN_ALONE, back["language"], choice=label)
    assert [choice["label"] for choice in back["choices"]] == [label]
    assert back["nearest"][0]["path"] == path
    assert back["suggestions"] == back["citations"] == []
    for reply in replies:
        picked = await ask(client, reply, history=turns)

        assert (picked["status"], picked["citations"][0]["path"]) == ("answered", path)


async def test_only_a_heading_as_sure_as_the_question_would_have_to_be_is_offered(
    client: httpx.AsyncClient,
) -> None:
    refused = await ask(client, "How can one sync phones?", max_risk=0.1)

    assert (refused["status"], refused["reason"]) == ("abstained", "low_confidence")


@pytest.mark.parametrize("question", ["Who opens the printer of a team?", "팀의 프린터는 누가 여나요?"])
async def test_a_heading_about_something_else_is_not_asked_back(
    client: httpx.AsyncClient, question: str
) -> None:
    refused = await ask(client, question)

    assert (refused["status"], refused["choices"]) == ("abstained", [])
    assert refused["nearest"]
