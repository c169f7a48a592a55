"""The weights of a Korean encoder on disk: int8 matrices with one scale per row, everything else float32."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save
from tokenizers import Tokenizer

from kb_server.errors import EncoderError
from kb_server.index.bert_graph import PROJECTION, WORDS
from kb_server.index.korean import REMEDY, TOKENIZER, WEIGHTS, KoreanConfig
from kb_server.index.minilm import DIMENSION
from kb_server.index.weights import verified_file

SCALE_SUFFIX = ".scale"
_LARGEST = 127
_MATRIX = 2
_MODULES = [{"idx": 0, "name": "0", "path": "", "type": "kb_server.index.korean_module.KoreanModule"}]


@dataclass(frozen=True, slots=True)
class KoreanWeights:
    """The tensors of a Korean encoder by their BERT names; the word table stays int8."""

    words: NDArray[np.int8]
    """(tokens, dimension)."""
    word_scales: NDArray[np.float32]
    """(tokens,)."""
    arrays: Mapping[str, NDArray[np.float32]]
    """Every other tensor, brought to scale."""

    def whole(self) -> dict[str, NDArray[np.float32]]:
        """Give all tensors as float32, the word table included."""
        return {**self.arrays, WORDS: self.words * self.word_scales[:, np.newaxis]}


def read_weights(folder: Path, config: KoreanConfig) -> KoreanWeights:
    """Verify and read the weights in ``folder``; EncoderError where they are missing, altered or short."""
    path = verified_file(folder / WEIGHTS, config.sha256[WEIGHTS], remedy=REMEDY)
    try:
        stored = load_file(path)
        words, word_scales = stored.pop(WORDS), stored.pop(WORDS + SCALE_SUFFIX)
        arrays = {
            name: _to_scale(array, stored.get(name + SCALE_SUFFIX))
            for name, array in stored.items()
            if not name.endswith(SCALE_SUFFIX)
        }
        finite = all(np.isfinite(array).all() for array in (word_scales, *arrays.values()))
        shapes = (words.dtype.name, words.shape, word_scales.shape, arrays[PROJECTION].shape)
    except (SafetensorError, LookupError, ValueError) as error:
        raise EncoderError(
            f"{str(path)!r} does not hold the tensors of a Korean encoder: {error!r}.", remedy=REMEDY
        ) from error
    square = (DIMENSION, DIMENSION)
    if shapes != ("int8", (len(words), DIMENSION), (len(words),), square) or not finite:
        raise EncoderError(
            f"{str(path)!r} has words, their scale and a projection of type and shapes {shapes}; a Korean "
            f"encoder has int8, (tokens, {DIMENSION}), (tokens,) and {square}, all finite.",
            remedy=REMEDY,
        )
    return KoreanWeights(words, word_scales, arrays)


def read_tokenizer(folder: Path, config: KoreanConfig) -> Tokenizer:
    """Verify and read the tokenizer in ``folder``, without truncation or padding."""
    path = verified_file(folder / TOKENIZER, config.sha256[TOKENIZER], remedy=REMEDY)
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def write_korean_encoder(
    folder: Path,
    tokenizer: Tokenizer,
    tensors: Mapping[str, NDArray[np.float32]],
    *,
    layers: int,
    heads: int,
    window: int,
    rounded: bool = False,
) -> None:
    """Write ``tensors`` by their BERT names, for ``KoreanSource`` and for sentence-transformers.

    Rounding changes a number by at most half of its row's scale, which is the row's largest number / 127.
    Raises OSError where the folder cannot be written.
    """
    files = {WEIGHTS: save(_quantised(tensors)), TOKENIZER: tokenizer.to_str(pretty=False).encode()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    KoreanConfig(layers, heads, window, hashes, rounded).save(folder)
    (folder / "modules.json").write_text(json.dumps(_MODULES, indent=2) + "\n", encoding="utf-8")


def _quantised(tensors: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[Any]]:
    stored: dict[str, NDArray[Any]] = {}
    for name, array in sorted(tensors.items()):
        if array.ndim < _MATRIX:
            stored[name] = np.ascontiguousarray(array, dtype=np.float32)
            continue
        scales = (np.abs(array).max(axis=1) / _LARGEST).astype(np.float32)
        stored[name] = np.rint(array / np.where(scales > 0, scales, 1)[:, np.newaxis]).astype(np.int8)
        stored[name + SCALE_SUFFIX] = scales
    return stored


def _to_scale(array: NDArray[Any], scales: NDArray[Any] | None) -> NDArray[np.float32]:
    if scales is None:
        return np.asarray(array, dtype=np.float32)
    return np.asarray(array * scales[:, np.newaxis], dtype=np.float32)
