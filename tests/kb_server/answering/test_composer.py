import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.answering.answer import Reason, Status
from kb_server.answering.composer import compose
from kb_server.answering.display import shown
from kb_server.answering.gate import verify_answer
from kb_server.errors import CitationMismatchError
from kb_server.index.records import ChunkKind, Flag, FlagKind, SectionStart
from kb_server.retrieval.query import Background

from .searches import Page, ask, found

BACKUP = Page(
    "## Backups\n\nThe server keeps its data in one folder. Backups run every night at two. "
    "They are kept for 30 days. Older ones are deleted.",
    path="backups.md",
    title="Backups",
    metadata={"url": "https://docs.example/backups"},
)
BACKUP_KO = Page(
    "## 백업\n\n서버는 데이터를 한 폴더에 둡니다. 백업은 매일 밤 두 시에 실행됩니다. "
    "또한 30일 동안 보관됩니다. 오래된 백업은 삭제됩니다.",
    path="ko/backups.md",
    title="백업",
)
VAULT = Page(
    "## Create a vault\n\nA vault is a folder. To create a new vault:\n\n"
    "1. Open the menu.\n2. Click **Create**.\n   - Choose a name.\n3. Press Enter.\n\nThat is all.",
    path="vault.md",
)
LIMITS = Page(
    "## Limits\n\nEach plan has limits.\n\n| Plan | Storage | Users |\n| --- | --- | --- |\n"
    "| Free | 1 GB | 1 |\n| Team | 10 GB | 20 |\n| Enterprise | unlimited | unlimited |",
    path="limits.md",
)
CORS = Page(
    "## CORS\n\nBrowsers block other origins. Allow them with the CORS middleware:\n\n"
    '```python\napp.add_middleware(CORSMiddleware, allow_origins=["*"])\n\napp.run()\n```\n\nRestart.',
    path="cors.md",
)
LOGOUT = Page(
    "## FAQ\n\nWill I be logged out when I enable 2FA?\n\nNo. Enabling 2FA keeps all sessions. "
    "Log out by hand on the account page.",
    path="faq.md",
)


def _revisions(*pages):
    by_id = {page.doc_id: page.revision for page in pages}
    return lambda doc_id, _revision: by_id[doc_id]


def test_prose_answers_with_the_sentence_that_holds_the_words_of_the_question():
    answer = ask("When do backups run?", BACKUP)

    assert answer.status is Status.ANSWERED
    assert "Backups run every night at two. [" in answer.text
    assert len(answer.sentences) <= 3


def test_korean_prose_answers_in_korean():
    answer = ask("백업은 언제 실행되나요?", BACKUP_KO)

    assert "백업은 매일 밤 두 시에 실행됩니다. [" in answer.text
    assert answer.language == "ko"


def test_a_sentence_that_opens_with_a_pronoun_is_quoted_together_with_the_one_before():
    answer = ask("30 days?", BACKUP)

    assert answer.sentences[0].text == "Backups run every night at two. They are kept for 30 days."
    assert answer.text.startswith(f"{answer.sentences[0].text} [1]")


def test_a_korean_sentence_that_opens_with_a_connective_is_quoted_together_with_the_one_before():
    answer = ask("30일 동안", BACKUP_KO)

    assert answer.sentences[0].text == "백업은 매일 밤 두 시에 실행됩니다. 또한 30일 동안 보관됩니다."


def test_steps_come_whole_with_the_sentence_that_introduces_them():
    chunk = VAULT.hit(
        "1. Open the menu.\n2. Click **Create**.\n   - Choose a name.\n3. Press Enter.", kind=ChunkKind.STEPS
    )

    answer = ask("How do I create a vault?", (VAULT, chunk))

    assert answer.text.startswith(
        "To create a new vault: [1]\n\n"
        "1. Open the menu.\n2. Click **Create**.\n   - Choose a name.\n3. Press Enter.\n\n[2]"
    )


