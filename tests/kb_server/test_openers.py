"""Questions to begin with, from the real application."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from kb_server.index.embedding import Encoder
from kb_server.index.language import detect_language
from kb_server.settings import Settings

from .published import Page, ask, publish

PAGES = {
    "en/backup.md": Page(
        "How do I back up the vault?", "To back up the vault, press Save a copy. One copy a day is kept."
    ),
    "en/restore.md": Page("Restore a vault", "To restore a vault, pick the copy and press Restore."),
    "en/schedule.md": Page(
        "How often is the vault backed up?", "The vault is backed up every night at 02:00."
    ),
    "en/hurry.md": Page("In a hurry?", "A vault holds keys and notes."),
    "ko/backup.md": Page(
        "보관함을 백업하려면 어떻게 하나요?",
        "보관함을 백업하려면 사본 저장을 누르세요. 사본은 하루에 하나씩 보관됩니다.",
    ),
    "ko/restore.md": Page("보관함 복원하기", "보관함을 복원하려면 사본을 고르고 복원을 누르세요."),
    "ko/hurry.md": Page("바쁘신가요?", "보관함에는 열쇠와 노트가 들어 있습니다."),
}
FIRST = {"en": "How do I back up the vault?", "ko": "보관함을 백업하려면 어떻게 하나요?"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    data_dir = tmp_path_factory.mktemp("openers") / "data"
    publish(data_dir, PAGES, encoder)
    return data_dir


@pytest.fixture
def settings(index: Path) -> Settings:
    return Settings(data_dir=index)


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_what_is_offered_first_is_answered(client: httpx.AsyncClient, lang: str) -> None:
    found = (await client.get("/v1/suggestions", params={"language": lang})).json()

    assert found["language"] == lang
    assert found["suggestions"][0] == FIRST[lang]
    assert not {"In a hurry?", "바쁘신가요?"} & set(found["suggestions"])
    for question in found["suggestions"]:
        assert detect_language(question) == lang
        answer = await ask(client, question)
        assert answer["status"] == "answered"


async def test_a_language_that_is_not_spoken_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/suggestions", params={"language": "fr"})

    assert response.status_code == 422
