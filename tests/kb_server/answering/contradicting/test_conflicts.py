from dataclasses import replace

import pytest

from kb_server.answering.answer import Sentence, Status
from kb_server.answering.composer import compose
from kb_server.answering.contradicting.conflicts import with_conflicts
from kb_server.answering.contradicting.disagreement import difference, read_statement
from kb_server.grounding.support import Support
from tests.kb_server.answering.searches import Page, found

EN, KO = "How long are backups kept?", "백업은 얼마 동안 보관되나요?"


def answer_to(question, *pages, step=0.5):
    hits = [page.hit(score=max(1.0 - step * number, 0.1)) for number, page in enumerate(pages)]
    result = found(question, *hits)
    revisions = {page.doc_id: page.revision for page in pages}
    return compose(result, revision_of=revisions.__getitem__)


# fmt: off
CONFLICTS = [
    ("en", EN, "Backups are kept for 30 days.", "Backups are kept for 14 days.", "number"),
    ("en", EN, "Backups are kept for 30 days.", "Backups are not kept for 30 days.", "polarity"),
    ("en", EN, "Keeping backups is enabled by default.", "Keeping backups is disabled by default.",
     "polarity"),
    ("ko", KO, "백업은 30일 동안 보관됩니다.", "백업은 14일 동안 보관됩니다.", "number"),
    ("ko", KO, "백업은 서버에 보관됩니다.", "백업은 서버에 보관되지 않습니다.", "polarity"),
]
# fmt: on


@pytest.mark.parametrize(("lang", "question", "one", "other", "kind"), CONFLICTS)
def test_pages_that_disagree_are_both_cited_and_the_answer_says_so(lang, question, one, other, kind):
    answer = answer_to(question, Page(one, "a.md"), Page(other, "old/b.md"))

    (conflict,) = answer.conflicts
    assert (answer.status, conflict.kind) == (Status.ANSWERED, kind)
    quotes = {citation.id: (citation.path, citation.quote) for citation in answer.citations}
    assert [quotes[cited] for cited in conflict.citations] == [("a.md", one), ("old/b.md", other)]
    assert conflict.text in answer.text
    assert ("does not agree" if lang == "en" else "서로 다릅니다") in conflict.text
    assert {cited for sentence in answer.sentences for cited in sentence.citations} == quotes.keys()
    assert f"{other} [2]" in answer.text


@pytest.mark.parametrize(
    ("question", "one", "other", "said"),
    [
        (
            EN,
            "Backups are kept for 14 days.",
            "Backups are kept for 30 days.",
            ("“14 days” in", "“30 days” in"),
        ),
        (KO, "백업은 14일 동안 보관됩니다.", "백업은 30일 동안 보관됩니다.", ("“14일”", "“30일”")),
        (KO, "백업은 서버에 보관됩니다.", "백업은 서버에 보관되지 않습니다.", ("반대입니다", "반대입니다")),
    ],
)
def test_a_contradiction_that_is_quoted_from_both_sides_is_told_once(question, one, other, said):
    answer = answer_to(question, Page(one, "a.md"), Page(other, "b.md"), step=0.1)

    (conflict,) = answer.conflicts
    assert len(answer.citations) == 2
    assert {citation.path for citation in answer.citations} == {"a.md", "b.md"}
    assert all(value in conflict.text for value in said)
    assert answer.text.count(conflict.text) == 1


@pytest.mark.parametrize(
    ("question", "sentence", "values"),
    [
        (EN, "Backups are kept for {} days.", "“7 days” in a.md, “14 days” in b.md, “30 days” in c.md"),
        (KO, "백업은 {}일 동안 보관됩니다.", "a.md에는 “7일”, b.md에는 “14일”, c.md에는 “30일”"),
    ],
)
def test_three_pages_that_disagree_are_told_at_once_and_all_cited(question, sentence, values):
    pages = [
        Page(sentence.format(days), path) for days, path in (("7", "a.md"), ("14", "b.md"), ("30", "c.md"))
    ]
    for step in (0.05, 0.4):
        answer = answer_to(question, *pages, step=step)

        (conflict,) = answer.conflicts
        assert values in conflict.text
        assert len(conflict.citations) == 3
        assert set(conflict.citations) == {citation.id for citation in answer.citations}


def test_pages_that_say_the_opposite_are_named_together():
    one, other = "Backups are kept on the server.", "Backups are not kept on the server."

    answer = answer_to("Where are backups kept?", Page(one, "a.md"), Page(other, "b.md"), Page(other, "c.md"))

    (conflict,) = answer.conflicts
    assert "a.md says the opposite of b.md, c.md" in conflict.text
    assert len(conflict.citations) == 3


