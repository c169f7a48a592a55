"""The Korean side: the vectors that sentence-transformers gives, from the files that were written only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from kb_server.errors import EncoderError
from kb_server.index.bert_graph import PROJECTION, WORDS
from kb_server.index.encoder import Encoder
from kb_server.index.korean import CONFIG, TOKENIZER, WEIGHTS, KoreanSource

from .korean_models import LINES, korean_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return korean_model(tmp_path_factory.mktemp("korean"))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> Encoder:
    return KoreanSource(folder).load()


@pytest.mark.xdist_group("torch")
def test_vectors_equal_those_of_sentence_transformers(folder: Path, encoder: Encoder):
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - takes seconds, for this test alone

    texts = [*LINES, "키", "설정 " * 300, " ".join(LINES)]
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True, trust_remote_code=True)
    expected = model.encode(texts, show_progress_bar=False)

    assert np.abs(encoder.encode(texts) - expected).max() < 1e-5
    assert np.array_equal(encoder.encode_queries(texts), encoder.encode(texts))


@pytest.mark.xdist_group("torch")
def test_questions_are_read_with_the_rounding_that_was_taught(tmp_path: Path):
    import torch  # noqa: PLC0415 - takes seconds, for two tests alone

    from ingest.training.rounding import Rounding  # noqa: PLC0415 - imports torch
    from kb_server.index.korean_module import KoreanModule  # noqa: PLC0415 - imports torch

    folder = korean_model(tmp_path / "rounded", rounded=True)
    encoder = KoreanSource(folder).load()
    module = KoreanModule.load(str(folder))
    rounding = Rounding(module)
    for text in LINES:
        features = module.preprocess([text])
        rounding.start(features["attention_mask"], active=True)
        with torch.no_grad():
            taught = module(features)["sentence_embedding"][0].numpy()
        read, exact = encoder.encode_queries([text])[0], encoder.encode([text])[0]
        assert read @ taught > 0.9999 > read @ exact > 0.95


@given(texts=st.lists(st.text(), max_size=4))
def test_every_text_has_a_finite_vector_of_unit_length(encoder: Encoder, texts: list[str]):
    vectors = encoder.encode(texts)

    assert vectors.shape == (len(texts), 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_texts_of_unknown_signs_alone_stay_apart(encoder: Encoder):
    first, second = encoder.encode(["뷁뷁뷁", "쉙쉙쉙"])

    assert first @ second < 0.9


def test_it_reads_korean_and_is_named_before_it_is_loaded(folder: Path, encoder: Encoder, tmp_path: Path):
    source = KoreanSource(folder)

    assert (encoder.encoder_id, encoder.revision) == (source.encoder_id, source.revision)
    assert encoder.reads("ko")
    assert not encoder.reads("en")
    assert encoder.count_tokens("비밀번호를 바꾸려면") > encoder.count_tokens("비밀번호를") >= 1
    assert KoreanSource(korean_model(tmp_path, seed=1)).revision != source.revision


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER])
def test_a_file_with_a_flipped_byte_is_refused(name: str, tmp_path: Path):
    korean_model(tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[-1] ^= 1
    (tmp_path / name).write_bytes(content)

    with pytest.raises(EncoderError, match="sha256") as caught:
        KoreanSource(tmp_path).load()
    assert str(tmp_path / name) in caught.value.message
    assert "KB_KOREAN_ENCODER" in caught.value.remedy


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, TOKENIZER])
def test_a_missing_file_is_named(name: str, tmp_path: Path):
    (korean_model(tmp_path) / name).unlink()

    with pytest.raises(EncoderError) as caught:
        KoreanSource(tmp_path).load()
    assert str(tmp_path / name) in caught.value.message
    assert "KB_KOREAN_ENCODER" in caught.value.remedy


def configured(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the configuration of a folder."""

    def apply(folder: Path) -> None:
        config = json.loads((folder / CONFIG).read_text())
        change(config)
        (folder / CONFIG).write_text(json.dumps(config))

    return apply


def with_tensors(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the weights of a folder, with the hash that goes with them."""

    def apply(folder: Path) -> None:
        tensors = load_file(folder / WEIGHTS)
        change(tensors)
        save_file(tensors, folder / WEIGHTS)
        digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
        configured(lambda config: config["sha256"].update({WEIGHTS: digest}))(folder)

    return apply


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (configured(lambda config: config.update(space="another")), "another"),
        (configured(lambda config: config.update(dimension=256)), "256"),
        (configured(lambda config: config.update(format=99)), "99"),
        (configured(lambda config: config.pop("sha256")), "sha256"),
        (configured(lambda config: config.update(layers=2)), "2 layers"),
        (with_tensors(lambda tensors: tensors.pop(WORDS)), "word_embeddings"),
        (with_tensors(lambda tensors: tensors.pop(PROJECTION)), "projection"),
        (with_tensors(lambda t: t.update({PROJECTION: t[PROJECTION][:9]})), r"9"),
        (with_tensors(lambda t: t.update({WORDS: t[WORDS].astype(np.int16)})), "int16"),
        (
            with_tensors(
                lambda t: t.update({WORDS: t[WORDS][:9], f"{WORDS}.scale": t[f"{WORDS}.scale"][:9]})
            ),
            "9 tokens",
        ),
        (with_tensors(lambda t: t.update({f"{WORDS}.scale": t[f"{WORDS}.scale"] * np.nan})), "finite"),
        (with_tensors(lambda t: t.update({f"{WORDS}.scale": t[f"{WORDS}.scale"][:9]})), "scale"),
    ],
)
def test_a_folder_of_another_kind_is_refused(damage: Callable[[Path], None], said: str, tmp_path: Path):
    damage(korean_model(tmp_path))

    with pytest.raises(EncoderError, match=said) as caught:
        KoreanSource(tmp_path).load()
    assert str(tmp_path) in caught.value.message
