from __future__ import annotations

import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowballstemmer.english_stemmer import EnglishStemmer

from kb_server.index.tokenization import KOREAN_STOP_WORDS, STOP_WORDS, tokenize

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Resetting passwords", ["reset", "password"]),
        ("How do I reset my password?", ["reset", "password"]),
        ("Do not turn it off", ["not", "turn", "off"]),
        ("the user's notes", ["user", "note"]),
        ("ｆｕｌｌｗｉｄｔｈ", ["fullwidth"]),
        ("STRASSE straße", ["strass", "strass"]),
        ("10,000 rows", ["10000", "row"]),
        ("C++ and C#", ["c++", "c#"]),
        ("", []),
        ("?! …", []),
    ],
)
def test_english_text_becomes_stems_without_stop_words(text, terms):
    assert tokenize(text) == terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("KB_DATA_DIR", ["kb_data_dir", "kb", "data", "dir"]),
        ("foo.bar", ["foo.bar", "foo", "bar"]),
        ("E4021", ["e4021", "4021"]),
        ("camelCase", ["camelcas", "camel", "case"]),
        ("CORSMiddleware", ["corsmiddlewar", "cor", "middlewar"]),
        ("--no-cache", ["no-cache", "no", "cach"]),
        (
            "preset-record-generic-audio-aac",
            ["preset-record-generic-audio-aac", "preset", "record", "generic", "audio", "aac"],
        ),
        ("1.2.3", ["1.2.3", "1.2"]),
        ("v0.14.1", ["0.14.1", "0.14"]),
        ("/etc/nginx.conf", ["etc/nginx.conf", "etc", "nginx.conf", "nginx", "conf"]),
        ("__init__", ["init"]),
        ("a" * 200, []),
    ],
)
def test_an_identifier_is_kept_whole_and_split(text, terms):
    assert tokenize(text) == terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("비밀번호", ["비밀", "밀번", "번호"]),
        ("비밀번호를 재설정", ["비밀", "밀번", "번호", "호를", "재설", "설정"]),
        ("앱 키", ["앱", "키"]),
        ("앱에서 키를", ["앱", "앱에", "에서", "키", "키를"]),
        ("어떻게 설정하나요?", ["설정"]),
        ("이 오류는 무슨 뜻인가요?", ["오류", "류는"]),
        ("토큰의 의미는 무엇인가요?", ["토큰", "큰의"]),
        ("얼마나 오래 보관되나요?", ["오래", "보관"]),
        ("의미 검색", ["의미", "검색"]),
        ("얼마간의 뜻밖", ["얼마", "마간", "간의", "뜻밖"]),
        ("결제를 취소할 수 있나요", ["결제", "제를", "취소", "소할"]),
        ("SDK를 설치합니다", ["sdk", "를", "설치"]),
        ("2FA를", ["2fa", "fa", "를"]),
        ("3개월", ["3", "개월"]),
        ("ＡＰＩ키", ["api", "키"]),
    ],
)
def test_korean_runs_become_bigrams_without_polite_endings(text, terms):
    assert tokenize(text) == terms


def test_decomposed_hangul_gives_the_same_terms():
    assert tokenize(unicodedata.normalize("NFD", "비밀번호 재설정")) == tokenize("비밀번호 재설정")


def test_an_ending_that_is_a_word_of_its_own_stays():
    assert tokenize("가요") == ["가요"]


@pytest.mark.parametrize("word", sorted(STOP_WORDS | KOREAN_STOP_WORDS))
def test_a_stop_word_gives_no_term(word):
    assert tokenize(word) == []


@given(st.text())
def test_terms_are_folded_and_never_empty(text):
    terms = tokenize(text)

    assert all(term and term == term.casefold() and not term.isspace() for term in terms)


@given(st.text(), st.text())
def test_a_line_break_separates_terms(left, right):
    assert tokenize(f"{left}\n{right}") == tokenize(left) + tokenize(right)


def test_threads_that_tokenize_at_once_agree_with_one_thread():
    words = [f"{stem}{ending}" for stem in ("connect", "relat", "hopp") for ending in ("ing", "ed", "ion")]
    texts = [f"{word}{chr(97 + i)} {word}" for word in words for i in range(26)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(tokenize, texts))

    assert together == [tokenize(text) for text in texts]


def test_compiled_stems_are_those_of_the_package_that_names_an_index():
    pages = "\n".join(page.read_text("utf-8") for page in (ROOT / "corpus" / "en").rglob("*.md"))
    words = sorted(
        {word.casefold() for word in re.findall(r"[a-z]+(?:'[a-z]+)?", pages, re.IGNORECASE)} - STOP_WORDS
    )

    assert len(words) > 1000
    assert [tokenize(word) for word in words] == [[EnglishStemmer().stemWord(word)] for word in words]
