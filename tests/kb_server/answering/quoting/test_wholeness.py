"""A passage is read to the end of what its chunk cuts."""

import pytest

from kb_server.answering.quoting.wholeness import MAX_PASSAGE_WORDS
from tests.kb_server.answering.searches import Page, ask

ENGLISH = ("Mail goes out at six. ", "Failed mail is sent again after nine minutes.")
KOREAN = ("메일은 여섯 시에 나갑니다. ", "실패한 메일은 구 분 뒤에 다시 보냅니다.")


@pytest.mark.parametrize(
    ("question", "sentences"),
    [("When is failed mail sent again?", ENGLISH), ("실패한 메일은 언제 다시 보내나요?", KOREAN)],
)
def test_a_paragraph_is_read_whole_where_its_chunk_ends_inside(question, sentences):
    page = Page("".join(sentences))

    for quote in sentences:
        answer = ask(question, (page, page.hit(quote)))

        assert answer.citations[0].quote == sentences[1]


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("How long are orders kept?", "What is kept:\n\n- Names: a year.\n- Orders: two years.", "Names: a"),
        ("주문은 얼마나 보관하나요?", "보관하는 것:\n\n- 이름: 일 년.\n- 주문: 이 년.", "이름: 일"),
    ],
)
def test_a_list_is_read_whole_where_its_chunk_ends_inside(question, text, quote):
    page = Page(text)

    assert text.rpartition("- ")[2] in ask(question, (page, page.hit(quote))).text


def test_what_stands_in_another_paragraph_is_not_read():
    page = Page("\n\n".join(ENGLISH))
    answer = ask("When is failed mail sent again?", (page, page.hit(ENGLISH[0])))

    assert ENGLISH[1] not in answer.text


def test_a_long_paragraph_is_read_as_far_as_its_chunk_goes():
    words = "Nobody thought about the weather at all. " * (MAX_PASSAGE_WORDS // 7)
    page = Page(f"{ENGLISH[0]}{words}{ENGLISH[1]}")
    answer = ask("When is failed mail sent again?", (page, page.hit(ENGLISH[0] + words)))

    assert ENGLISH[1] not in answer.text


def test_two_chunks_of_one_paragraph_are_quoted_once():
    page = Page("".join(ENGLISH))
    both = [(page, page.hit(quote)) for quote in ENGLISH]
    answer = ask("When is failed mail sent again?", *both)

    assert [citation.quote for citation in answer.citations].count(ENGLISH[1]) == 1
