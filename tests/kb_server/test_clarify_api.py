"""Questions with several readings, asked through the real application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from mcp import Client

from kb_server.app import create_app
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from kb_server.text.phrases import Phrase, phrase

from .event_stream import comparable
from .published import Page, ask, publish
from .served import served

CLOUD, DESKTOP = {"product": "Skyvault"}, {"product": "Deskvault"}
HOME, PRO = {"product": "home"}, {"product": "pro"}
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
    "en/home/backup.md": Page(
        "Backups in Vela Home",
        "To back up the vault, plug in a stick and press Save. Backups are made by hand only.\n\n"
        "To restore a backup of the vault, plug in the stick and press Restore.",
        HOME,
    ),
    "en/pro/backup.md": Page(
        "Backups in Vela Pro",
        "To back up the vault, run `vela save` on the host. Backups are made every night at 02:30.\n\n"
        "To restore a backup of the vault, run `vela restore` on an empty host.",
        PRO,
    ),
    "ko/home/backup.md": Page(
        "벨라 홈의 백업",
        "보관함을 백업하려면 USB를 꽂고 저장을 누르세요. 백업은 손으로만 만들어집니다.\n\n"
        "보관함 백업을 복원하려면 USB를 꽂고 복원을 누르세요.",
        HOME,
    ),
    "ko/pro/backup.md": Page(
        "벨라 프로의 백업",
        "보관함을 백업하려면 서버에서 `vela save`를 실행하세요. 백업은 매일 밤 02:30에 만들어집니다.\n\n"
        "보관함 백업을 복원하려면 빈 서버에서 `vela restore`를 실행하세요.",
        PRO,
    ),
    "en/tags.md": Page("Tags", "Tags sort your notes. Write a tag with a # before its name.", {}),
    "en/colors.md": Page("Colors of tags", "Each of the tags may have a color of its own.", {}),
}
TWO_PRODUCTS = ["How do I export my notes?", "노트를 내보내려면 어떻게 하나요?"]
TITLED = {
    "How do I back up the vault?": {"Backups in Vela Home", "Backups in Vela Pro"},
    "보관함을 백업하려면 어떻게 하나요?": {"벨라 홈의 백업", "벨라 프로의 백업"},
}


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


@pytest.mark.parametrize("question", TITLED)
async def test_products_are_offered_by_the_titles_that_name_them(
    client: httpx.AsyncClient, question: str
) -> None:
    answer = await ask(client, question)

    assert {choice["label"] for choice in answer["choices"]} == TITLED[question]
    assert {choice["filters"]["product"] for choice in answer["choices"]} == {"home", "pro"}


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
        ("스카이볼트에서 노트를 내보내려면 어떻게 하나요?", "ko/cloud/export.md"),
        ("When are backups made in Vela Pro?", "en/pro/backup.md"),
        ("벨라 프로에서 백업은 언제 만들어지나요?", "ko/pro/backup.md"),
        ("벨라 홈에서 백업은 언제 만들어지나요?", "ko/home/backup.md"),
    ],
)
async def test_question_that_names_the_product_is_answered(
    client: httpx.AsyncClient, question: str, path: str
) -> None:
    answer = await ask(client, question)

    assert answer["status"] == "answered"
    assert answer["choices"] == []
    assert {citation["path"] for citation in answer["citations"]} == {path}


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


@pytest.mark.parametrize(("word", "label"), [("owner", "Sync with a team [2]"), ("캘린더", "캘린더 동기화")])
async def test_a_refused_word_is_asked_back_with_the_section_that_holds_it(
    client: httpx.AsyncClient, word: str, label: str
) -> None:
    answer = await ask(client, word, max_risk=0)
    chosen = answer["choices"][0]

    assert (answer["status"], [choice["label"] for choice in answer["choices"]]) == ("clarify", [label])
    assert (await ask(client, chosen["question"], filters=chosen["filters"]))["status"] == "answered"


@pytest.mark.parametrize("question", ["kubernetes", "쿠버네티스", "owner of calendars"])
async def test_a_word_of_no_page_and_a_longer_question_stay_refused(
    client: httpx.AsyncClient, question: str
) -> None:
    assert (await ask(client, question, max_risk=0))["status"] == "abstained"


async def test_choices_stay_within_the_filters(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "sync", filters={"path_prefix": "en/sync/"})

    assert answer["status"] == "clarify"
    assert all(choice["filters"]["path_prefix"] == "en/sync/" for choice in answer["choices"])


# Replies in words, from chats that have no buttons

REPLIES = {
    TWO_PRODUCTS[0]: (
        "1",
        " 1. ",
        "#1",
        "the first",
        "The 1st one, please.",
        "option one",
        "{label}",
        "in {label}",
    ),
    TWO_PRODUCTS[1]: (
        "1",
        "1번",
        "1번이요",
        "첫 번째",
        "첫번째 거로 알려주세요",
        "일번",
        "{label}",
        "{label}로 해주세요",
    ),
    "sync": ("first", "{label}", "{word}", "I mean the {word}"),
    "동기화": ("첫째요", "{label}", "{word}", "{word}요"),
}


async def expected(client: httpx.AsyncClient, question: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the answer that asks back, and the one of its first choice."""
    back = await ask(client, question)
    choice = back["choices"][0]
    return back, await ask(client, choice["question"], filters=choice["filters"])


