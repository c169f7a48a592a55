"""Words across languages: a question is compared with pages of the other language in their words."""

import pytest

from kb_server.index.tokenization import tokenize
from kb_server.retrieval.crossing.lexicon import shipped_lexicon
from kb_server.retrieval.crossing.question import cross
from tests.kb_server.published import Page
from tests.kb_server.searching import retriever_of, search

PAGES = {
    "en/password.md": Page("Access", "Change the password in the settings of your account."),
    "en/invoice.md": Page("Money", "Download an invoice as a file on the first day of the month."),
    "en/camera.md": Page("Devices", "Set KB_CAMERA_URL to the address of the camera."),
    "ko/backup.md": Page("백업", "데이터를 백업하려면 관리자 화면에서 백업을 시작하세요."),
    "ko/refund.md": Page("환불", "구독을 취소하면 결제한 금액이 환불됩니다."),
}


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    with retriever_of(tmp_path_factory.mktemp("crossing") / "data", PAGES) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("비밀번호는 어디서 변경하나요?", "en/password.md"),
        ("청구서를 다운로드하고 싶어요", "en/invoice.md"),
        ("KB_CAMERA_URL에 무엇을 적나요?", "en/camera.md"),
        ("How do I back up my data?", "ko/backup.md"),
        ("Do I get a refund of my subscription?", "ko/refund.md"),
        ("What does 결제한 mean?", "ko/refund.md"),
        ("What is 관리자 화면?", "ko/backup.md"),
    ],
)
def test_a_page_in_the_other_language_is_found_by_words(retriever, question, page):
    result = search(retriever, question)

    best = max(result.hits, key=lambda hit: hit.scores["lexical"])
    assert best.document.path == page


@pytest.mark.parametrize("question", ["비밀번호는 어디서 변경하나요?", "How do I back up my data?"])
def test_an_answer_across_languages_is_chosen_by_the_words_of_the_page(retriever, question):
    other = {"filters": {"lang": "ko" if question.isascii() else "en"}}
    result = search(retriever, question, **other)

    said = set(tokenize(result.hits[0].text))
    assert result.signals.cross
    assert said & result.term_weights.keys()
    assert 0 < result.signals.coverage <= 1
    assert 0 < result.signals.known <= 1


@pytest.mark.parametrize("question", ["비밀번호는 어디서 변경하나요?", "How do I back up my data?"])
def test_pages_of_the_language_of_the_question_alone_are_not_crossed(retriever, question):
    own = {"filters": {"lang": "en" if question.isascii() else "ko"}}

    result = search(retriever, question, **own)

    assert result.ranking.evidence.crossing is None
    assert set(result.term_weights) == set(tokenize(question))


TWINS = {
    "en/refund.md": Page("Refunds", "Cancel the subscription, and the amount that you paid is refunded."),
    "ko/refund.md": Page(
        "환불", "구독을 취소하면 결제한 금액이 환불됩니다.", {"translation_of": "en/refund.md"}
    ),
    "ko/other.md": Page("설정", "알림은 계정 화면에서 끕니다."),
    "en/export.md": Page("Export", "Export your notes as a file."),
    "ja/export.md": Page(
        "書き出し", "ノートをファイルに書き出します。", {"lang": "ja", "translation_of": "en/export.md"}
    ),
}
ASKED_WITH_SLIPS = "구독취소시환불 받나용"


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    with retriever_of(tmp_path_factory.mktemp("twins") / "data", TWINS) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "page"),
    [(ASKED_WITH_SLIPS, "en/refund.md"), ("Do I get a refund of my plan?", "ko/refund.md")],
)
def test_a_page_that_also_stands_in_the_language_of_the_asker_is_not_crossed(twins, question, page):
    found = {hit.document.path: hit for hit in search(twins, question).hits}
    alone = search(twins, question, filters={"path": page}).hits[0]

    assert alone.scores["lexical"] > 0
    assert page not in found or found[page].scores["lexical"] == 0


def test_a_translation_into_a_third_language_is_none_into_that_of_the_asker(twins):
    found = {hit.document.path: hit for hit in search(twins, "노트를 파일로 내보내기").hits}

    assert found["en/export.md"].scores["lexical"] > 0


def test_a_compound_is_said_word_by_word():
    words = [{way.terms[0] for way in ways} for ways in shipped_lexicon().of_korean("비밀번호변경을")]

    assert ["password" in words[0], "chang" in words[1], len(words)] == [True, True, 2]


def test_particles_and_unknown_words_say_nothing(retriever):
    lexical = retriever.reader.lexical

    assert len(cross("API로", "ko", lexical).words) == 1
    assert cross("Zyzzyva", "en", lexical).unknown == 1
    assert not cross("", "en", lexical).share(lexical, None).any()


@pytest.mark.parametrize("term", ["password", "invoic", "account", "delet"])
def test_the_entries_are_terms_of_the_tokenizer(term):
    assert tokenize(term) == [term]
    assert term in shipped_lexicon().en
