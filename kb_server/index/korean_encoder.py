"""The Korean side of the shipped encoder: a small transformer that was taught MiniLM's space."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import RuntimeException

from kb_server.errors import EncoderError
from kb_server.index.batching import cut_to_window
from kb_server.index.bert_graph import ArrayTensors, BertShape, build_graph
from kb_server.index.bert_session import BATCH_TOKENS, BertSession
from kb_server.index.hangul_trace import hangul_trace
from kb_server.index.int8_products import Int8Tensors
from kb_server.index.korean import ENCODER_ID, REMEDY, KoreanConfig
from kb_server.index.korean_weights import KoreanWeights, read_tokenizer, read_weights
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
        self._folder, self._config, self._threads = folder, config, threads
        self._tokenizer = read_tokenizer(folder, config)
        says_nothing = map(self._tokenizer.token_to_id, (UNKNOWN, SPACE_MARK))
        self._empty = {*self._tokenizer.encode("").ids, *says_nothing}
        weights = read_weights(folder, config)
        # What is loaded at once: a server never reads a passage.
        self._questions = self._session(weights, integers=config.rounded)
        if self._tokenizer.get_vocab_size() > len(weights.words):
            raise EncoderError(
                f"The Korean encoder in {str(folder)!r} has vectors for {len(weights.words)} tokens, "
                f"but its tokenizer knows {self._tokenizer.get_vocab_size()}.",
                remedy=REMEDY,
            )

    @cached_property
    def _passages(self) -> BertSession:
        """Load what only an ingest needs; the same session where questions are read in float32."""
        if not self._config.rounded:
            return self._questions
        return self._session(read_weights(self._folder, self._config), integers=False)

    def _session(self, weights: KoreanWeights, *, integers: bool) -> BertSession:
        floats = ArrayTensors(weights.arrays, weights.words, weights.word_scales)
        shape = BertShape(
            name=ENCODER_ID,
            layers=self._config.layers,
            heads=self._config.heads,
            width=DIMENSION,
            projection=True,
        )
        try:
            graph = build_graph(Int8Tensors(floats, None) if integers else floats, shape)
            # One text at a time in integers: rounding goes by the range of all that is in a batch.
            batch_tokens = 1 if integers else BATCH_TOKENS
            return BertSession(graph, width=DIMENSION, threads=self._threads, batch_tokens=batch_tokens)
        except (LookupError, RuntimeException) as error:
            raise EncoderError(
                f"The weights in {str(self._folder)!r} are not those of a transformer with "
                f"{self._config.layers} layers: {error!r}.",
                remedy=REMEDY,
            ) from error

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
        return self._encode(texts, self._passages)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions likewise, in 8-bit integers where the encoder was taught with rounding."""
        return self._encode(texts, self._questions)

    def _encode(self, texts: Sequence[str], session: BertSession) -> NDArray[np.float32]:
        tokens = [self._token_ids(text) for text in texts]
        vectors = session.encode(tokens)
        for row, ids in enumerate(tokens):
            # Texts of unknown signs alone must not all be equal.
            if texts[row].strip() and set(ids) <= self._empty:
                vectors[row] = hangul_trace(texts[row], DIMENSION)
        return vectors

    def _token_ids(self, text: str) -> list[int]:
        return cut_to_window(self._tokenizer.encode(text).ids, self.window)