def filled(reply: str, label: str) -> str:
    return reply.format(label=label, word=next(word for word in label.split() if word not in COMMON))


COMMON = ("Sync", "your", "a", "with", "동기화")


def said(answer: dict[str, Any]) -> dict[str, Any]:
    return comparable(answer) | {"conversation_id": None, "understood": None}


@pytest.mark.parametrize("question", REPLIES)
async def test_a_reply_in_words_picks_a_choice(client: httpx.AsyncClient, question: str) -> None:
    back, answer = await expected(client, question)
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": back["text"]}]
    with_choices = [turns[0], turns[1] | {"choices": back["choices"]}]
    for reply in REPLIES[question]:
        asked = filled(reply, back["choices"][0]["label"])
        for history in (turns, with_choices):
            picked = await ask(client, asked, history=history)

            assert said(picked) == said(answer), asked
            assert picked["understood"]["text"] == back["choices"][0]["question"]
            assert picked["understood"]["follows_up"]


@pytest.mark.parametrize("question", TWO_PRODUCTS)
async def test_a_reply_picks_a_choice_in_a_stored_conversation_and_then_another(
    client: httpx.AsyncClient, question: str
) -> None:
    narrowed = {"path_prefix": "en/" if question.isascii() else "ko/"}
    begun = await ask(client, question, conversation=True, filters=narrowed)
    answers = [
        await ask(client, choice["question"], filters=choice["filters"]) for choice in begun["choices"]
    ]
    for reply, at in (("2", 1), ("1.", 0), ("the last one" if question.isascii() else "마지막", 1)):
        picked = await ask(client, reply, conversation_id=begun["conversation_id"])

        assert said(picked) == said(answers[at])


@pytest.mark.parametrize("reply", ["5", "0", "thanks", "How do I print a page?", "인쇄는 어떻게 하나요?"])
async def test_another_reply_picks_nothing(client: httpx.AsyncClient, reply: str) -> None:
    back, _ = await expected(client, TWO_PRODUCTS[0])
    turns = [{"role": "user", "content": TWO_PRODUCTS[0]}, {"role": "assistant", "content": back["text"]}]
    alone, answer = await ask(client, reply), await ask(client, reply, history=turns)

    assert {citation["path"] for citation in answer["citations"]} == {
        citation["path"] for citation in alone["citations"]
    }


@pytest.mark.parametrize(
    ("question", "reply", "label"),
    [(TWO_PRODUCTS[0], "both, please", "On “{}”:"), (TWO_PRODUCTS[1], "둘 다 알려 주세요", "“{}” 관련:")],
)
async def test_a_reply_may_pick_all_choices(
    client: httpx.AsyncClient, question: str, reply: str, label: str
) -> None:
    back = await ask(client, question)
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": back["text"]}]
    answers = [await ask(client, c["question"], filters=c["filters"]) for c in back["choices"]]
    for history in (turns, [turns[0], turns[1] | {"choices": back["choices"]}]):
        both = await ask(client, reply, history=history)

        assert both["status"] == "answered"
        assert both["sentences"] == [sentence for answer in answers for sentence in answer["sentences"]]
        assert both["citations"] == [citation for answer in answers for citation in answer["citations"]]
        said = [line for line in both["text"].splitlines() if line.endswith(":")]
        assert said == [label.format(choice["label"]) for choice in back["choices"]]


