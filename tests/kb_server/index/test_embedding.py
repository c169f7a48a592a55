"""Encoders: the fake one, the choice by settings, and what a missing model says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.errors import EncoderError
from kb_server.index.embedding import encoder_source, load_encoder, shipped_sources
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings

from .korean_models import korean_model


@given(st.lists(st.text(), max_size=5))
def test_the_hash_encoder_gives_unit_vectors(texts: list[str]):
    vectors = HashEncoder(dimension=16).encode(texts)

    assert vectors.shape == (len(texts), 16)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_hash_encoder_finds_shared_words():
    texts = ["API 키를 발급합니다", "Reset your password", "결제 수단을 바꿉니다"]
    vectors = HashEncoder().encode(texts)

    assert np.argmax(vectors @ HashEncoder().encode(["password reset"])[0]) == 1
    assert np.argmax(vectors @ HashEncoder().encode(["수단을 결제"])[0]) == 2


def test_importing_the_door_to_the_encoders_loads_none_of_their_libraries():
    heavy = ("torch", "transformers", "sentence_transformers", "onnxruntime", "onnx", "tokenizers")
    code = f"import sys, kb_server.index.embedding; print([m for m in {heavy!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_the_shipped_encoder_is_named_before_it_is_loaded():
    shipped = encoder_source(Settings(), threads=1)
    english = encoder_source(Settings(encoder="minilm"), threads=1)

    assert shipped.encoder_id == "builtin"
    assert english.encoder_id == "all-MiniLM-L6-v2"
    assert english.revision.startswith("53aa51172d142c89")
    assert shipped.revision != english.revision


@pytest.mark.xdist_group("torch")  # the first import takes seconds in each process
@pytest.mark.parametrize("name", ["no-such/model", "no-such-model", "not a name at all/../"])
def test_a_model_that_is_not_here_says_how_to_get_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(EncoderError) as caught:
        load_encoder(Settings(encoder=name), threads=1)
    assert repr(name) in caught.value.message
    assert "KB_ENCODER" in caught.value.remedy


def test_the_revision_of_a_model_folder_follows_its_weights(tmp_path: Path):
    weights = tmp_path / "model.safetensors"

    def revision() -> str:
        return encoder_source(Settings(encoder=str(tmp_path)), threads=1).revision

    weights.write_bytes(b"one")
    (tmp_path / "README.md").write_text("first")
    first = revision()
    (tmp_path / "README.md").write_text("second")
    assert revision() == first
    weights.write_bytes(b"two")
    assert revision() != first


def test_the_shipped_korean_side_stays_known_beside_another(tmp_path: Path):
    settings = Settings(korean_encoder=korean_model(tmp_path / "own"))
    known = {source.revision for source in shipped_sources(settings, threads=1)}

    assert encoder_source(settings, threads=1).revision in known
    assert encoder_source(Settings(), threads=1).revision in known