def test_steps_come_whole_when_the_chunk_holds_only_a_part_of_them():
    answer = ask("How do I create a vault?", (VAULT, VAULT.hit("3. Press Enter.", kind=ChunkKind.STEPS)))

    assert any(citation.quote.startswith("1. Open the menu.") for citation in answer.citations)


def test_korean_steps_come_whole():
    page = Page(
        "## 볼트\n\n새 볼트를 만들려면 다음과 같이 합니다.\n\n1. 메뉴를 엽니다.\n2. 만들기를 누릅니다."
    )

    answer = ask("볼트를 만들려면 어떻게 하나요?", (page, page.hit(kind=ChunkKind.STEPS)))

    assert answer.text == (
        "새 볼트를 만들려면 다음과 같이 합니다. [1]\n\n1. 메뉴를 엽니다.\n2. 만들기를 누릅니다.\n\n[2]"
    )


def test_a_table_answers_with_the_matching_row_under_its_header():
    chunk = LIMITS.hit(
        "| Free | 1 GB | 1 |\n| Team | 10 GB | 20 |\n| Enterprise | unlimited | unlimited |",
        kind=ChunkKind.TABLE,
    )

    answer = ask("How much storage does the Team plan have?", (LIMITS, chunk))

    assert "| Plan | Storage | Users |\n| --- | --- | --- |\n| Team | 10 GB | 20 |\n\n[2] [3]" in answer.text
    assert "Enterprise" not in answer.text
    assert [c.quote for c in answer.citations[1:]] == [
        "| Plan | Storage | Users |\n| --- | --- | --- |",
        "| Team | 10 GB | 20 |",
    ]


def test_code_comes_whole_with_the_sentence_that_introduces_it():
    code = '```python\napp.add_middleware(CORSMiddleware, allow_origins=["*"])\n\napp.run()\n```'

    answer = ask("How do I set allow_origins?", (CORS, CORS.hit(code, kind=ChunkKind.CODE)))

    assert answer.text == f"Allow them with the CORS middleware: [1]\n\n{code}\n\n[2]"


def test_an_faq_item_answers_with_its_answer_and_not_with_its_question():
    chunk = LOGOUT.hit(LOGOUT.text.removeprefix("## FAQ\n\n"), kind=ChunkKind.FAQ)

    answer = ask("Will I be logged out when I enable 2FA?", (LOGOUT, chunk))

    assert answer.text.startswith("No. Enabling 2FA keeps all sessions. [1]")
    assert "Will I be" not in answer.text


def test_an_faq_item_without_an_answer_is_quoted_as_it_is():
    page = Page("Is there a dark mode?")

    assert ask("dark mode", (page, page.hit(kind=ChunkKind.FAQ))).text == "Is there a dark mode? [1]"


@pytest.mark.parametrize(
    ("question", "page", "opening"),
    [
        ("백업 backups run?", BACKUP, "이 내용은 영어 문서에 있습니다:\n\n"),
        ("When do 백업 run?", BACKUP_KO, "The documentation answers this in Korean:\n\n"),
    ],
)
def test_a_quote_in_the_other_language_is_announced_in_the_askers(question, page, opening):
    result = replace(found(question, page.hit()), lang="ko" if page is BACKUP else "en")

    answer = compose(result, lambda _: page.revision)

    assert answer.text.startswith(opening)
    assert all(sentence.text in page.text for sentence in answer.sentences)


def test_the_same_sentence_of_two_pages_is_quoted_from_the_better_ranked_one():
    copy = Page(BACKUP.text.replace("## Backups", "## Copied"), path="copy.md")

    answer = ask("When do backups run?", BACKUP, (copy, copy.hit(score=0.9)))

    assert {citation.path for citation in answer.citations} == {"backups.md"}


