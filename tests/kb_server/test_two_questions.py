"""Two questions asked at once, through the real application."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from kb_server.index.embedding import Encoder
from kb_server.settings import Settings

from .published import Page, ask, publish

PAGES = {
    "en/export.md": Page(
        "Export your notes",
        "To export your notes, open Account > Data and press Export.\n\n```py\nnotes[1]\n```",
        {},
    ),
    "en/backups.md": Page("Backups", "Backups are stored in the folder Archive for 30 days.", {}),
    "en/tags.md": Page("Tags", "Tags sort your notes. Write a tag with a # before its name.", {}),
    "ko/export.md": Page("노트 내보내기", "노트를 내보내려면 계정 > 데이터를 열고 내보내기를 누르세요.", {}),
    "ko/backups.md": Page("백업", "백업은 보관함 폴더에 30일 동안 저장됩니다.", {}),
    "ko/tags.md": Page("태그", "태그로 노트를 정리합니다. 이름 앞에 #을 붙여 태그를 씁니다.", {}),
}
BOTH = [
    ("How do I export my notes and where are backups stored?", {"en/export.md", "en/backups.md"}),
    ("How do I export my notes? And where are backups stored?", {"en/export.md", "en/backups.md"}),
    ("노트는 어떻게 내보내나요? 백업은 어디에 저장되나요?", {"ko/export.md", "ko/backups.md"}),
    ("노트 내보내는 방법이랑 백업 저장 위치 알려줘", {"ko/export.md", "ko/backups.md"}),
]
ONE = [
    (
        "Where are backups stored? Who won the football championship?",
        "Who won the football championship?",
    ),
    ("백업은 어디에 저장되나요? 축구 결승전은 누가 이겼나요?", "축구 결승전은 누가 이겼나요?"),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    data_dir = tmp_path_factory.mktemp("two") / "data"
    publish(data_dir, PAGES, encoder)
    return data_dir


@pytest.fixture
def settings(index: Path) -> Settings:
    return Settings(data_dir=index)


@pytest.mark.parametrize(("question", "paths"), BOTH)
async def test_both_questions_are_answered_from_their_pages(
    client: httpx.AsyncClient, question: str, paths: set[str]
) -> None:
    answer = await ask(client, question)

    assert (answer["status"], answer["reason"]) == ("answered", "")
    assert {citation["path"] for citation in answer["citations"]} == paths
    ids = [citation["id"] for citation in answer["citations"]]
    assert len(set(ids)) == len(ids)
    assert {key for sentence in answer["sentences"] for key in sentence["citations"]} == set(ids)


@pytest.mark.parametrize("question", [question for question, _ in BOTH])
async def test_each_mark_names_the_citation_of_its_sentence(client: httpx.AsyncClient, question: str) -> None:
    answer = await ask(client, question)

    prose = re.sub(r"```.*?```", "", answer["text"], flags=re.DOTALL)
    marks = [int(number) for number in re.findall(r"\[(\d+)\]", prose)]
    cited = [key for sentence in answer["sentences"] for key in sentence["citations"]]
    assert [answer["citations"][number - 1]["id"] for number in marks] == cited


@pytest.mark.parametrize(("question", "left"), ONE)
async def test_a_part_without_an_answer_is_named(client: httpx.AsyncClient, question: str, left: str) -> None:
    answer = await ask(client, question)

    assert answer["status"] == "partial"
    assert answer["reason"] in {"not_in_docs", "out_of_scope", "low_confidence"}
    assert f"“{left}”" in answer["text"]
    assert answer["next_step"]
    assert {citation["path"][3:] for citation in answer["citations"]} == {"backups.md"}


async def test_a_question_about_one_thing_is_left_whole(client: httpx.AsyncClient) -> None:
    whole = await ask(client, "Where are backups stored and how do I delete them?")

    assert {citation["path"] for citation in whole["citations"]} <= {"en/backups.md"}
    assert whole["status"] != "partial"
