"""Runs a BERT graph on onnxruntime: token ids in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from kb_server.index.batching import by_length, padded
from kb_server.index.bert_graph import ATTENTION_MASK, EMBEDDING, INPUT_IDS

BATCH_TOKENS = 256
"""Padded tokens per run: larger batches leave the CPU's caches and are slower, smaller ones starve it."""


class BertSession:
    """A loaded graph; ``threads`` batches are encoded at once."""

    def __init__(
        self,
        graph: bytes,
        *,
        width: int,
        threads: int,
        weights_folder: Path | None = None,
        batch_tokens: int = BATCH_TOKENS,
    ) -> None:
        """Load ``graph``, whose file references are below ``weights_folder``; see ``BATCH_TOKENS``."""
        options = onnxruntime.SessionOptions()
        # Two runs on two threads beat one run on two threads, and a spinning thread only heats.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        if weights_folder is not None:
            options.add_session_config_entry(
                "session.model_external_initializers_file_folder_path", str(weights_folder)
            )
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._width = width
        self._batch_tokens = batch_tokens
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="encoder") if threads > 1 else None

    def encode(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Encode texts, each given as its token ids, as rows of unit length (n, width)."""
        batches = by_length(range(len(tokens)), [len(ids) for ids in tokens], self._batch_tokens)
        inputs = (padded([tokens[index] for index in batch]) for batch in batches)
        in_order = map if self._pool is None or len(batches) == 1 else self._pool.map
        vectors = np.zeros((len(tokens), self._width), dtype=np.float32)
        for batch, found in zip(batches, in_order(self._run, inputs), strict=True):
            vectors[batch] = found
        return vectors

    def _run(self, inputs: tuple[NDArray[np.int64], NDArray[np.int64]]) -> NDArray[np.float32]:
        ids, mask = inputs
        (vectors,) = self._session.run([EMBEDDING], {INPUT_IDS: ids, ATTENTION_MASK: mask})
        return np.asarray(vectors, dtype=np.float32)