def test_the_dates_of_the_pages_are_named_where_their_front_matter_has_them():
    answer = answer_to(
        EN,
        Page("Backups are kept for 30 days.", "a.md", metadata={"updated": "2026-05-01"}),
        Page("Backups are kept for 14 days.", "b.md", metadata={"date": "2021-01-02T10:00:00"}),
    )

    assert answer.conflicts[0].text == (
        "The documentation does not agree: “30 days” in a.md (2026-05-01), “14 days” in b.md (2021-01-02)."
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            Page("Backups are kept for 30 days.", "a.md", metadata={"product": "Lite"}),
            Page("Backups are kept for 14 days.", "b.md", metadata={"product": "Pro"}),
        ),
        (
            Page("Backups are kept for 30 days.", "free.md", title="Free plan"),
            Page("Backups are kept for 14 days.", "pro.md", title="Pro plan"),
        ),
        (
            Page("백업은 30일 동안 보관됩니다.", "free.md", title="무료 요금제"),
            Page("백업은 14일 동안 보관됩니다.", "pro.md", title="기업 요금제"),
        ),
        (
            Page("Backups are kept for 30 days.", "mail/limits.md"),
            Page("Backups are kept for 14 days.", "sms/limits.md"),
        ),
        (
            Page("백업은 30일 동안 보관됩니다.", "E-mail/console-guide.md"),
            Page("백업은 14일 동안 보관됩니다.", "SMS/console-guide.md"),
        ),
        (Page("Backups are kept for 30 days.", "a.md"), Page("Backups are kept for 720 hours.", "b.md")),
        (Page("Backups are kept for 30 days.", "a.md"), Page("Logs are kept for 14 days.", "b.md")),
        (Page("Backups are kept for 30 days.", "a.md"), Page("백업은 14일 동안 보관됩니다.", "b.md")),
        (Page("Backups are kept for 30 days.", "a.md"), Page("```\nBackups are kept for 14 days.\n```", "b")),
        (
            Page("Backups are kept for 30 days.", "a.md"),
            Page("Backups are kept for 30 days.\n\nBackups are kept for 14 days.", "b.md"),
        ),
    ],
    ids=["product", "plan", "plan-ko", "folder", "folder-ko", "same duration", "subject", "language", "code",
         "says both"],
)  # fmt: skip
def test_pages_about_something_else_do_not_disagree(one, other):
    question = KO if one.text.startswith("백업") else EN

    assert answer_to(question, one, other).conflicts == ()


def test_pages_of_one_name_disagree_where_only_one_folder_names_a_thing():
    pages = [
        Page("Backups are kept for 30 days.", "docs/limits.md"),
        Page("Backups are kept for 14 days.", "archive/limits.md"),
    ]

    assert [conflict.kind for conflict in answer_to(EN, *pages).conflicts] == ["number"]


@pytest.mark.parametrize(
    ("one", "other", "values"),
    [
        ("Port 8000 is used by the server.", "Port 9000 is used by the server.", ("8000", "9000")),
        ("A file may have 10 GB at most.", "A file may have 5 GB at most.", ("10 GB", "5 GB")),
        (
            "Invite up to three people per team.",
            "Invite up to 5 people per team.",
            ("three people", "5 people"),
        ),
        ("최대 10명까지 초대할 수 있습니다.", "최대 20명까지 초대할 수 있습니다.", ("10명", "20명")),
        ("The session on a phone ends after 30 minutes.", "The session ends after 60 minutes.", None),
        ("A file may have 10 GB at most.", "A file may have 10000 MB at most.", None),
        ("It was published in 2023 by the team.", "It was published in 2024 by the team.", None),
        ("Use version 1.2.3 of the client.", "Use version 1.2.4 of the client.", None),
        ("Step 1 takes 10 seconds here.", "Step 2 takes 20 seconds here.", None),
        ("무료 플랜은 5개까지 저장합니다.", "기업 플랜은 10개까지 저장합니다.", None),
    ],
)
def test_only_the_value_may_differ(one, other, values):
    apart = difference(read_statement(one), read_statement(other))

    assert (apart and (apart.one, apart.other)) == values


