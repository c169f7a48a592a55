"""Further questions that come with an answer, each asked again through the real application."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from kb_server.answering import service
from kb_server.answering.quoting.headings import is_question
from kb_server.index.embedding import Encoder
from kb_server.index.language import detect_language
from kb_server.settings import Settings

from .published import Page, ask, publish

PAGES = {
    "en/backup.md": Page(
        "Back up the vault", "To back up the vault, press Save a copy. One copy a day is kept."
    ),
    "en/restore.md": Page(
        "Restore a vault from a copy", "To restore a vault, pick the copy and press Restore."
    ),
    "en/schedule.md": Page(
        "How often is the vault backed up?", "The vault is backed up every night at 02:00."
    ),
    "en/size.md": Page("Size limits of a vault copy", "A vault copy may have up to 5 GB."),
    "en/settings.md": Page("VAULT_COPIES", "To back up the vault to two places, set `VAULT_COPIES`."),
    "ko/settings.md": Page("VAULT_COPIES", "보관함을 두 곳에 백업하려면 `VAULT_COPIES`를 설정하세요."),
    "ko/backup.md": Page(
        "보관함 백업하기", "보관함을 백업하려면 사본 저장을 누르세요. 사본은 하루에 하나씩 보관됩니다."
    ),
    "ko/restore.md": Page("사본으로 보관함 복원하기", "보관함을 복원하려면 사본을 고르고 복원을 누르세요."),
    "ko/schedule.md": Page("보관함은 얼마나 자주 백업되나요?", "보관함은 매일 밤 2시에 백업됩니다."),
    "ko/size.md": Page("보관함 사본의 크기 제한", "보관함 사본은 5GB까지 가능합니다."),
    **{
        f"en/more/{name}.md": Page(
            "Overview", f"This page tells what a vault is to {name}s.", {"product": "x"}
        )
        for name in ("editor", "owner", "reader", "guest")
    },
}
QUESTIONS = ["How do I back up my vault?", "보관함을 백업하려면 어떻게 하나요?"]
TOPICS = {page.title for page in PAGES.values() if page.title != "Overview"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    data_dir = tmp_path_factory.mktemp("suggestions") / "data"
    publish(data_dir, PAGES, encoder)
    return data_dir


@pytest.fixture
def settings(index: Path) -> Settings:
    return Settings(data_dir=index)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_heading_that_asks_comes_first_and_the_name_of_a_setting_never(
    client: httpx.AsyncClient, question: str
) -> None:
    suggestions = (await ask(client, question=question))["suggestions"]

    asking = [is_question(suggestion) for suggestion in suggestions]
    assert suggestions
    assert asking == sorted(asking, reverse=True)
    assert any(asking) or detect_language(question) == "en"
    assert not any("VAULT_COPIES" in suggestion for suggestion in suggestions)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_suggestions_are_answered_from_the_page_they_name(
    client: httpx.AsyncClient, question: str
) -> None:
    suggestions = (await ask(client, question))["suggestions"]
    answers = [await ask(client, suggestion) for suggestion in suggestions]

    assert suggestions
    assert {answer["status"] for answer in answers} == {"answered"}
    assert [answer["citations"][0]["title"] for answer in answers] == suggestions


@pytest.mark.parametrize("question", QUESTIONS)
async def test_suggestions_are_few_new_and_in_the_language_of_the_asker(
    client: httpx.AsyncClient, question: str
) -> None:
    answer = await ask(client, question)

    suggestions = answer["suggestions"]
    assert len(set(suggestions)) == len(suggestions) <= 3
    assert {detect_language(text) for text in suggestions} == {answer["language"]}
    assert answer["citations"][0]["title"] not in suggestions
    assert set(suggestions) <= TOPICS


@pytest.mark.parametrize(("question", "path"), [(QUESTIONS[0], "en/size.md"), (QUESTIONS[1], "ko/size.md")])
async def test_nothing_outside_the_filters_is_suggested(
    client: httpx.AsyncClient, question: str, path: str
) -> None:
    answer = await ask(client, question, filters={"path": [path, path.replace("size", "backup")]})

    assert set(answer["suggestions"]) <= {PAGES[path].title}


@pytest.mark.parametrize(
    "question",
    ["Is the vault copy encrypted with AES-512 keys of my own?", "보관함 사본을 암호화하는 알고리즘은?"],
)
async def test_refused_question_comes_with_what_can_be_answered(
    client: httpx.AsyncClient, question: str
) -> None:
    answer = await ask(client, question, filters={"product": "kb"})

    for suggestion in answer["suggestions"]:
        assert (await ask(client, suggestion, filters={"product": "kb"}))["status"] == "answered"


@pytest.mark.parametrize("question", QUESTIONS)
async def test_asker_may_do_without(client: httpx.AsyncClient, question: str) -> None:
    full, plain = await ask(client, question), await ask(client, question, suggest=False)

    assert plain["suggestions"] == []
    assert plain["text"] == full["text"]


async def test_heading_of_many_pages_is_no_suggestion(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "What is a vault to owners?", filters={"product": "x"})

    assert "Overview" not in answer["suggestions"]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_busy_server_suggests_only_what_was_asked_before(
    client: httpx.AsyncClient, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as busy:
        busy.setattr(service, "BUSY_FROM", 0)
        new = await ask(client, question)
    calm = await ask(client, question)
    monkeypatch.setattr(service, "BUSY_FROM", 0)
    again = await ask(client, question)

    assert new["suggestions"] == []
    assert new["text"] == calm["text"]
    assert again["suggestions"] == calm["suggestions"] != []


async def test_same_question_gets_the_same_suggestions(client: httpx.AsyncClient) -> None:
    first, second = await ask(client, QUESTIONS[0]), await ask(client, QUESTIONS[0])

    assert first["suggestions"] == second["suggestions"]