@pytest.mark.parametrize(
    ("question", "reply", "lang"),
    [
        (TWO_PRODUCTS[0], "neither", "en"),
        (TWO_PRODUCTS[0], "No, none of them", "en"),
        (TWO_PRODUCTS[1], "둘 다 아니에요", "ko"),
        (TWO_PRODUCTS[1], "아니요", "ko"),
    ],
)
async def test_who_picks_no_choice_is_asked_for_more(
    client: httpx.AsyncClient, question: str, reply: str, lang: str
) -> None:
    back = await ask(client, question)
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": back["text"]}]
    answer = await ask(client, reply, history=turns)

    assert (answer["status"], answer["reason"], answer["choices"]) == ("clarify", "ambiguous", [])
    assert answer["text"] == phrase(Phrase.NONE_OF_THEM, lang)
    assert answer["next_step"]["action"] == "rephrase"


async def test_a_number_picks_nothing_where_nothing_was_asked_back(client: httpx.AsyncClient) -> None:
    turns = [
        {"role": "user", "content": "How do I share a folder?"},
        {"role": "assistant", "content": "1. Right-click it.\n2. Press Invite people."},
    ]

    assert (await ask(client, "1", history=turns))["citations"] == []


async def test_a_choice_that_is_no_longer_offered_is_not_picked(client: httpx.AsyncClient) -> None:
    listed = "Which of these do you mean?\n\n1. Moonvault\n2. Skyvault"
    turns = [{"role": "user", "content": TWO_PRODUCTS[0]}, {"role": "assistant", "content": listed}]

    assert (await ask(client, "1", history=turns))["status"] != "answered"


@pytest.fixture(scope="module")
def url(index: Path, encoder: Encoder) -> Iterator[str]:
    with served(create_app(Settings(data_dir=index), encoder=lambda: encoder)) as url:
        yield url


@pytest.mark.parametrize(
    ("question", "reply"),
    [(TWO_PRODUCTS[0], "the second"), (TWO_PRODUCTS[1], "두 번째요"), ("sync", "2"), ("동기화", "2번")],
)
def test_the_openai_client_picks_a_choice_by_a_reply(url: str, question: str, reply: str) -> None:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none") as chat:
        messages: list[Any] = [{"role": "user", "content": question}]
        back = chat.chat.completions.create(model="kb-server", messages=messages)
        messages += [
            {"role": "assistant", "content": back.choices[0].message.content},
            {"role": "user", "content": reply},
        ]
        picked = chat.chat.completions.create(model="kb-server", messages=messages)
        chunks = list(chat.chat.completions.create(model="kb-server", messages=messages, stream=True))
    choice = (back.model_extra or {})["kb_server"]["choices"][1]
    asked = {"question": choice["question"], "filters": choice["filters"]}
    answer = httpx.post(f"{url}/v1/query", json=asked).json()

    assert said((picked.model_extra or {})["kb_server"]) == said(answer)
    assert said((chunks[-1].model_extra or {})["kb_server"]) == said(answer)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks).startswith(answer["text"])


@pytest.mark.parametrize(("question", "reply"), [(TWO_PRODUCTS[0], "2"), ("동기화", "두 번째")])
async def test_a_tool_picks_a_choice_by_a_reply_or_by_the_arguments_that_it_was_told(
    url: str, question: str, reply: str
) -> None:
    async with Client(f"{url}/mcp") as client:
        back = await client.call_tool("ask_docs", {"question": question})
        (content,) = back.content
        assert content.type == "text"
        told = next(line for line in content.text.splitlines() if line.startswith("2: {"))
        history = [{"role": "user", "content": question}, {"role": "assistant", "content": content.text}]
        asked: list[dict[str, Any]] = [json.loads(told[3:]), {"question": reply, "history": history}]
        direct, picked = [(await client.call_tool("ask_docs", one)).structured_content for one in asked]

    assert direct is not None
    assert picked is not None
    assert direct["status"] == "answered"
    assert said(picked) == said(direct)
