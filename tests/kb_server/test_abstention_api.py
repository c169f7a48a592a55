"""Refusals and accepted risk through the real application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from kb_server.app import create_app
from kb_server.errors import BadInputError
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings

from . import published
from .published import Page, publish, running, wait_until_ready

PAGES = {
    "cloud/export.md": Page(
        "Export your notes",
        "To export your notes, open Account > Data and press Export. A link arrives within 10 minutes.",
        {"product": "Cloud", "audience": "staff"},
    ),
    "desktop/printing.md": Page(
        "Print a page",
        "To print a page, choose File > Print and pick one of the printers.",
        {"product": "Desktop", "audience": "customer"},
    ),
    "desktop/themes.md": Page(
        "Change the theme",
        "To change the theme, choose View > Theme. Dark and light themes come with the program.",
        {"product": "Desktop", "audience": "customer"},
    ),
    "cloud/invitations.md": Page(
        "Invite people",
        "Every team has folders. Right-click one and choose Invite people.",
        {"product": "Cloud", "audience": "customer"},
    ),
    "ko/sharing.md": Page(
        "폴더 공유",
        "팀과 폴더를 공유하려면 폴더를 오른쪽 클릭하고 사람 초대를 누르세요.",
        {"product": "Cloud", "audience": "customer"},
    ),
}
EXPORT = "How do I export my notes?"
SHARE = "팀과 폴더를 공유하려면 어떻게 하나요?"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    data_dir = tmp_path_factory.mktemp("abstention") / "data"
    publish(data_dir, PAGES, encoder)
    return data_dir


@pytest.fixture
def settings(index: Path) -> Settings:
    return Settings(data_dir=index)


async def ask(client: httpx.AsyncClient, question: str, **more: Any) -> dict[str, Any]:
    return await published.ask(client, question, **{"suggest": False, **more})


@pytest.mark.parametrize(
    ("question", "filters", "step"),
    [
        (EXPORT, {"product": "Desktop"}, "Ask again without the filter `product`."),
        (SHARE, {"title": "Nowhere"}, "필터 `title` 없이 다시 질문해 주세요."),
        (EXPORT, {"lang": "en", "product": "Desktop"}, "Ask again without the filter `product`."),
        (EXPORT, {"product!": "Cloud"}, "Ask again without the filter `product!`."),
        (EXPORT, {"product": "Nowhere"}, "Ask again without the filter `product`."),
    ],
)
async def test_the_filter_that_hides_the_answer_is_named_and_nothing_else(
    client: httpx.AsyncClient, question: str, filters: dict[str, str], step: str
) -> None:
    answer = await ask(client, question, filters=filters)

    assert (answer["status"], answer["reason"]) == ("abstained", "filtered")
    assert answer["next_step"] == {"action": "relax_filters", "text": step}
    assert answer["nearest"] == []
    assert "export.md" not in str(answer)


async def test_a_language_filter_is_not_blamed_where_a_page_of_that_language_comes_close(
    client: httpx.AsyncClient,
) -> None:
    own = await ask(client, SHARE, max_risk=0.01)
    answer = await ask(client, SHARE, filters={"lang": "en"}, max_risk=0.01)

    assert own["status"] == "answered"
    assert (answer["status"], answer["reason"]) == ("abstained", "low_confidence")
    assert answer["nearest"][0]["path"] == "cloud/invitations.md"


async def test_a_filter_that_may_keep_a_secret_is_not_named(client: httpx.AsyncClient) -> None:
    answer = await ask(client, EXPORT, filters={"audience": "customer"})

    assert answer["status"] == "abstained"
    assert answer["reason"] != "filtered"
    assert "audience" not in answer["next_step"]["text"]
    assert "export.md" not in str(answer)


@pytest.mark.parametrize("question", ["Who won the football cup yesterday?", "오늘 날씨가 어때?"])
async def test_a_question_of_whose_words_no_heading_speaks_is_out_of_scope(
    client: httpx.AsyncClient, question: str
) -> None:
    answer = await ask(client, question)

    assert (answer["status"], answer["reason"], answer["nearest"]) == ("abstained", "out_of_scope", [])


@pytest.mark.parametrize(
    ("question", "filters", "topical", "familiar"),
    [
        ("Can I export notes?", {}, 1, 1),
        ("Are there themes for Kubernetes?", {}, 1, 0),
        ("Who won the football cup?", {}, 0, 0),
        ("Can I export notes?", {"product": "Desktop"}, 0, 0),
        ("폴더를 공유할 수 있나요?", {}, 1, 1),
        ("폴더에 쿠버네티스를 쓸 수 있나요?", {}, 1, 0),
        ("테마를 변경할 수 있나요?", {"lang": "en"}, 1, 1),
    ],
)
async def test_words_are_looked_for_in_both_languages_on_the_visible_pages(
    client: httpx.AsyncClient, question: str, filters: dict[str, str], topical: int, familiar: int
) -> None:
    answer = await ask(client, question, filters=filters, explain=True)
    signals = answer["explanation"]["signals"]

    assert (signals["topical"], signals["familiar"]) == (topical, familiar)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Print a page?", 1.0),
        ("Kubernetes page?", 0.5),
        ("폴더 공유?", 1.0),
        ("폴더 쿠버네티스?", 0.5),
    ],
)
async def test_a_word_that_is_not_quoted_is_not_named(
    client: httpx.AsyncClient, question: str, named: float
) -> None:
    answer = await ask(client, question, explain=True, max_risk=1)

    assert answer["explanation"]["signals"]["named"] == pytest.approx(named, abs=0.2)
    assert (answer["explanation"]["signals"]["named"] == 1) == (named == 1)


@pytest.mark.parametrize(
    ("question", "titled"),
    [
        ("How do I print a page from the web?", 1.0),
        ("How do I print a list?", 0.0),
        ("우리 팀의 폴더 공유는 어떻게 하나요?", 1.0),
        ("폴더는 어떻게 열어요?", 0.0),
    ],
)
async def test_a_question_that_holds_a_whole_title_is_titled(
    client: httpx.AsyncClient, question: str, titled: float
) -> None:
    answer = await ask(client, question, explain=True, max_risk=1)

    assert answer["explanation"]["signals"]["titled"] == titled


async def test_accepting_no_risk_answers_nothing_and_any_risk_everything(client: httpx.AsyncClient) -> None:
    never = await ask(client, EXPORT, max_risk=0)
    always = await ask(client, "What is the airspeed of an unladen swallow?", max_risk=1)

    assert never["status"] == "abstained"
    assert never["next_step"]["action"] == "read_nearest"
    assert always["status"] == "answered"


async def test_the_servers_risk_holds_where_the_question_names_none(index: Path, encoder: Encoder) -> None:
    settings = Settings(data_dir=index, max_risk=0)
    async with running(create_app(settings, encoder=lambda: encoder)) as client:
        await wait_until_ready(client)

        assert (await ask(client, EXPORT))["status"] == "abstained"
        assert (await ask(client, EXPORT, max_risk=1))["status"] == "answered"


async def test_an_explained_answer_shows_what_decided(client: httpx.AsyncClient) -> None:
    explained = await ask(client, SHARE, explain=True, max_risk=0.3)
    plain = await ask(client, SHARE)

    explanation = explained["explanation"]
    assert explanation["max_risk"] == 0.3
    assert explained["confidence"] >= explanation["answer_from"] > 0
    assert explanation["signals"]["coverage"] == pytest.approx(1.0)
    assert explanation["signals"]["cross"] == 0
    assert plain["explanation"] is None


async def test_a_request_about_the_askers_account_goes_to_a_person(client: httpx.AsyncClient) -> None:
    english = await ask(client, "Please cancel my subscription")
    korean = await ask(client, "제 계정 삭제해 주세요")

    for answer in (english, korean):
        assert (answer["status"], answer["reason"]) == ("handoff", "needs_human")
        assert answer["next_step"]["action"] == "contact_support"


@pytest.mark.parametrize("max_risk", [-0.1, 1.1, "0.1", True])
async def test_a_risk_that_is_none_is_refused(client: httpx.AsyncClient, max_risk: Any) -> None:
    response = await client.post("/v1/query", json={"question": EXPORT, "max_risk": max_risk})

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "max_risk"


def test_a_confidence_file_that_breaks_a_rule_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "confidence.json"
    path.write_text("{}", encoding="utf-8")

    with pytest.raises(BadInputError, match=r"confidence\.json"):
        create_app(Settings(data_dir=tmp_path, confidence_file=path))
