from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.index.language import detect_language, hangul_share


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


def test_jamo_typed_without_syllables_count_as_hangul():
    assert hangul_share("ㅋㅋㅋㅋ") == 1.0


@given(st.text())
def test_the_share_of_hangul_is_a_proportion(text):
    assert 0.0 <= hangul_share(text) <= 1.0
