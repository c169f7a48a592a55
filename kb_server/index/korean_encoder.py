"""The Korean side of the shipped encoder: a table of token vectors in MiniLM's space, averaged.

A folder holds it in the form that sentence-transformers reads too (``StaticEmbedding``): int8 rows with one
scale each. The rows are mapped into memory, so that only those of the tokens that occur are read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from kb_server.errors import EncoderError
from kb_server.index.encoder import UNLIMITED
from kb_server.index.hangul_trace import hangul_trace
from kb_server.index.korean import CONFIG, ENCODER_ID, FORMAT, KIND, REMEDY, SPACE, TOKENIZER, WEIGHTS
from kb_server.index.minilm import DIMENSION
from kb_server.index.weights import tensor_places, verified_file

ROWS = "embeddings"
"""Tensor of int8 token vectors (tokens, dimension)."""
SCALES = "weights"
"""Tensor of float32 (tokens,): what a row is multiplied by."""

_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"},
    {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
]
_LARGEST = 127


class KoreanEncoder:
    """Give a Korean text the place in MiniLM's space that MiniLM gives to its English translation."""

    encoder_id = ENCODER_ID
    dimension = DIMENSION
    window = UNLIMITED

    def __init__(self, folder: Path, sha256: Mapping[str, str], *, revision: str) -> None:
        """Verify and map the files of ``folder``; EncoderError where one is missing or altered."""
        self.revision = revision
        files = {name: verified_file(folder / name, sha256[name], remedy=REMEDY) for name in sha256}
        self._tokenizer = Tokenizer.from_file(str(files[TOKENIZER]))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._rows, self._scales = _mapped(files[WEIGHTS])
        if self._tokenizer.get_vocab_size() > len(self._rows):
            raise EncoderError(
                f"The Korean encoder in {str(folder)!r} has vectors for {len(self._rows)} tokens, "
                f"but its tokenizer knows {self._tokenizer.get_vocab_size()}.",
                remedy=REMEDY,
            )

    def reads(self, lang: str) -> bool:
        """Tell whether vectors of texts in ``lang`` carry their meaning."""
        return lang == "ko"

    def count_tokens(self, text: str) -> int:
        """Count the tokens of ``text``."""
        return len(self._token_ids(text))

    def identity(self, text: str) -> tuple[str, str]:
        """Name this encoder and its revision, whatever the ``text``."""
        del text
        return self.encoder_id, self.revision

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode ``texts`` as rows of unit length (n, 384)."""
        vectors = np.empty((len(texts), DIMENSION), dtype=np.float32)
        for row, text in enumerate(texts):
            ids = self._token_ids(text)
            # Unit length makes the sum equal to the mean.
            total = self._scales[ids] @ self._rows[ids].astype(np.float32)
            length = np.linalg.norm(total)
            # A text of unknown signs alone has no sum; it must not be equal to all others of its kind.
            vectors[row] = total / length if length > 0 else hangul_trace(text, DIMENSION)
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions, which are read like any other text."""
        return self.encode(texts)

    def _token_ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def write_korean_encoder(folder: Path, tokenizer: Tokenizer, vectors: NDArray[np.float32]) -> None:
    """Write token ``vectors`` (tokens, 384) as int8 files, for ``KoreanSource`` and sentence-transformers.

    Rounding changes a number by at most half of the row's scale, which is its largest number / 127.
    """
    (folder / "1_Normalize").mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
    scales = (np.abs(vectors).max(axis=1) / _LARGEST).astype(np.float32)
    rows = np.rint(vectors / np.where(scales > 0, scales, 1)[:, None]).astype(np.int8)
    save_file({ROWS: rows, SCALES: scales}, folder / WEIGHTS)
    config = {
        "format": FORMAT,
        "kind": KIND,
        "space": SPACE,
        "dimension": vectors.shape[1],
        "sha256": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (WEIGHTS, TOKENIZER)
        },
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / "modules.json").write_text(json.dumps(_MODULES, indent=2) + "\n", encoding="utf-8")


def _mapped(weights: Path) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Map the token vectors, and read their scales."""
    try:
        header, start = tensor_places(weights)
        rows: Any = _tensor(weights, header[ROWS], start, np.dtype(np.int8))
        scales: Any = _tensor(weights, header[SCALES], start, np.dtype("<f4"))
    except (ValueError, LookupError, TypeError) as error:
        raise EncoderError(
            f"{str(weights)!r} does not hold the tensors of a Korean encoder: {error!r}.", remedy=REMEDY
        ) from error
    scales = np.array(scales)
    if rows.shape != (len(scales), DIMENSION) or not np.isfinite(scales).all():
        raise EncoderError(
            f"{str(weights)!r} has rows of shape {rows.shape} and scales of shape {scales.shape}; "
            f"a Korean encoder has (tokens, {DIMENSION}) and (tokens,), all finite.",
            remedy=REMEDY,
        )
    return rows, scales


def _tensor(path: Path, entry: Mapping[str, Any], start: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    expected = {"int8": "I8", "float32": "F32"}[dtype.name]
    if entry["dtype"] != expected:
        raise ValueError(f"dtype {entry['dtype']}, expected {expected}")
    offset = start + int(entry["data_offsets"][0])
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=tuple(entry["shape"]))
