"""Hangul for an encoder that reads no Korean: left out of the words, kept as a trace."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.index.hangul_trace import hangul_tokens, hangul_trace, without_hangul

MIXED = st.text(alphabet="ab 1.가나다각힣ㄱㅎ한글", max_size=60)


@given(MIXED)
def test_what_remains_has_no_hangul_and_all_else(text: str):
    remaining = without_hangul(text)

    assert hangul_tokens(remaining) == 0
    assert [c for c in remaining if c != " "] == [c for c in text if c in "ab1."]


@given(MIXED)
def test_a_trace_is_a_finite_unit_vector(text: str):
    trace = hangul_trace(text, 48)

    assert trace.dtype == np.float32
    assert np.linalg.norm(trace) == pytest.approx(1, abs=1e-6)


def test_english_text_takes_nothing_and_stays_as_it_is():
    assert without_hangul("Set  KB_DATA_DIR\n") == "Set  KB_DATA_DIR\n"
    assert hangul_tokens("Set KB_DATA_DIR") == 0


def test_two_syllables_count_as_one_token_in_each_run():
    assert hangul_tokens("비밀번호") == 2
    assert hangul_tokens("키 값") == 2


def test_texts_that_share_words_have_near_traces():
    asked, same, other = (
        hangul_trace(text, 384)
        for text in ("비밀번호를 바꾸려면", "비밀번호를 재설정합니다", "요금제와 결제 수단")
    )

    assert asked @ same > 0.3 > abs(asked @ other)
