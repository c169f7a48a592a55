"""Any sentence-transformers CrossEncoder by name or path, as a reranker."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from kb_server.errors import EncoderError
from kb_server.index.sentence_encoder import model_folder

_REMEDY = "Name another model with KB_RERANKER, or leave it unset to rank without one."


class CrossEncoderReranker:
    """Scores pairs of question and passage on the CPU; threads take turns."""

    def __init__(self, name: str) -> None:
        """Load the model ``name``; EncoderError where it is missing or gives more than one score."""
        folder = model_folder(name, setting="KB_RERANKER")
        # These take seconds to import and are not needed without a reranker.
        import torch  # noqa: PLC0415 - see above
        from sentence_transformers import CrossEncoder  # noqa: PLC0415 - see above

        torch.set_num_threads(1)
        try:
            self._model: Any = CrossEncoder(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, LookupError, RuntimeError, ImportError, SafetensorError) as error:
            raise EncoderError(
                f"{str(folder)!r} (KB_RERANKER) holds no cross-encoder that can be loaded: {error}",
                remedy=_REMEDY,
            ) from error
        if self._model.num_labels != 1:
            raise EncoderError(
                f"The cross-encoder in {str(folder)!r} (KB_RERANKER) gives {self._model.num_labels} numbers "
                "for a pair; a reranker gives one.",
                remedy=_REMEDY,
            )
        self._name = name
        # A fast tokenizer pads by changing itself: two threads in it at once fail with "Already borrowed".
        self._lock = Lock()

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Score ``passages`` (n,), higher where a passage answers the question better."""
        pairs = [(question, passage) for passage in passages]
        with self._lock:
            scores = np.asarray(self._model.predict(pairs, show_progress_bar=False), dtype=np.float32)
        if not np.isfinite(scores).all():
            raise EncoderError(f"The reranker {self._name!r} gave a score that is no number.", remedy=_REMEDY)
        return scores
