"""An answer reads like an answer: what is no content is left out, what belongs together stays together."""

from __future__ import annotations

import pytest

from kb_server.answering.quoting.passages import read_passage
from kb_server.answering.quoting.selection import select
from kb_server.index.records import SectionStart
from kb_server.index.tokenization import tokenize
from tests.kb_server.answering.searches import Page


def chosen(question: str, *pages: Page, sections: tuple[SectionStart, ...] = ()) -> list[str]:
    weights = dict.fromkeys(tokenize(question), 1.0)
    passages = [
        read_passage(page.hit(sections=sections), page.revision, prior=1.0, term_weights=weights)
        for page in pages
    ]
    excerpts = select(passages, weights, question)
    return ["\n".join(each.passage.text_of(span) for span in each.spans) for each in excerpts]


def page_of(*sections: tuple[str, str]) -> tuple[Page, tuple[SectionStart, ...]]:
    """Make a page of sections below one title, and where each of them starts."""
    text = "\n\n".join(f"## {heading}\n\n{body}" if heading else body for heading, body in sections)
    starts = tuple(
        SectionStart(text.index(f"## {heading}") if heading else 0, (heading,) if heading else (), "")
        for heading, _ in sections
    )
    return Page(text), starts


@pytest.mark.parametrize(
    ("question", "links", "prose"),
    [
        (
            "How do I back up and restore?",
            "+ Back up and restore\n+ Back up and restore on Windows",
            "The script copies every folder each night, to back up what you have.",
        ),
        (
            "백업과 복구 방법",
            "+ 백업과 복구\n+ 백업과 복구 방법",
            "스크립트가 밤마다 모든 폴더를 복사하여 백업합니다.",
        ),
        ("How do I install it?", "1) Install it\n2) How to install it", "Run the program to install."),
    ],
)
def test_entries_that_are_nothing_but_links_are_not_quoted(question, links, prose):
    assert chosen(question, Page(f"{links}\n\n{prose}")) == [prose]
    assert chosen(question, Page(f"Contents:\n\n{links}\n\n## Script\n\n{prose}")) == [prose]


@pytest.mark.parametrize(
    ("question", "sentence", "links"),
    [
        (
            "Which clients are available?",
            "The following clients are available for your computer:",
            "+ Windows client\n+ Linux client",
        ),
        (
            "어떤 클라이언트가 있나요?",
            "클라이언트는 다음과 같이 여러 가지가 있습니다:",
            "+ 윈도우용\n+ 리눅스용",
        ),
    ],
)
def test_a_list_of_links_that_a_sentence_announces_is_quoted_with_it(question, sentence, links):
    assert chosen(question, Page(f"{sentence}\n\n{links}")) == [sentence, links]


RESET = (
    ("", "If you have forgotten the password, it can be reset without losing data."),
    ("From Docker", "```sh\ndocker exec server reset-password.js\n```"),
    ("From Kubernetes", "```sh\nkubectl exec server reset-password.js\n```"),
)
RESET_KO = (
    ("", "비밀번호를 잊어버렸다면 데이터를 잃지 않고 재설정할 수 있습니다."),
    ("도커에서", "```sh\ndocker exec server reset-비밀번호.js\n```"),
    ("쿠버네티스에서", "```sh\nkubectl exec server reset-비밀번호.js\n```"),
)


@pytest.mark.parametrize(
    ("question", "sections"),
    [
        ("Which command do I reset the password with?", RESET),
        ("비밀번호 재설정 명령은 무엇인가요?", RESET_KO),
    ],
)
def test_variants_of_a_block_stand_below_their_headings_in_the_order_of_the_page(question, sections):
    page, starts = page_of(*sections)

    assert chosen(question, page, sections=starts) == [
        sections[0][1],
        f"{sections[1][0]}\n\n{sections[1][1]}",
        f"{sections[2][0]}\n\n{sections[2][1]}",
    ]


def test_a_block_below_a_label_is_quoted_with_it_and_one_below_a_sentence_without_its_heading():
    code = "```sh\napt-get install server\n```"

    assert chosen("Which command installs the server?", Page(f"Ubuntu\n\n{code}")) == [f"Ubuntu\n\n{code}"]
    page, starts = page_of(("Ubuntu", f"This installs the server:\n\n{code}"))
    assert chosen("Which command installs the server?", page, sections=starts) == [
        "This installs the server:",
        code,
    ]


@pytest.mark.parametrize(
    ("question", "first", "same", "other"),
    [
        (
            "사용자의 기본 제한 용량은 얼마인가요?",
            "모든 사용자에 대해 기본 제한 용량(2GB)을 설정할 수 있습니다.",
            "모든 사용자의 기본 제한 용량(2GB)을 설정할 수 있습니다.",
            "모든 사용자에 대해 기본 제한 용량(5GB)을 설정할 수 있습니다.",
        ),
        (
            "What is the default quota of every user?",
            "You can set a default quota of 2 GB for every user of the server.",
            "You can set the default quota of 2 GB for every user of the server.",
            "You can set a default quota of 5 GB for every user of the server.",
        ),
    ],
)
def test_what_two_pages_say_alike_is_quoted_once_and_other_numbers_are_no_copy(question, first, same, other):
    assert len(chosen(question, Page(first, "a.md"), Page(same, "b.md"))) == 1
    assert len(chosen(question, Page(first, "a.md"), Page(other, "b.md"))) == 2


TREE = "```\n" + "".join(f"|-- folder{number}\n" for number in range(30)) + "```"


def test_long_code_that_nobody_asks_for_is_left_to_its_page():
    sentence = "The installer puts the server below one folder."
    page = Page(f"{sentence}\n\nAfter you install the server, it looks like this:\n\n{TREE}")

    assert chosen("How do I install the server?", page)[0] == sentence
    assert all(TREE not in quote for quote in chosen("How do I install the server?", page))
    assert TREE in chosen("Is there an example of what the server looks like?", page)


def test_a_sentence_that_announces_nothing_to_quote_does_not_lead():
    page = Page("To install the server on Linux:\n\n## Other\n\nThe installer for Linux is one file.")

    assert chosen("How do I install the server on Linux?", page)[0] == "The installer for Linux is one file."


def test_a_title_glued_to_a_sentence_is_cut_off_and_not_quoted():
    page = Page("서비스를 시작하려면 run.bat 파일을 실행하십시오 서비스 설치 제거 방법")

    assert chosen("서비스를 시작하려면?", page) == ["서비스를 시작하려면 run.bat 파일을 실행하십시오"]
