"""Questions with several readings, asked through the real application."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from kb_server.index.embedding import Encoder
from kb_server.settings import Settings

from .published import Page, ask, publish

CLOUD, DESKTOP = {"product": "Skyvault"}, {"product": "Deskvault"}
PAGES = {
    "en/cloud/export.md": Page(
        "Export your notes",
        "To export your notes, open Account > Data and press Export. A link arrives within 10 minutes.",
        CLOUD,
    ),
    "en/desktop/export.md": Page(
        "Export your notes",
        "To export your notes, choose File > Save a copy. The copy lies in your documents at once.",
        DESKTOP,
    ),
    "en/cloud/password.md": Page(
        "Change your password",
        "To change your password in Skyvault, open Account > Security and type the new password twice.",
        CLOUD,
    ),
    "en/desktop/password.md": Page(
        "Change your password",
        "To change your password in Deskvault, open Account > Security and type the new password twice.",
        DESKTOP,
    ),
    "en/cloud/sharing.md": Page(
        "Share a folder", "To share a folder with your team, right-click it and press Invite people.", CLOUD
    ),
    "en/desktop/printing.md": Page(
        "Print a page", "To print a page, choose File > Print and pick one of the printers.", DESKTOP
    ),
    "ko/cloud/export.md": Page(
        "노트 내보내기",
        "노트를 내보내려면 계정 > 데이터에서 내보내기를 누르세요. 내려받기 링크가 10분 안에 도착합니다.",
        CLOUD,
    ),
    "ko/desktop/export.md": Page(
        "노트 내보내기",
        "노트를 내보내려면 파일 > 사본 저장을 선택하세요. 사본은 바로 문서 폴더에 저장됩니다.",
        DESKTOP,
    ),
    "ko/cloud/sharing.md": Page(
        "폴더 공유", "팀과 폴더를 공유하려면 폴더를 오른쪽 클릭하고 사람 초대를 누르세요.", CLOUD
    ),
    "en/sync/phone.md": Page("Sync your phone", "To sync your phone, install the app and scan the code.", {}),
    "en/sync/calendar.md": Page(
        "Sync a calendar", "A calendar is synced every hour after you connect it.", {}
    ),
    "en/sync/team.md": Page(
        "Sync with a team [2]", "A team syncs by a common drive that the owner opens.", {}
    ),
    "ko/sync/phone.md": Page("휴대폰 동기화", "휴대폰을 동기화하려면 앱을 설치하고 코드를 찍으세요.", {}),
    "ko/sync/calendar.md": Page("캘린더 동기화", "캘린더 동기화는 연결한 뒤 한 시간마다 이루어집니다.", {}),
    "ko/sync/team.md": Page("팀 동기화", "팀 동기화는 소유자가 연 공용 드라이브로 합니다.", {}),
    "en/tags.md": Page("Tags", "Tags sort your notes. Write a tag with a # before its name.", {}),
    "en/colors.md": Page("Colors of tags", "Each of the tags may have a color of its own.", {}),
}
TWO_PRODUCTS = ["How do I export my notes?", "노트를 내보내려면 어떻게 하나요?"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    data_dir = tmp_path_factory.mktemp("products") / "data"
    publish(data_dir, PAGES, encoder)
    return data_dir


@pytest.fixture
def settings(index: Path) -> Settings:
    return Settings(data_dir=index)


@pytest.mark.parametrize("question", TWO_PRODUCTS)
async def test_two_products_are_offered_as_choices(client: httpx.AsyncClient, question: str) -> None:
    answer = await ask(client, question)

    assert (answer["status"], answer["reason"]) == ("clarify", "ambiguous")
    assert {choice["label"] for choice in answer["choices"]} == {"Skyvault", "Deskvault"}
    assert answer["text"].splitlines()[2:] == [
        f"{number}. {choice['label']}" for number, choice in enumerate(answer["choices"], start=1)
    ]
    assert answer["citations"] == answer["sentences"] == answer["suggestions"] == []


@pytest.mark.parametrize(
    ("question", "ask_back", "next_step"),
    [
        (TWO_PRODUCTS[0], "Which of these do you mean?", "Choose one of the options."),
        (TWO_PRODUCTS[1], "다음 중 어느 것을 말씀하시나요?", "항목 중 하나를 골라 주세요."),
    ],
)
async def test_asker_is_asked_back_in_his_language(
    client: httpx.AsyncClient, question: str, ask_back: str, next_step: str
) -> None:
    answer = await ask(client, question)

    assert answer["text"].startswith(ask_back)
    assert answer["next_step"] == {"action": "choose", "text": next_step}


async def test_a_title_cannot_pass_for_a_marker(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "sync")

    assert "Sync with a team [2]" in [choice["label"] for choice in answer["choices"]]
    assert r"Sync with a team \[2\]" in answer["text"]


@pytest.mark.parametrize("question", [*TWO_PRODUCTS, "sync", "동기화"])
async def test_each_choice_leads_to_an_answer_from_its_page(client: httpx.AsyncClient, question: str) -> None:
    choices = (await ask(client, question))["choices"]
    answers = [await ask(client, choice["question"], filters=choice["filters"]) for choice in choices]

    assert len(choices) > 1
    assert {answer["status"] for answer in answers} == {"answered"}
    cited = [answer["citations"][0]["path"] for answer in answers]
    assert len(set(cited)) == len(choices)
    for choice, path in zip(choices, cited, strict=True):
        product = choice["filters"].get("product")
        assert PAGES[path].metadata.get("product") == product
        assert choice["filters"].get("path", path) == path


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("How do I export my notes in Deskvault?", "en/desktop/export.md"),
        ("Skyvault에서 노트를 내보내려면 어떻게 하나요?", "ko/cloud/export.md"),
    ],
)
async def test_question_that_names_the_product_is_answered(
    client: httpx.AsyncClient, question: str, path: str
) -> None:
    answer = await ask(client, question)

    assert answer["status"] == "answered"
    assert answer["choices"] == []
    assert answer["citations"][0]["path"] == path


@pytest.mark.parametrize("question", TWO_PRODUCTS)
async def test_filter_on_the_product_leaves_nothing_to_ask(client: httpx.AsyncClient, question: str) -> None:
    answer = await ask(client, question, filters={"product": "Deskvault"})

    assert answer["status"] == "answered"
    assert "desktop/export.md" in answer["citations"][0]["path"]


async def test_products_that_say_the_same_are_not_asked_for(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "How do I change my password?")

    assert answer["status"] == "answered"


@pytest.mark.parametrize(
    "question", ["How do I share a folder?", "폴더를 공유하려면 어떻게 하나요?", "How do I print a page?"]
)
async def test_feature_of_one_product_alone_is_answered(client: httpx.AsyncClient, question: str) -> None:
    assert (await ask(client, question))["status"] == "answered"


@pytest.mark.parametrize(
    ("word", "titles"),
    [
        ("sync", {"Sync your phone", "Sync a calendar", "Sync with a team [2]"}),
        ("동기화", {"휴대폰 동기화", "캘린더 동기화", "팀 동기화"}),
    ],
)
async def test_bare_word_that_many_pages_are_about_is_asked_back(
    client: httpx.AsyncClient, word: str, titles: set[str]
) -> None:
    answer = await ask(client, word)

    assert answer["status"] == "clarify"
    assert {choice["label"] for choice in answer["choices"]} == titles


@pytest.mark.parametrize(
    "question", ["tags", "How do I sync my phone?", "휴대폰을 동기화하려면?", "sync calendar"]
)
async def test_word_with_a_page_of_its_own_and_longer_questions_are_answered(
    client: httpx.AsyncClient, question: str
) -> None:
    assert (await ask(client, question))["status"] == "answered"


async def test_choices_stay_within_the_filters(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "sync", filters={"path_prefix": "en/sync/"})

    assert answer["status"] == "clarify"
    assert all(choice["filters"]["path_prefix"] == "en/sync/" for choice in answer["choices"])