# fmt: off
APART = [
    ("Sessions expire after 30 minutes.", "Sessions expire after one hour.", ("30 minutes", "one hour")),
    ("Logs are kept for 90 days.", "Logs are kept for 12 months.", ("90 days", "12 months")),
    ("로그는 90일 동안 보관합니다.", "로그는 1년 동안 보관합니다.", ("90일", "1년")),
    ("로그는 90일 동안 보관합니다.", "로그는 한 달간 보관합니다.", ("90일", "한 달")),
    ("A file may be at most 10 MB.", "A file may be up to 5 MB.", ("10 MB", "5 MB")),
    ("Files can be sent up to 1 GB.", "Files can be sent up to 500 MB.", ("1 GB", "500 MB")),
    ("파일은 최대 10MB까지 올립니다.", "파일은 20MB까지 올립니다.", ("10MB", "20MB")),
    ("A password has at least 8 characters.", "A password has at least 12 characters.",
     ("8 characters", "12 characters")),
    ("The trial is a 7-day trial.", "The trial is a 14-day trial.", ("7-day", "14-day")),
    ("The plan costs $5 a seat.", "The plan costs $8 a seat.", ("$5", "$8")),
    ("이미지는 5개까지 첨부합니다.", "이미지는 10개까지 첨부합니다.", ("5개", "10개")),
    ("You can extend the trial once.", "You can extend the trial twice.", ("once", "twice")),
    ("A workspace may have one project.", "A workspace may have 3 projects.", ("one", "3")),
    ("The largest file that you can upload is 20 MB.", "Files of up to 50 MB can be uploaded.",
     ("20 MB", "50 MB")),
    ("업로드할 수 있는 가장 큰 파일은 20 MB입니다.", "파일은 최대 50 MB까지 업로드할 수 있습니다.",
     ("20 MB", "50 MB")),
    ("요금은 월 5천 원입니다.", "요금은 월 8,000원입니다.", ("5천 원", "8,000원")),
]
DENIED = [
    ("You can extend the trial once.", "You can never extend the trial."),
    ("체험 기간은 한 번 연장할 수 있습니다.", "체험 기간은 연장할 수 없습니다."),
    ("You can invite up to 5 guests to a board.", "You cannot invite guests to a board."),
    ("Backups are always encrypted on disk.", "Backups are never encrypted on disk."),
    ("SSO 로그인을 지원합니다.", "SSO 로그인은 지원하지 않습니다."),
    ("동기화는 기본적으로 켜져 있습니다.", "동기화는 기본적으로 꺼져 있습니다."),
]
ALIKE = [
    ("Backups are kept for 30 days.", "Backups are kept for a month."),
    ("Backups are kept for 365 days.", "Backups are kept for 12 months."),
    ("Backups are kept for 4 weeks.", "Backups are kept for one month."),
    ("백업은 24시간 동안 보관됩니다.", "백업은 하루 동안 보관됩니다."),
    ("백업은 6개월 동안 보관됩니다.", "백업은 180일 동안 보관됩니다."),
    ("Files can be sent up to 1 GB.", "Files can be sent up to 1024 MB."),
    ("A password has at least 8 characters.", "A password has at most 64 characters."),
    ("비밀번호는 8자 이상이어야 합니다.", "비밀번호는 64자 이하여야 합니다."),
    ("You can cancel an order within 7 days.", "You cannot cancel an order after 7 days."),
    ("주문은 7일 이내에 취소할 수 있습니다.", "주문은 7일이 지나면 취소할 수 없습니다."),
    ("Only owners can delete a board.", "Guests cannot delete a board."),
    ("Version 2 keeps logs for 30 days.", "Version 3 keeps logs for 30 days."),
    ("Do not call one run better when they overlap.", "Do not call two runs better when they overlap."),
    ("The service is down on 3 May.", "The service is down on 10 May."),
    ("5월 3일에 서비스를 점검합니다.", "5월 10일에 서비스를 점검합니다."),
    ("콘솔의 화면 예시 2", "콘솔의 화면 예시 3"),
]
# fmt: on


@pytest.mark.parametrize(("one", "other", "values"), APART)
def test_amounts_are_compared_in_one_unit(one, other, values):
    apart = difference(read_statement(one), read_statement(other))

    assert apart
    assert (apart.kind, apart.one, apart.other) == ("number", *values)


@pytest.mark.parametrize(("one", "other"), DENIED)
def test_a_sentence_that_denies_another_one_contradicts_it(one, other):
    for pair in ((one, other), (other, one)):
        apart = difference(*map(read_statement, pair))

        assert apart
        assert apart.kind == "polarity"


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_can_both_be_true_is_no_contradiction(one, other):
    assert difference(read_statement(one), read_statement(other)) is None


SECURITY = "# Security\n\nAbout signing in.\n\n## Signing in\n\nSessions expire after 30 minutes."
ANSWERS = "# Questions\n\nFor all.\n\n## When am I signed out?\n\nSessions expire after one hour."
KO_SECURITY = "# 보안 설정\n\n로그인에 대해.\n\n## 로그인\n\n세션은 30분 후에 만료됩니다."
KO_ANSWERS = "# 자주 묻는 질문\n\n모두에게.\n\n## 언제 로그아웃되나요?\n\n세션은 한 시간 후에 만료됩니다."


