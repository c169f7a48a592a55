"""A yes or no is quoted for the question that it was written for, and for no other."""

import pytest

from kb_server.answering.answer import Reason, Status
from kb_server.index.records import ChunkKind

from .searches import Page, ask

ATTACK = Page(
    "## Can a document attack my readers through the chat?\n\nNo. The server cleans the HTML of every answer."
)
STREAMING = Page(
    "## 답변을 스트리밍하거나 대화를 이어 갈 수 있나요?\n\n"
    "둘 다 지원합니다. 답변은 스트리밍으로 받을 수 있습니다."
)
TEMPERATURE = Page(
    "## 언어 모델은 늘 같은 문장으로 답하나요?\n\n아닙니다. 언어 모델의 제공자는 같은 답을 보장하지 않습니다."
)
RESTART = Page("## Must I stop the server to ingest pages?\n\nOf course. Pages arrive by themselves.")


def _answer(question, page):
    return ask(question, (page, page.hit(kind=ChunkKind.FAQ)))


@pytest.mark.parametrize(
    ("question", "page", "opening"),
    [
        ("Can documents attack readers of the chat?", ATTACK, "No. The server cleans"),
        ("Is the chat usable without a mouse?", ATTACK, "The server cleans"),
        ("How do I add voice input to the chat?", ATTACK, "The server cleans"),
        ("Which documents cannot attack readers through the chat?", ATTACK, "The server cleans"),
        ("Can a document not attack readers through the chat?", ATTACK, "The server cleans"),
        ("언어 모델은 같은 문장으로 답하나요?", TEMPERATURE, "아닙니다. 언어 모델의 제공자는"),
        ("언어 모델이 답하지 못하면 무엇이 보이나요?", TEMPERATURE, "언어 모델의 제공자는"),
        ("어떤 언어 모델이 늘 같은 문장으로 답하나요?", TEMPERATURE, "언어 모델의 제공자는"),
        ("답변을 스트리밍하거나 대화를 이어 가도 되나요?", STREAMING, "둘 다 지원합니다."),
        ("슬랙 봇으로 답변을 받을 수 있나요?", STREAMING, "답변은 스트리밍으로"),
        ("Can I ingest pages while the server runs?", RESTART, "Pages arrive by themselves."),
    ],
)
def test_only_a_question_that_asks_the_same_is_given_the_yes_or_no(question, page, opening):
    assert _answer(question, page).text.startswith(opening)


def test_without_a_question_above_it_the_reply_itself_must_say_what_was_asked():
    page = Page("## FAQ item 1\n\nNo. Enabling passkeys keeps every session.")

    assert _answer("Does enabling passkeys end every session?", page).text.startswith("No.")
    assert _answer("Are photos of my cat shown anywhere?", page).text.startswith("Enabling passkeys")


@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("Which colours does the chat have?", Page("## Can I colour the chat?\n\nYes, in the settings.")),
        ("채팅은 무슨 색인가요?", Page("## 채팅 색을 바꿀 수 있나요?\n\n네.")),
    ],
)
def test_a_passage_that_says_only_yes_to_something_else_is_no_answer(question, page):
    answer = _answer(question, page)

    assert (answer.status, answer.reason) == (Status.ABSTAINED, Reason.LOW_CONFIDENCE)


def test_a_passage_that_says_more_leads_instead_of_a_bare_yes():
    bare = Page("## Is the chat blue?\n\nYes.", path="bare.md")
    full = Page("The colours of the chat are blue and green.", path="full.md")
    question = "Which colours does the chat have?"

    answer = ask(question, (bare, bare.hit(kind=ChunkKind.FAQ)), (full, full.hit(score=0.9)))

    assert [each.path for each in answer.citations] == ["full.md"]
