"""A question after others: what joins its search, and what is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from kb_server.dialogue.follow_up import understand
from kb_server.dialogue.turns import CitedPlace, Role, Turn
from kb_server.index.testing import HashEncoder
from kb_server.retrieval.query import Background, SearchMode, SearchQuery
from kb_server.retrieval.retriever import Retriever

from .published import Page
from .searching import retriever_of

PAGES = {
    "export.md": Page(
        "Export",
        "Press Export to write all notes into one archive.\n\nOn Windows the archive goes to Documents.",
    ),
    "printer.md": Page("Printer", "Windows: a printer.\n\nWindows finds it."),
    "secret.md": Page("Salaries", "What the payroll office pays.", {"access": "hr"}),
    "내보내기.md": Page(
        "내보내기",
        "노트를 내보내려면 내보내기를 누르세요.\n\n안드로이드에서는 공유 메뉴로 내보내기를 엽니다.",
    ),
    "프린터.md": Page(
        "프린터", "안드로이드에서는 프린터 앱을 설치하세요.\n\n안드로이드 기기가 프린터를 자동으로 찾습니다."
    ),
}


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    with retriever_of(tmp_path_factory.mktemp("talk"), PAGES) as opened:
        yield opened


def user(content: str) -> Turn:
    return Turn(Role.USER, content)


def answer(content: str, *paths: str) -> Turn:
    return Turn(Role.ASSISTANT, content, tuple(CitedPlace(path=path) for path in paths))


EXPORT = [user("How do I export notes?"), answer("Press Export.", "export.md")]
EXPORT_KO = [user("노트를 내보내려면 어떻게 하나요?"), answer("내보내기를 누르세요.", "내보내기.md")]


def after(retriever: Retriever, text: str, turns: list[Turn], **fields: object) -> Background:
    found = understand(SearchQuery(text, **fields), turns, retriever.reader).background  # type: ignore[arg-type]
    assert found is not None
    return found


def vector_of(text: str) -> NDArray[np.float32]:
    vector: NDArray[np.float32] = HashEncoder().encode([text])[0]
    return vector


def first_path(retriever: Retriever, text: str, turns: list[Turn]) -> str:
    query = SearchQuery(text, mode=SearchMode.LEXICAL)
    return retriever.search(understand(query, turns, retriever.reader), None).hits[0].document.path


@pytest.mark.parametrize(
    ("text", "turns", "alone", "together"),
    [
        ("And on Windows?", EXPORT, "printer.md", "export.md"),
        ("그럼 안드로이드는요?", EXPORT_KO, "프린터.md", "내보내기.md"),
    ],
)
def test_words_of_the_question_before_find_the_page(
    retriever: Retriever, text: str, turns: list[Turn], alone: str, together: str
) -> None:
    assert first_path(retriever, text, []) == alone
    assert first_path(retriever, text, turns) == together


@pytest.mark.parametrize(
    ("text", "turns"), [("And on Windows?", EXPORT), ("그럼 안드로이드는요?", EXPORT_KO)]
)
def test_question_that_leans_is_judged_by_the_words_of_the_one_before_too(
    retriever: Retriever, text: str, turns: list[Turn]
) -> None:
    query = SearchQuery(text, mode=SearchMode.LEXICAL)
    alone = retriever.search(query, None)
    later = retriever.search(understand(query, turns, retriever.reader), None)

    assert later.signals.weight > alone.signals.weight
    assert later.term_weights == alone.term_weights


def test_added_words_weigh_less_than_those_of_the_question(retriever: Retriever) -> None:
    background = after(retriever, "And on Windows?", EXPORT)

    assert set(background.words) >= {"export", "notes"}
    assert all(0 < weight < 1 for weight in background.terms.values())
    assert "window" not in background.terms


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("How does Windows find a printer by itself?", EXPORT),
        ("안드로이드에서 프린터 앱을 설치하려면?", EXPORT_KO),
    ],
)
def test_question_that_stands_alone_is_searched_as_without_history(
    retriever: Retriever, text: str, turns: list[Turn]
) -> None:
    query = SearchQuery(text, mode=SearchMode.LEXICAL)
    alone = retriever.search(query, None)
    later = retriever.search(understand(query, turns, retriever.reader), None)

    assert later.hits == alone.hits
    assert later.signals == alone.signals
    assert after(retriever, text, turns) == Background(topic_switched=True)


def test_question_about_the_same_topic_that_stands_alone_is_no_switch(retriever: Retriever) -> None:
    background = after(retriever, "How large may an archive of exported notes on Windows be?", EXPORT)

    assert background == Background()


@pytest.mark.parametrize(
    ("named", "sentence", "unnamed"),
    [("the archive", "How large is the archive?", "printer"), ("압축 파일", "압축 파일을 열려면?", "프린터")],
)
def test_few_words_without_a_verb_that_the_answer_named_follow_it_up(
    retriever: Retriever, named: str, sentence: str, unnamed: str
) -> None:
    turns = [user("How do I export notes?"), answer("They go into one archive (압축 파일).", "export.md")]

    assert after(retriever, named, turns).follows_up
    assert not after(retriever, sentence, turns).follows_up
    assert not after(retriever, unnamed, turns).follows_up


def test_known_noun_follows_up_only_where_the_last_exchange_said_all_that_is_named(
    retriever: Retriever,
) -> None:
    for text, said, unsaid in (
        ("How much time do I have to move the archive?", "Move the archive.", "Move the page."),
        ("보관함은 어디로 옮기면 되나요?", "보관함을 옮기세요.", "페이지를 옮기세요."),
    ):
        assert after(retriever, text, [EXPORT[0], answer(said)]).follows_up
        assert not after(retriever, text, [EXPORT[0], answer(unsaid)]).follows_up


@pytest.mark.parametrize(
    ("text", "turns", "searched"),
    [
        ("Why?", EXPORT, "How do I export notes? Why?"),
        ("왜요?", EXPORT_KO, "노트를 내보내려면 어떻게 하나요? 왜요?"),
    ],
)
def test_question_that_names_nothing_is_asked_with_the_one_before(
    retriever: Retriever, text: str, turns: list[Turn], searched: str
) -> None:
    assert understand(SearchQuery(text), turns, retriever.reader).text == searched


@pytest.mark.parametrize(
    ("text", "turns", "meaning"),
    [
        ("And on Windows?", EXPORT, "How do I export notes? And on Windows?"),
        ("Why?", EXPORT, "How do I export notes? Why?"),
        ("안드로이드는요?", EXPORT_KO, "노트를 내보내려면 어떻게 하나요? 안드로이드는요?"),
        ("How large may an archive on Windows be?", EXPORT, ""),
        ("안드로이드에서 프린터 앱을 설치하려면?", EXPORT_KO, ""),
    ],
)
def test_meaning_of_a_question_that_leans_is_that_of_both(
    retriever: Retriever, text: str, turns: list[Turn], meaning: str
) -> None:
    assert understand(SearchQuery(text), turns, retriever.reader).meaning == meaning


def test_chain_of_follow_ups_leads_back_to_the_question_that_stands_alone(retriever: Retriever) -> None:
    turns = [*EXPORT, user("And on Windows?"), answer("To Documents.", "export.md"), user("Thanks!")]

    assert understand(SearchQuery("Why?"), turns, retriever.reader).text == "How do I export notes? Why?"


def test_titles_of_cited_pages_join_whether_named_by_id_or_by_path(retriever: Retriever) -> None:
    printer = next(page for page in retriever.reader.documents() if page.path == "printer.md")
    for place in (CitedPlace(doc_id=printer.doc_id), CitedPlace(path="printer.md")):
        turns = [user("How do I export notes?"), Turn(Role.ASSISTANT, "So.", (place,))]
        assert "Printer" in after(retriever, "And on Windows?", turns).words


def test_headings_above_a_citation_join(retriever: Retriever) -> None:
    cited = (CitedPlace(path="export.md", heading_path=("Archive",)),)
    turns = [user("How do I write notes?"), Turn(Role.ASSISTANT, "So.", cited)]

    background = after(retriever, "And on Windows?", turns)
    assert "Archive" in background.words
    assert background.terms["archiv"] < background.terms["note"]


def test_page_that_the_filters_hide_lends_no_title(retriever: Retriever) -> None:
    turns = [user("How do I export notes?"), answer("See there.", "secret.md")]
    shown = after(retriever, "And on Windows?", turns)
    hidden = after(retriever, "And on Windows?", turns, filters={"access!": "hr"})

    assert "Salaries" in shown.words
    assert "Salaries" not in hidden.words


def test_citation_of_a_page_that_is_gone_is_left_aside(retriever: Retriever) -> None:
    turns = [user("How do I export notes?"), answer("See there.", "gone.md")]

    assert set(after(retriever, "And on Windows?", turns).words) == {"export", "notes"}


def test_without_turns_a_query_comes_back_as_it_is(retriever: Retriever) -> None:
    query = SearchQuery("And on Windows?")

    assert understand(query, [], retriever.reader) is query


def test_version_that_an_earlier_question_named_is_meant_by_its_follow_up(tmp_path: Path) -> None:
    pages = {
        f"{version}/cancel.md": Page("Cancel", "Press Cancel to cancel a payment.", {"version": version})
        for version in ("v1", "v2")
    }
    turns = [user("How do I pay with version 1?"), answer("Press Pay.")]
    with retriever_of(tmp_path, pages) as opened:
        alone = opened.search(SearchQuery("Cancel it?", mode=SearchMode.HYBRID), vector_of("Cancel it?"))
        query = understand(SearchQuery("Cancel it?", mode=SearchMode.HYBRID), turns, opened.reader)
        later = opened.search(query, vector_of("Cancel it?"))

    assert alone.hits[0].document.path == "v2/cancel.md"
    assert later.hits[0].document.path == "v1/cancel.md"
