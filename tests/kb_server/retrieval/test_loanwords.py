"""Foreign words: typed in Hangul, found where the index writes them in Latin letters."""

import pytest

from kb_server.index.lexical import LexicalIndex, LexicalRow, build_lexical
from kb_server.index.testing import HashEncoder
from kb_server.index.tokenization import tokenize
from kb_server.retrieval.query import SearchQuery
from kb_server.retrieval.reading.loanwords import foreign_words
from kb_server.retrieval.reading.question import read
from tests.kb_server.published import Page
from tests.kb_server.searching import retriever_of

HEARD = {
    "멤캐시드": "memcached",
    "웹소켓": "websocket",
    "프로메테우스": "prometheus",
    "쿠버네티스": "kubernetes",
    "리액트": "react",
    "에버노트": "evernote",
    "비트워든": "bitwarden",
    "프리게이트": "frigate",
    "타입스크립트": "typescript",
    "엘라스틱서치": "elasticsearch",
    "우분투": "ubuntu",
    "젠킨스": "jenkins",
    "그라파나": "grafana",
    "시놀로지": "synology",
    "하이퍼바이저": "hypervisor",
    "플러그인": "plugin",
    "어노테이션": "annotation",
}
OTHERS = "correct reading cancel monitor version some daily general same notes core dose narrow mail"


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds") / "lexical"
    rows = [*HEARD.values(), OTHERS, "LDAP, the URL of S3, API", "설정 화면과 사용자 백업을 안내합니다."]
    build_lexical(folder, [LexicalRow(text) for text in rows])
    return LexicalIndex.open(folder).vocabulary


@pytest.mark.parametrize("typed", HEARD)
def test_names_of_technology_are_heard(vocabulary, typed):
    meant = read(f"{typed}에서 설정", vocabulary)

    assert tokenize(meant.text)[0] == tokenize(HEARD[typed])[0]
    assert meant.text.endswith("에서 설정")
    assert meant.lang == "ko"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("멤캐시드를 설정하려면?", "memcached를 설정하려면?"),
        ("엘답 유알엘은 에스쓰리에", "엘답 URL은 S3에"),
        ("에이피아이 설정", "API 설정"),
        ("웹소켓", "websocket"),
    ],
)
def test_particles_stay_and_spelt_letters_are_read(vocabulary, typed, meant):
    assert read(typed, vocabulary).text == meant


@pytest.mark.parametrize(
    "text",
    [
        "사용자 설정을 백업하려면 어떻게 하나요?",
        "매일 아침 새로운 문서를 건설적으로 정리",
        "도시 가치 소매 거리 날로 현재 윤년",
        "수수료 환불 규정과 개인정보 처리방침",
        "첨부파일을 삭제했는데 되돌릴 수 있나요",
        "How do I configure memcached and kubernetes?",
        "what is a kubernetis",
        "",
    ],
)
def test_words_of_korean_and_of_latin_letters_are_not_heard(vocabulary, text):
    assert foreign_words(text, vocabulary) == []


def test_a_word_that_a_row_has_in_hangul_is_not_replaced(tmp_path):
    folder = tmp_path / "lexical"
    build_lexical(folder, [LexicalRow("멤캐시드 안내"), LexicalRow("memcached 설정")])

    assert foreign_words("멤캐시드 설정", LexicalIndex.open(folder).vocabulary) == []


def test_a_text_of_unknown_words_is_left_alone(vocabulary):
    assert foreign_words("웹소켓 " * 9, vocabulary) == []


PAGES = {
    "ko/cache.md": Page("캐시 서버", "memcached를 설치하고 seahub_settings에 주소를 적으면 빨라집니다."),
    "ko/user.md": Page("사용자 설정", "사용자 설정 화면에서 이름과 알림 설정을 바꿉니다."),
    "ko/more.md": Page("알림", "알림은 사용자 화면에서 끕니다."),
}


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    with retriever_of(tmp_path_factory.mktemp("loan") / "data", PAGES) as opened:
        yield opened


@pytest.mark.parametrize("question", ["멤캐시드 주소", "멤캐시드"])
def test_the_page_is_found_in_korean_and_the_word_counts_as_covered(retriever, question):
    read_as = retriever.read(SearchQuery(question))
    result = retriever.search(read_as, HashEncoder().encode([read_as.text])[0])

    assert max(result.hits, key=lambda hit: hit.scores["lexical"]).document.path == "ko/cache.md"
    assert dict(result.query.expanded) == {"멤캐시드": "memcached"}
    assert result.lang == "ko"
    assert result.signals.known == pytest.approx(1.0)


def test_a_question_in_english_is_searched_as_it_is(retriever):
    query = SearchQuery("memcached settings")

    assert retriever.read(query) == query


def test_an_index_without_a_latin_word_hears_none(tmp_path):
    pages = {"ko/backup.md": Page("백업", "백업은 매일 밤 2시에 합니다.")}
    with retriever_of(tmp_path / "data", pages) as korean:
        korean.prepare()
        query = SearchQuery("멤캐시드 백업")

        assert korean.read(query) == query
