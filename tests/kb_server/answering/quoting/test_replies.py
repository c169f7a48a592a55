"""A yes or no is quoted for the question that it was written for, and for no other."""

import pytest

from kb_server.answering.answer import Reason, Status
from kb_server.index.records import ChunkKind
from tests.kb_server.answering.searches import Page, ask

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


@pytest.mark.parametrize(
    ("question", "reply", "opening"),
    [
        ("Does enabling passkeys end a session?", "No. Passkeys never end a session.", "No. Passkeys"),
        ("Does enabling passkeys end a session?", "No. Passkeys keep every session.", "Passkeys keep"),
        ("Are photos of my cat shown anywhere?", "No. Passkeys never end a session.", "Passkeys never"),
        ("Is the app free?", "No. The app is free for all.", "The app is free"),
        ("앱은 무료인가요?", "아니요. 앱은 누구에게나 무료입니다.", "앱은 누구에게나"),
        ("앱은 유료인가요?", "아니다, 앱은 유료가 아닙니다.", "아니다, 앱은"),
    ],
)
def test_without_a_question_above_it_the_reply_must_say_what_was_asked_and_mean_it(question, reply, opening):
    assert _answer(question, Page(f"## FAQ item 1\n\n{reply}")).text.startswith(opening)


@pytest.mark.parametrize(
    ("question", "above", "reply"),
    [
        ("뷰어가 편집할 수 없나요?", "뷰어가 편집할 수 있나요?", "아니요. 볼 수만 있습니다."),
        ("파일 첨부가 불가한가요?", "파일 첨부가 되나요?", "네. 언제나 파일을 첨부합니다."),
    ],
)
def test_the_yes_or_no_to_the_opposite_question_is_cut(question, above, reply):
    assert _answer(question, Page(f"## {above}\n\n{reply}")).text.startswith(reply.split(". ")[1])


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