def conflicts_between(question, *placed):
    """Give the conflicts of an answer from sentences, each with the headings above it on a page."""
    pairs = [
        (page, page.hit(page.text.rpartition("\n")[2], score=1.0 - number / 2, heading=heading))
        for number, (page, heading) in enumerate(placed)
    ]
    revisions = {page.doc_id: page.revision for page, _ in pairs}
    result = found(question, *(hit for _, hit in pairs))
    return compose(result, revision_of=revisions.__getitem__).conflicts


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "When do sessions expire?",
            (Page(SECURITY, "security.md", "Security"), ["Signing in"]),
            (Page(ANSWERS, "faq.md", "Questions"), ["When am I signed out?"]),
        ),
        (
            "When do sessions expire?",
            (Page(SECURITY, "security.md", "Security"), ["Signing in"]),
            (Page(ANSWERS, "account.md", "Account"), ["Leaving"]),
        ),
        (
            "세션은 언제 만료되나요?",
            (Page(KO_SECURITY, "security.md", "보안 설정"), ["로그인"]),
            (Page(KO_ANSWERS, "faq.md", "자주 묻는 질문"), ["언제 로그아웃되나요?"]),
        ),
        (
            "세션은 언제 만료되나요?",
            (Page(KO_SECURITY, "security.md", "보안 설정"), ["로그인"]),
            (Page(KO_ANSWERS, "account.md", "계정"), ["로그아웃"]),
        ),
        (
            "When do sessions expire?",
            (Page(SECURITY, "security.md", "Security"), ["Sessions"]),
            (Page(ANSWERS, "account.md", "Account"), ["Sessions"]),
        ),
    ],
)
def test_pages_with_other_titles_disagree_on_what_a_sentence_names_itself(question, one, other):
    (conflict,) = conflicts_between(question, one, other)

    assert conflict.kind == "number"
    assert len(conflict.citations) == 2


def _retries(title, count, sections="## Setup\n\nInstall it.\n\n## Retries"):
    text = f"# {title}\n\n{sections}\n\nFailed messages are sent again {count} times."
    return Page(text, f"{title.casefold()}.md", title)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((_retries("Slack", 3), ["Retries"]), (_retries("Jira", 5), ["Repeats"])),
        ((_retries("Mail", 3), ["Retries"]), (_retries("Letters", 5), ["Retries"])),
        ((_retries("Mail", 3), ["Repeats"]), (_retries("Letters", 5), ["Resending"])),
        ((_retries("Sending", 3), ["Free plan"]), (_retries("Delivery", 5), ["Trouble"])),
        ((_retries("Inbound queue", 3), []), (_retries("Outbound queue", 5), [])),
        ((_retries("Sending", 3, ""), []), (_retries("Sending on Android", 5, ""), [])),
    ],
    ids=["names", "one section of two things", "same sections", "plan", "kind", "platform"],
)
def test_titles_and_headings_explain_another_value(one, other):
    assert conflicts_between("How often are failed messages sent again?", one, other) == ()


@pytest.mark.parametrize(
    "front_matter", [{"status": "deprecated"}, {"superseded_by": "trial.md"}, {"archived": "true"}]
)
def test_a_page_that_is_no_longer_current_contradicts_nothing(front_matter):
    old = Page("Backups are kept for 14 days.", "b.md", metadata=front_matter)
    kept = Page(old.text, "b.md", metadata={"archived": "false", "status": "current"})

    assert answer_to(EN, Page("Backups are kept for 30 days.", "a.md"), old).conflicts == ()
    assert len(answer_to(EN, Page("Backups are kept for 30 days.", "a.md"), kept).conflicts) == 1


def test_an_answer_in_other_words_keeps_the_conflicts_and_cites_both_pages():
    quoted = answer_to(EN, Page(CONFLICTS[0][2], "a.md"), Page(CONFLICTS[0][3], "b.md"))
    first = quoted.citations[0]
    worded = replace(
        quoted,
        text="They stay for 30 days. [1]",
        sentences=(Sentence("They stay for 30 days.", (first.id,), Support.SUPPORTED),),
        citations=(first,),
        conflicts=(),
    )

    answer = with_conflicts(worded, quoted)

    assert answer.conflicts == quoted.conflicts
    assert answer.citations == quoted.citations
    assert answer.text.endswith("Backups are kept for 14 days. [2]")