def test_a_second_source_is_quoted_only_for_what_the_first_lacks():
    restore = Page(
        "## Restore\n\nThe restore command puts the newest copy back in place within ten minutes.",
        path="restore.md",
    )
    question = "When do backups run and what does the restore command put in place?"

    both = ask(question, BACKUP, (restore, restore.hit(score=0.9)))
    one = ask("When do backups run?", BACKUP, (restore, restore.hit(score=0.9)))

    assert {citation.path for citation in both.citations} == {"backups.md", "restore.md"}
    assert {citation.path for citation in one.citations} == {"backups.md"}


def test_a_citation_carries_place_and_page():
    citation = ask(
        "When do backups run?", (BACKUP, BACKUP.hit(heading=["Backups"], anchor="backups"))
    ).citations[0]

    assert (citation.title, citation.heading_path, citation.anchor) == ("Backups", ("Backups",), "backups")
    assert citation.url == "https://docs.example/backups"
    assert (citation.line_start, citation.line_end) == (3, 3)
    assert citation.id.startswith("cit_")


@pytest.mark.parametrize(
    ("question", "text", "quote", "last"),
    [
        (
            "How long are logs kept?",
            "### Backups\n\nBackups run at two.\n\n### Logs\n\nLogs are kept for ten days.",
            "Logs are kept for ten days.",
            "Logs",
        ),
        (
            "로그는 얼마 동안 보관되나요?",
            "### 백업\n\n백업은 두 시에 실행됩니다.\n\n### 로그\n\n로그는 디스크에 열흘 동안 남겨 둡니다.",
            "로그는 디스크에 열흘 동안 남겨 둡니다.",
            "로그",
        ),
    ],
)
def test_a_citation_names_the_section_that_its_quote_stands_in(question, text, quote, last):
    page = Page(text)
    sections = [
        SectionStart(0, ("Data", "first"), "first"),
        SectionStart(text.index(f"### {last}"), ("Data", last), last.lower()),
    ]

    answer = ask(question, (page, page.hit(heading=["Data"], anchor="first", sections=sections)))

    [citation] = [each for each in answer.citations if each.quote == quote]
    assert (citation.heading_path, citation.anchor) == (("Data", last), last.lower())
    assert all(each.anchor == "first" for each in answer.citations if each is not citation)


SENTENCES = st.sampled_from(
    [
        "Backups run at two. ",
        "They are kept. ",
        "백업은 매일 실행됩니다. ",
        "또한 보관됩니다. ",
        "🎉 v1.2.3 is out! ",
        "See arr[1] or [2]. ",
        "No. ",
        "\n\n- item one\n- 항목 둘\n\n",
        "\n\n1. Open.\n2. Close.\n\n",
        "\n\n| a | b |\n| --- | --- |\n| backups | 2 |\n\n",
        "\n\n```\nrun [3]\n\nx\n```\n\n",
        "\n\n## Heading\n\n",
        "Do this:\n\n",
    ]
)
PAGES = st.lists(SENTENCES, min_size=1, max_size=12).map("".join).filter(str.strip)


@given(
    st.lists(PAGES, min_size=1, max_size=4, unique=True),
    st.sampled_from(["When do backups run?", "백업은 언제 실행되나요?", "v1.2.3", "arr[1]"]),
    st.sampled_from(list(ChunkKind)),
)
def test_every_quote_stands_at_its_span_and_every_marker_has_its_citation(texts, question, kind):
    pages = [Page(text, path=f"{number}.md") for number, text in enumerate(texts)]
    hits = [
        (page, page.hit(page.text.strip(), kind=kind, score=1 / (1 + rank)))
        for rank, page in enumerate(pages)
    ]

    answer = ask(question, *hits)
    again = ask(question, *hits)

    verify_answer(answer, _revisions(*pages))
    assert answer == again
    text = answer.text
    for number, citation in enumerate(answer.citations, start=1):
        assert citation.quote in text or shown(citation.quote) in text
        assert f"[{number}]" in text
    unquoted = text
    for sentence in answer.sentences:
        said = sentence.text if sentence.text in unquoted else shown(sentence.text)
        assert said in unquoted
        unquoted = unquoted.replace(said, "", 1)
    markers = [int(number) for number in re.findall(r"\[(\d+)\]", unquoted)]
    assert markers == list(range(1, len(answer.citations) + 1))
    assert len({citation.id for citation in answer.citations}) == len(answer.citations)


