"""Steps come whole, also past a note between them, and not before a fact that is asked for."""

import pytest

from kb_server.index.records import ChunkKind

from .searches import Page, ask

RESEND = "To send a request again:\n\n1. Open it.\n\n{note}\n\n2. Click **Resubmit**.\n3. Save the request."
RESEND_KO = "다시 보내려면:\n\n1. 엽니다.\n\n{note}\n\n2. **재상신**을 누릅니다.\n3. 저장합니다."


@pytest.mark.parametrize(
    ("question", "text", "note"),
    [
        ("How do I send a request again?", RESEND, "What was deleted is marked."),
        ("요청을 어떻게 다시 보내나요?", RESEND_KO, "지워진 것은 표시됩니다."),
    ],
)
@pytest.mark.parametrize("kind", [ChunkKind.PROSE, ChunkKind.STEPS])
def test_a_note_between_two_steps_does_not_end_them(question, text, note, kind):
    page = Page(text.format(note=note))

    said = [sentence.text for sentence in ask(question, (page, page.hit(kind=kind))).sentences]

    assert page.text[page.text.index("1. ") :] in said


def test_a_list_that_counts_anew_is_another_one():
    page = Page("To send it:\n\n1. Open mail.\n2. Send it.\n\nTo print it:\n\n1. Open the file.\n2. Print.")

    answer = ask("How do I send it in a mail?", page)

    assert "1. Open mail.\n2. Send it." in [sentence.text for sentence in answer.sentences]


@pytest.mark.parametrize(
    ("question", "text", "fact"),
    [
        (
            "Which port does the relay use?",
            "The relay uses port 7443.\n\n## Remove the relay\n\n1. Stop the relay.\n2. Delete its folder.",
            "The relay uses port 7443.",
        ),
        (
            "릴레이의 기본 포트는 무엇인가요?",
            "릴레이의 기본 포트는 7443입니다.\n\n## 릴레이 제거\n\n1. 멈춥니다.\n2. 폴더를 지웁니다.",
            "릴레이의 기본 포트는 7443입니다.",
        ),
    ],
)
def test_steps_do_not_come_before_a_fact_that_is_asked_for(question, text, fact):
    page = Page(text)

    assert ask(question, (page, page.hit(kind=ChunkKind.STEPS))).sentences[0].text == fact


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        ("How large may a file be?", "A: A file may be as large as 1 GB.", "A file may be as large as 1 GB."),
        ("파일은 얼마나 커도 되나요?", "답변: 파일은 1GB까지 됩니다.", "파일은 1GB까지 됩니다."),
    ],
)
def test_the_mark_of_a_reply_is_not_quoted(question, text, said):
    page = Page(text)

    assert ask(question, (page, page.hit(kind=ChunkKind.FAQ))).sentences[0].text == said


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        (
            "How much memory is needed?",
            "These are recommended:\n\n- Processor: four cores\n- Memory: 8 GB\n- Disk: 100 GB",
            "- Memory: 8 GB",
        ),
        (
            "메모리는 얼마나 필요한가요?",
            "권장 사양입니다.\n\n- CPU: 4개\n- 메모리: 8GB\n- 디스크: 100GB",
            "- 메모리: 8GB",
        ),
    ],
)
def test_of_a_list_of_values_the_item_that_is_asked_for_is_quoted(question, text, said):
    quoted = [sentence.text for sentence in ask(question, Page(text)).sentences]

    assert said in quoted
    assert not any("100" in each for each in quoted)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "How do I run the relay in a container?",
            "## Run in a container\n\nStart the relay.\n\n## Uninstall\n\n1. Stop the relay.\n2. Delete it.",
        ),
        (
            "릴레이를 컨테이너에서 어떻게 실행하나요?",
            "## 컨테이너에서 실행\n\n시작하세요.\n\n## 제거\n\n1. 릴레이를 멈춥니다.\n2. 지웁니다.",
        ),
    ],
)
def test_steps_of_another_task_do_not_follow(question, text):
    assert not any("1." in sentence.text for sentence in ask(question, Page(text)).sentences)
