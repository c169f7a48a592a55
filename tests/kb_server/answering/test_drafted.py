"""What a drafted answer shows about whether it answers."""

import pytest

from kb_server.answering.answer import Status

from .searches import Page, ask

LIMIT = Page("## Limits\n\nA question may have 2,000 characters.", title="Limits")
LIMIT_KO = Page("## 한도\n\n질문은 2,000자까지 보낼 수 있습니다.", path="ko/limits.md", title="한도")


@pytest.mark.parametrize(
    ("question", "page", "kind"),
    [
        ("How many characters may a question have?", LIMIT, 1.0),
        ("Who wrote the question?", LIMIT, 0.0),
        ("question characters", LIMIT, 0.5),
        ("질문은 몇 자까지 보낼 수 있나요?", LIMIT_KO, 1.0),
        ("질문 한도", LIMIT_KO, 0.5),
    ],
)
def test_the_kind_of_thing_that_is_asked_for_is_looked_for_in_the_quotation(question, page, kind):
    answer = ask(question, page)

    assert answer.status is Status.ANSWERED
    assert answer.judgement is not None
    assert answer.judgement.signals["kind"] == kind


def test_only_words_that_are_quoted_are_said():
    whole, half = (ask(text, LIMIT) for text in ("question characters", "question tokens"))

    assert whole.judgement is not None
    assert half.judgement is not None
    assert (whole.judgement.signals["said"], half.judgement.signals["said"]) == (1.0, 0.5)