def test_a_quote_that_differs_from_its_span_is_not_let_through():
    answer = ask("When do backups run?", BACKUP)
    moved = replace(answer.citations[0], char_start=answer.citations[0].char_start + 1)

    verify_answer(answer, _revisions(BACKUP))
    with pytest.raises(CitationMismatchError, match=re.escape(moved.id)):
        verify_answer(replace(answer, citations=(moved, *answer.citations[1:])), _revisions(BACKUP))


def test_a_sentence_that_its_citations_do_not_quote_is_not_let_through():
    answer = ask("When do backups run?", BACKUP)
    changed = replace(answer.sentences[0], text="Backups run every hour.")
    unknown = replace(answer.sentences[0], citations=("cit_unknown",))

    for sentence in (changed, unknown):
        with pytest.raises(CitationMismatchError):
            verify_answer(replace(answer, sentences=(sentence,)), _revisions(BACKUP))


def test_a_part_of_a_code_block_that_is_too_long_to_show_stays_code():
    lines = [f"value_{number} = compute({number}) + 1" for number in range(200)]
    page = Page("```python\n" + "\n".join(lines) + "\n```")
    part = "\n".join(lines[100:110])

    answer = ask("What is value_105?", (page, page.hit(part, kind=ChunkKind.CODE)))

    assert answer.text == f"```python\n{part}\n```\n\n[1]"
    assert answer.sentences[0].text == part


@pytest.mark.parametrize(
    ("question", "withheld", "other", "copy"),
    [
        (
            "What is the billing cycle?",
            "The billing cycle is a month.",
            "Refunds take a week.",
            "A billing cycle lasts a month.",
        ),
        (
            "계정은 어떻게 삭제하나요?",
            "계정은 설정에서 삭제합니다.",
            "암호는 바꿉니다.",
            "계정은 메뉴에서 삭제합니다.",
        ),
    ],
)
def test_another_page_stands_in_for_one_that_is_withheld_only_where_it_says_what_was_asked(
    question, withheld, other, copy
):
    best = Page(withheld, path="best.md")
    flagged = replace(best.revision, flags=(Flag(FlagKind.INSTRUCTION, 0, len(withheld), 1),))

    def answer(text):
        page = Page(text, path="other.md")
        revisions = {best.doc_id: flagged, page.doc_id: page.revision}
        return compose(found(question, best.hit(), page.hit(score=0.9)), revisions.__getitem__)

    assert answer(other).reason is Reason.FILTERED
    assert answer(copy).text.startswith(copy)


def test_a_quotation_in_the_asker_s_language_needs_no_phrase_whatever_the_page_speaks():
    page = Page("Backups run every night.\n\n백업은 매일 밤 실행됩니다. 그 밖의 설정은 없습니다.")
    hit = page.hit("Backups run every night.")
    mixed = replace(hit, chunk=replace(hit.chunk, lang="ko"))

    assert ask("When do backups run?", (page, mixed)).text.startswith("Backups run every night.")


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("What is the default?", "## Port\n\nThe default is `80`.", "## Host\n\nThe default is `local`."),
        ("기본값은요?", "## 포트\n\n기본값은 `80`입니다.", "## 호스트\n\n기본값은 `local`입니다."),
    ],
)
def test_a_follow_up_for_the_default_is_not_told_the_default_of_another_thing(question, one, other):
    page = Page(f"{one}\n\n{other}")
    result = found(question, page.hit(one), page.hit(other, score=0.99))
    behind = replace(result, query=replace(result.query, background=Background(follows_up=True)))

    answers = [compose(each, lambda _: page.revision) for each in (result, behind)]

    assert [("`local`" in answer.text, "`80`" in answer.text) for answer in answers] == [
        (True, True),
        (False, True),
    ]
