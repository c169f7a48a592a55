"""Complaints that name nothing, and answers that did not help, asked through the real application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from kb_server.text.phrases import Phrase, phrase

from .published import Page, ask, publish

PAGES = {
    "en/phone.md": Page("Sync your phone", "To sync your phone, install the app and scan the code.", {}),
    "en/lens.md": Page(
        "Your phone cannot scan the code",
        "If your phone cannot scan the code, clean the lens of its camera.",
        {},
    ),
    "en/printing.md": Page("Print a page", "To print a page, choose File > Print and a printer.", {}),
    "en/troubleshooting.md": Page(
        "Troubleshooting problems",
        "To solve problems when something is not working, restart the app and look at the errors in the log.",
        {},
    ),
    "ko/phone.md": Page("휴대폰 동기화", "휴대폰을 동기화하려면 앱을 설치하고 코드를 찍으세요.", {}),
    "ko/lens.md": Page(
        "휴대폰으로 코드를 찍을 때 오류", "휴대폰으로 코드를 찍을 때 오류가 나면 렌즈를 닦으세요.", {}
    ),
    "ko/printing.md": Page("페이지 인쇄", "페이지를 인쇄하려면 파일 > 인쇄에서 프린터를 고르세요.", {}),
    "ko/troubleshooting.md": Page(
        "문제 해결",
        "오류가 나거나 안 될 때 문제 해결 방법: 앱을 다시 시작하고 로그에서 오류를 확인하세요.",
        {},
    ),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    data_dir = tmp_path_factory.mktemp("troubles") / "data"
    publish(data_dir, PAGES, encoder)
    return data_dir


@pytest.fixture
def settings(index: Path) -> Settings:
    return Settings(data_dir=index)


async def told(client: httpx.AsyncClient, question: str) -> list[dict[str, Any]]:
    """Give the turns of a question and its answer."""
    answer = await ask(client, question)
    assert answer["status"] == "answered"
    return [
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer["text"], "citations": answer["citations"]},
    ]


@pytest.mark.parametrize(
    ("complaint", "label", "path", "agrees"),
    [
        ("It doesn't work", "Troubleshooting problems", "en/troubleshooting.md", "yes"),
        ("help!", "Troubleshooting problems", "en/troubleshooting.md", "yes please"),
        ("안 돼요", "문제 해결", "ko/troubleshooting.md", "네"),
        ("오류가 나요", "문제 해결", "ko/troubleshooting.md", "네, 알려 주세요"),
    ],
)
async def test_a_bare_complaint_is_asked_back_with_the_troubles_of_the_docs(
    client: httpx.AsyncClient, complaint: str, label: str, path: str, agrees: str
) -> None:
    back = await ask(client, complaint)
    labels = [choice["label"] for choice in back["choices"]]

    assert (back["status"], back["reason"], back["citations"]) == ("clarify", "ambiguous", [])
    assert label in labels
    turns = [{"role": "user", "content": complaint}, {"role": "assistant", "content": back["text"]}]
    reply = agrees if len(labels) == 1 else str(labels.index(label) + 1)
    assert (await ask(client, reply, history=turns))["citations"][0]["path"] == path


@pytest.mark.parametrize(
    ("question", "complaint", "label", "agrees"),
    [
        (
            "How do I sync my phone?",
            "It still doesn't work",
            "Your phone cannot scan the code",
            "yes",
        ),
        (
            "휴대폰을 동기화하려면 어떻게 하나요?",
            "그래도 안 돼요",
            "휴대폰으로 코드를 찍을 때 오류",
            "네",
        ),
    ],
)
async def test_a_complaint_after_an_answer_is_about_what_was_spoken_of(
    client: httpx.AsyncClient, question: str, complaint: str, label: str, agrees: str
) -> None:
    turns = await told(client, question)
    back = await ask(client, complaint, history=turns)

    assert back["text"] == phrase(Phrase.TROUBLE_KNOWN_ALONE, back["language"], choice=label)
    turns += [{"role": "user", "content": complaint}, {"role": "assistant", "content": back["text"]}]
    answer = await ask(client, agrees, history=turns)
    assert answer["status"] == "answered"
    assert answer["citations"][0]["title"] == label


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        ("How do I print a page?", "that does not work"),
        ("페이지를 인쇄하려면 어떻게 하나요?", "알려주신 대로 했는데 안 돼요"),
    ],
)
async def test_where_no_page_knows_the_trouble_more_is_asked_and_then_a_person_offered(
    client: httpx.AsyncClient, question: str, complaint: str
) -> None:
    turns = await told(client, question)
    back = await ask(client, complaint, history=turns)
    turns += [{"role": "user", "content": complaint}, {"role": "assistant", "content": back["text"]}]
    again = await ask(client, complaint, history=turns)

    assert (back["status"], back["choices"]) == ("clarify", [])
    assert back["text"] == phrase(Phrase.TROUBLE_AFTER, back["language"])
    assert back["next_step"]["action"] == "contact_support"
    assert (again["status"], again["reason"]) == ("handoff", "needs_human")


@pytest.mark.parametrize(("complaint", "lang"), [("It doesn't work", "en"), ("작동이 안 됩니다", "ko")])
async def test_without_a_page_about_troubles_more_is_asked(
    client: httpx.AsyncClient, complaint: str, lang: str
) -> None:
    back = await ask(client, complaint, filters={"path": [f"{lang}/printing.md"]})

    assert (back["status"], back["choices"], back["text"]) == ("clarify", [], phrase(Phrase.TROUBLE, lang))
    assert back["next_step"]["action"] == "rephrase"


@pytest.mark.parametrize(
    "said", ["Thanks for nothing", "that didn't help", "고맙지만 도움이 안 됐어요", "틀렸어요"]
)
async def test_who_was_not_helped_is_offered_a_person(client: httpx.AsyncClient, said: str) -> None:
    answer = await ask(client, said)

    assert (answer["status"], answer["reason"]) == ("handoff", "needs_human")
    assert answer["next_step"]["action"] == "contact_support"


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("My phone cannot scan the code", "en/lens.md"),
        ("휴대폰으로 코드를 찍을 때 오류가 나요", "ko/lens.md"),
    ],
)
async def test_a_named_trouble_is_answered(client: httpx.AsyncClient, question: str, path: str) -> None:
    answer = await ask(client, question)

    assert answer["citations"][0]["path"] == path
