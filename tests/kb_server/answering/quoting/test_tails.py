"""What may follow the leading sentence: its limit, and other pages only where they come close."""

import pytest

from kb_server.answering.quoting.passages import read_passage
from kb_server.answering.quoting.selection import select
from kb_server.index.tokenization import tokenize
from tests.kb_server.answering.searches import Page

ENGLISH = (
    "Exporting the new report file",
    "Exporting the new report file works up to 5 GB.",
    "The new report file was exported by one person.",
)
KOREAN = (
    "새 보고서 파일 내보내기",
    "새 보고서 파일 내보내기는 5GB까지 됩니다.",
    "새 보고서 파일을 내보낸 사람입니다.",
)


def _quotes(question, *pages):
    """Give what is quoted of pages with the score that the search gave them, as a share of the best."""
    weights = dict.fromkeys(tokenize(question), 1.0)
    passages = [
        read_passage(page.hit(), page.revision, prior=prior, term_weights=weights) for page, prior in pages
    ]
    return [each.passage.text_of(span) for each in select(passages, weights, question) for span in each.spans]


@pytest.mark.parametrize(("question", "answer", "other"), [ENGLISH, KOREAN])
def test_a_page_that_was_found_clearly_worse_adds_no_common_words(question, answer, other):
    one, another = Page(answer, path="files.md"), Page(other, path="disks.md")

    assert _quotes(question, (one, 1.0), (another, 0.8)) == [answer]
    assert _quotes(question, (one, 1.0), (another, 0.97)) == [answer, other]


@pytest.mark.parametrize(("question", "answer", "other"), [ENGLISH, KOREAN])
def test_another_passage_of_the_leading_page_may_add_them(question, answer, other):
    page = Page(f"{answer}\n\n{other}")
    weights = dict.fromkeys(tokenize(question), 1.0)
    passages = [
        read_passage(page.hit(quote), page.revision, prior=prior, term_weights=weights)
        for quote, prior in ((answer, 1.0), (other, 0.8))
    ]

    assert len(select(passages, weights, question)) == 2


@pytest.mark.parametrize(
    ("question", "lead", "limit"),
    [
        ("Can I resize a volume?", "You can resize a volume.", "Making it smaller is not possible."),
        ("When are backups kept?", "Backups are kept for a year.", "However, drafts go after a week."),
        ("볼륨 크기를 바꿀 수 있나요?", "볼륨 크기를 바꿀 수 있습니다.", "줄일 수는 없습니다."),
        ("백업은 언제까지 보관하나요?", "백업은 일 년 보관합니다.", "다만 초안은 한 주 뒤에 지워집니다."),
    ],
)
def test_the_next_sentence_comes_first_where_it_takes_back_some_of_the_lead(question, lead, limit):
    rest = f"{lead[:-1]} again, and so on. {lead[:-1]} once more, and so on."

    assert _quotes(question, (Page(f"{lead} {limit} {rest}"), 1.0))[:2] == [lead, limit]


@pytest.mark.parametrize(
    ("question", "lead", "behind", "rest"),
    [
        (
            "Where do I resize a volume?",
            "Resize a volume in the menu.",
            "The sound is not meant.",
            "Resize a volume in the list too. A command will resize a volume.",
        ),
        (
            "볼륨 크기를 어디서 바꾸나요?",
            "볼륨 크기를 메뉴에서 바꿉니다.",
            "소리를 말하는 것은 아닙니다.",
            "볼륨 크기를 목록에서도 바꿉니다. 볼륨 크기를 명령으로 바꿉니다.",
        ),
    ],
)
def test_a_denial_behind_the_lead_is_no_limit_where_no_yes_or_no_is_asked_for(question, lead, behind, rest):
    assert behind not in _quotes(question, (Page(f"{lead} {behind} {rest}"), 1.0))
