"""Any sentence-transformers CrossEncoder by name or path, as a reranker or as a model for entailment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from kb_server.errors import EncoderError
from kb_server.index.sentence_encoder import model_folder

_RERANKER_REMEDY = "Name another model with KB_RERANKER, or leave it unset to rank without one."
_ENTAILMENT_REMEDY = "Name another model with KB_NLI_MODEL, or leave it unset to check by rules alone."
_ENTAILING_LABELS = ("entail", "support", "consistent", "faithful")
"""What models call the label of a sentence that follows; one that starts with a ``not`` does not."""


class CrossEncoderReranker:
    """Scores pairs of question and passage on the CPU; threads take turns."""

    def __init__(self, name: str) -> None:
        """Load the model ``name``; EncoderError where it is missing or gives more than one score."""
        self._model = _load(name, setting="KB_RERANKER", remedy=_RERANKER_REMEDY)
        if self._model.num_labels != 1:
            raise EncoderError(
                f"The cross-encoder {name!r} (KB_RERANKER) gives {self._model.num_labels} numbers "
                "for a pair; a reranker gives one.",
                remedy=_RERANKER_REMEDY,
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
            raise EncoderError(
                f"The reranker {self._name!r} gave a score that is no number.", remedy=_RERANKER_REMEDY
            )
        return scores


class CrossEncoderEntailment:
    """Gives the chance that a text says a sentence, on the CPU; threads take turns.

    The model gives one number for a pair, or one for each label, one of them named like ``entailment``.
    """

    def __init__(self, name: str) -> None:
        """Load the model ``name``; EncoderError where it is missing or has no label for entailment."""
        self._model = _load(name, setting="KB_NLI_MODEL", remedy=_ENTAILMENT_REMEDY)
        self._name = name
        self._label = self._entailing_label()
        self._lock = Lock()

    def __reduce__(self) -> tuple[Callable[[str], CrossEncoderEntailment], tuple[str]]:
        """Go to another process by name: each one loads the model once."""
        return _entailment, (self._name,)

    def entailments(self, premise: str, sentences: Sequence[str]) -> list[float]:
        """Give the chance, 0 to 1, that ``premise`` says each of ``sentences``."""
        pairs = [(premise, sentence) for sentence in sentences]
        with self._lock:
            logits = np.asarray(
                self._model.predict(pairs, show_progress_bar=False, activation_fn=_as_it_is),
                dtype=np.float64,
            )
        chances = _chances(logits.reshape(len(pairs), -1))[:, self._label]
        if not np.isfinite(chances).all():
            raise EncoderError(
                f"The model {self._name!r} (KB_NLI_MODEL) gave a chance that is no number.",
                remedy=_ENTAILMENT_REMEDY,
            )
        return [float(chance) for chance in chances]

    def _entailing_label(self) -> int:
        labels = {int(number): str(label).casefold() for number, label in self._model.config.id2label.items()}
        if len(labels) == 1:
            return 0
        found = [number for number, label in labels.items() if label.startswith(_ENTAILING_LABELS)]
        if len(found) != 1:
            raise EncoderError(
                f"The cross-encoder {self._name!r} (KB_NLI_MODEL) has the labels "
                f"{', '.join(labels.values())}; one of them must be named entailment.",
                remedy=_ENTAILMENT_REMEDY,
            )
        return found[0]


@cache
def _entailment(name: str) -> CrossEncoderEntailment:
    return CrossEncoderEntailment(name)


def _load(name: str, *, setting: str, remedy: str) -> Any:
    folder = model_folder(name, setting=setting)
    # These take seconds to import and are not needed without such a model.
    import torch  # noqa: PLC0415 - see above
    from sentence_transformers import CrossEncoder  # noqa: PLC0415 - see above

    torch.set_num_threads(1)
    try:
        return CrossEncoder(str(folder), device="cpu", local_files_only=True)
    except (OSError, ValueError, LookupError, RuntimeError, ImportError, SafetensorError) as error:
        raise EncoderError(
            f"{str(folder)!r} ({setting}) holds no cross-encoder that can be loaded: {error}",
            remedy=remedy,
        ) from error


def _as_it_is(logits: Any) -> Any:
    return logits


def _chances(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn logits (pairs, labels) into chances: the logistic of a single one, else the softmax.

    >>> _chances(np.array([[0.0]])).tolist(), _chances(np.array([[1.0, 1.0]])).tolist()
    ([[0.5]], [[0.5, 0.5]])
    """
    if logits.shape[1] == 1:
        single: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
        return single
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares
