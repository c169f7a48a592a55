"""What a drafted answer shows about whether it answers."""

import pytest

from kb_server.answering.answer import Status
from tests.kb_server.answering.searches import Page, ask

LIMIT = Page("## Limits\n\nA question may have 2,000 characters.", title="Limits")
LIMIT_KO = Page("## 한도\n\n질문은 2,000자까지 보낼 수 있습니다.", path="ko/limits.md", title="한도")


@pytest.mark.parametrize(
    ("question", "page", "said"),
    [
        ("question characters", LIMIT, 1.0),
        ("question tokens", LIMIT, 0.5),
        ("질문", LIMIT_KO, 1.0),
        ("질문 토큰", LIMIT_KO, 0.5),
    ],
)
def test_only_words_that_are_quoted_are_said(question, page, said):
    answer = ask(question, page)

    assert answer.status is Status.ANSWERED
    assert answer.judgement is not None
    assert answer.judgement.signals["said"] == said
