from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.index.language import detect_language, hangul_share, language_asked


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("How do I reset my password?", "en"),
        ("비밀번호는 어떻게 재설정하나요?", "ko"),
        ("`uvicorn main:app` 실행 시 ModuleNotFoundError 가 나요", "ko"),
        ("Single Sign-On(SSO)을 지원하나요?", "ko"),
        ("The word 김치 is Korean for a side dish of salted and fermented vegetables.", "en"),
        ("Où est la bibliothèque ?", "en"),
        ("", "en"),
        ("12345 !!", "en"),
    ],
)
def test_the_script_of_a_text_names_its_language(text, lang):
    assert detect_language(text) == lang


@pytest.mark.parametrize(
    "text",
    [
        "org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'a' 왜 떠요?",
        "Could not connect to the remote server, please check your network 라고 나와요",
        "Unable to resolve the host name of the primary mirror 오류",
        "The server was unable to complete your request 해결 방법",
        "https://api.example.com/v1/projects/1234/instances 호출하면 403",
        "Access denied for the user root@localhost using password YES 뜨는데 원인이 뭐죠?",
        "```\nfor (int i = 0; i < n; i++) { total += values[i]; }\n``` 이 코드가 왜 안 돼요?",
        'API "스키마"',
    ],
)
def test_code_and_errors_leave_a_korean_question_korean(text):
    assert language_asked(text) == "ko"


@pytest.mark.parametrize(
    "text",
    [
        "How do I open the 설정 menu?",
        "Where can I find 사용자 관리 in the console?",
        "What is 블록 스토리지?",
        "What does 파일을 찾을 수 없습니다 mean?",
        'Why do I see "비밀번호가 올바르지 않습니다."?',
        "Is there a 무료 체험 for teams?",
        "Why does `# 주석` break my file?",
    ],
)
def test_a_korean_name_leaves_an_english_question_english(text):
    assert language_asked(text) == "en"


@given(st.text())
def test_text_of_one_script_asks_in_its_language(text):
    if hangul_share(text) in {0.0, 1.0}:
        assert language_asked(text) == detect_language(text)


def test_jamo_typed_without_syllables_count_as_hangul():
    assert hangul_share("ㅋㅋㅋㅋ") == 1.0


@given(st.text())
def test_the_share_of_hangul_is_a_proportion(text):
    assert 0.0 <= hangul_share(text) <= 1.0
