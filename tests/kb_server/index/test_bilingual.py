"""The shipped encoder of two sides: which one reads a text, and what a change of one leaves alone."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from kb_server.errors import EncoderError
from kb_server.index.bilingual import BilingualEncoder, is_korean
from kb_server.index.embedding import Encoder, encoder_source, load_encoder
from kb_server.index.embedding_cache import CachedEncoder
from kb_server.index.korean import KoreanSource
from kb_server.index.language import has_hangul
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings

from .korean_models import korean_model

ENGLISH = (
    "How do I go back to an earlier version?",
    "Open the menu 설정 and choose the plan that you want to pay for.",
    "E4021",
    "",
)
KOREAN = (
    "이전 버전으로 되돌리려면 `kb rollback` 명령을 실행하세요.",
    "Settings > Sync 메뉴에서 Obsidian Sync 요금제를 바꿉니다.",
    "API 키",
)


@pytest.fixture(scope="module")
def korean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return korean_model(tmp_path_factory.mktemp("korean"))


@pytest.fixture(scope="module")
def encoder(korean: Path) -> Encoder:
    return load_encoder(Settings(encoder="builtin", korean_encoder=korean), threads=1)


@pytest.fixture(scope="module")
def minilm() -> Encoder:
    return load_encoder(Settings(encoder="minilm"), threads=1)


@pytest.mark.parametrize("text", KOREAN)
def test_names_and_code_leave_a_korean_text_korean(text: str):
    assert is_korean(text)


@pytest.mark.parametrize("text", ENGLISH)
def test_a_korean_name_leaves_an_english_text_english(text: str):
    assert not is_korean(text)


@pytest.mark.model
def test_each_text_gets_the_vector_of_its_side_in_its_place(encoder: Encoder, minilm: Encoder, korean: Path):
    mixed = [text for pair in zip(ENGLISH, KOREAN, strict=False) for text in pair]
    found = encoder.encode(mixed)

    assert np.allclose(found[0::2], minilm.encode(ENGLISH[: len(KOREAN)]), atol=1e-6)
    assert np.array_equal(found[1::2], KoreanSource(korean).load().encode(KOREAN))
    asked = encoder.encode_queries(mixed)
    assert np.array_equal(asked[0::2], minilm.encode_queries(ENGLISH[: len(KOREAN)]))
    assert np.array_equal(asked[1::2], found[1::2])
    assert encoder.encode([]).shape == (0, 384)


@pytest.mark.model
def test_both_languages_are_read_in_one_space(encoder: Encoder, minilm: Encoder):
    assert encoder.reads("en")
    assert encoder.reads("ko")
    assert (encoder.dimension, encoder.window) == (minilm.dimension, minilm.window)


@pytest.mark.model
def test_english_takes_the_tokens_that_minilm_counts(encoder: Encoder, minilm: Encoder):
    for text in (text for text in ENGLISH if not has_hangul(text)):
        assert encoder.count_tokens(text) == minilm.count_tokens(text)
    assert encoder.count_tokens("이전 버전으로 되돌리기 " * 40) > encoder.window // 2


def test_a_side_with_a_shorter_window_takes_more_of_the_budget():
    english, korean = HashEncoder(window=256), HashEncoder(window=128)
    both = BilingualEncoder(english, korean, revision="r")

    assert both.count_tokens("설정 화면") == 2 * korean.count_tokens("설정 화면")
    assert both.count_tokens("the settings page") == english.count_tokens("the settings page")


def test_sides_of_different_spaces_are_refused():
    with pytest.raises(EncoderError, match="64 dimensions, the Korean side 32") as caught:
        BilingualEncoder(HashEncoder(), HashEncoder(dimension=32), revision="r")
    assert "KB_KOREAN_ENCODER" in caught.value.remedy


@pytest.mark.model
def test_new_korean_weights_leave_english_vectors_in_the_cache(
    encoder: Encoder, minilm: Encoder, tmp_path: Path
):
    path = tmp_path / "embeddings.sqlite"
    newer = load_encoder(
        Settings(encoder="builtin", korean_encoder=korean_model(tmp_path / "newer", seed=1)), threads=1
    )
    with closing(CachedEncoder(minilm, path)) as cached:
        cached.encode(ENGLISH)
    with closing(CachedEncoder(encoder, path)) as cached:
        before = cached.encode([*ENGLISH, *KOREAN])
        assert cached.encoded == len(KOREAN)
    with closing(CachedEncoder(newer, path)) as cached:
        after = cached.encode([*ENGLISH, *KOREAN])
        assert cached.encoded == len(KOREAN)

    assert newer.revision != encoder.revision
    same = (before == after).all(axis=1)
    assert same.tolist() == [True] * len(ENGLISH) + [False] * len(KOREAN)


@pytest.mark.parametrize("korean_file", ["config.json"])
def test_a_missing_korean_side_is_an_error_before_anything_is_read(korean_file: str, tmp_path: Path):
    source = encoder_source(Settings(encoder="builtin", korean_encoder=tmp_path), threads=1)

    with pytest.raises(EncoderError, match=korean_file) as caught:
        _ = source.revision
    assert "KB_KOREAN_ENCODER" in caught.value.remedy
