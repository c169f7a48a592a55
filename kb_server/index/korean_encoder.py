"""The Korean side of the shipped encoder: a small transformer that was taught MiniLM's space."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import RuntimeException

from kb_server.errors import EncoderError
from kb_server.index.batching import cut_to_window
from kb_server.index.bert_graph import ArrayTensors, BertShape, build_graph
from kb_server.index.bert_session import BertSession
from kb_server.index.hangul_trace import hangul_trace
from kb_server.index.korean import ENCODER_ID, REMEDY, KoreanConfig
from kb_server.index.korean_weights import read_tokenizer, read_weights
from kb_server.index.minilm import DIMENSION

UNKNOWN = "<unk>"
SPACE_MARK = "▁"


class KoreanEncoder:
    """Give a Korean text the place in MiniLM's space that MiniLM gives to its English translation."""

    encoder_id = ENCODER_ID
    dimension = DIMENSION

    def __init__(self, folder: Path, config: KoreanConfig, *, revision: str, threads: int) -> None:
        """Verify and load the files of ``folder``; EncoderError where one is missing, altered or short."""
        self.revision = revision
        self.window = config.window
        self._tokenizer = read_tokenizer(folder, config)
        says_nothing = map(self._tokenizer.token_to_id, (UNKNOWN, SPACE_MARK))
        self._empty = {*self._tokenizer.encode("").ids, *says_nothing}
        weights = read_weights(folder, config)
        tensors = ArrayTensors(weights.arrays, weights.words, weights.word_scales)
        shape = BertShape(
            name=ENCODER_ID, layers=config.layers, heads=config.heads, width=DIMENSION, projection=True
        )
        try:
            self._session = BertSession(build_graph(tensors, shape), width=DIMENSION, threads=threads)
        except (LookupError, RuntimeException) as error:
            raise EncoderError(
                f"The weights in {str(folder)!r} are not those of a transformer with {config.layers} layers: "
                f"{error!r}.",
                remedy=REMEDY,
            ) from error
        if self._tokenizer.get_vocab_size() > len(weights.words):
            raise EncoderError(
                f"The Korean encoder in {str(folder)!r} has vectors for {len(weights.words)} tokens, "
                f"but its tokenizer knows {self._tokenizer.get_vocab_size()}.",
                remedy=REMEDY,
            )

    def reads(self, lang: str) -> bool:
        """Tell whether vectors of texts in ``lang`` carry their meaning."""
        return lang == "ko"

    def count_tokens(self, text: str) -> int:
        """Count the tokens of ``text``, both special ones included."""
        return len(self._tokenizer.encode(text).ids)

    def identity(self, text: str) -> tuple[str, str]:
        """Name this encoder and its revision, whatever the ``text``."""
        del text
        return self.encoder_id, self.revision

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode ``texts`` as rows of unit length (n, 384); what lies beyond the window is not seen."""
        tokens = [self._token_ids(text) for text in texts]
        vectors = self._session.encode(tokens)
        for row, ids in enumerate(tokens):
            # Texts of unknown signs alone must not all be equal.
            if texts[row].strip() and set(ids) <= self._empty:
                vectors[row] = hangul_trace(texts[row], DIMENSION)
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions, which are read like any other text."""
        return self.encode(texts)

    def _token_ids(self, text: str) -> list[int]:
        return cut_to_window(self._tokenizer.encode(text).ids, self.window)
