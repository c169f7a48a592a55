import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.index.keyboard import letters_of, near_syllables, to_hangul, to_latin

SYLLABLES = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1)


@given(SYLLABLES)
def test_korean_survives_the_way_through_the_keys(word):
    assert to_hangul(to_latin(word)) == word


@given(st.text("abcdefghijklmnopqrstuvwxyz ?-1", min_size=1))
def test_english_survives_the_way_through_the_letters(text):
    assert to_latin(to_hangul(text)) == text


@pytest.mark.parametrize(
    ("keys", "typed"),
    [
        ("dkssudgktpdy", "안녕하세요"),
        ("rkqtdl", "값이"),
        ("dlfrdj", "읽어"),
        ("Rhc RHC", "꽃 꽃"),
        ("password", "ㅔㅁㄴㄴ잭ㅇ"),
        ("2FA gkrl", "2ㄹㅁ 하기"),
    ],
)
def test_letters_come_together_as_on_a_keyboard(keys, typed):
    assert to_hangul(keys) == typed


def test_near_syllables_differ_in_one_letter():
    for near in near_syllables("말"):
        assert re.fullmatch("[가-힣]", near)
        pairs = zip((*letters_of("말"), ""), (*letters_of(near), ""), strict=False)
        assert sum(one != other for one, other in pairs) == 1
