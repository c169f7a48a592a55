"""Nothing that its citations do not carry passes the last check, whoever wrote it."""

from dataclasses import replace

import pytest

from kb_server.answering.answer import Sentence
from kb_server.answering.gate import verify_answer
from kb_server.errors import CitationMismatchError
from kb_server.grounding.support import Support

from .searches import Page, ask

PAGES = {
    "en": Page("## Backups\n\nBackups run every night at two. They are kept for 30 days."),
    "ko": Page("## 백업\n\n백업은 매일 밤 두 시에 실행됩니다. 백업은 30일 동안 보관됩니다.", path="ko.md"),
}
QUESTIONS = {"en": "When do backups run?", "ko": "백업은 언제 실행되나요?"}


def rewritten(lang: str, text: str):
    answer = ask(QUESTIONS[lang], PAGES[lang])
    cited = answer.sentences[0].citations
    return replace(answer, sentences=(Sentence(text, cited, Support.SUPPORTED),))


def revisions(lang: str):
    return lambda _doc_id, _revision: PAGES[lang].revision


@pytest.mark.parametrize(
    ("lang", "text"),
    [("en", "Every night at two, backups run."), ("ko", "백업은 두 시에 매일 밤 실행됩니다.")],
)
def test_a_rewritten_sentence_passes_where_its_source_says_the_same(lang, text):
    verify_answer(rewritten(lang, text), revisions(lang))


@pytest.mark.parametrize(
    ("lang", "text", "check"),
    [
        ("en", "Backups run every night at three.", "number"),
        ("en", "Backups do not run every night at two.", "polarity"),
        ("ko", "백업은 매일 밤 두 시에 실행되지 않습니다.", "polarity"),
        ("ko", "백업은 매일 밤 14시에 실행됩니다.", "number"),
    ],
)
def test_a_rewritten_sentence_that_says_something_else_is_held_back(lang, text, check):
    with pytest.raises(CitationMismatchError, match=check):
        verify_answer(rewritten(lang, text), revisions(lang))
