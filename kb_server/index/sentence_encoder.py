"""Any sentence-transformers model by name or path, as an encoder."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from kb_server.errors import EncoderError
from kb_server.index.encoder import UNLIMITED, Encoder

_WEIGHT_SUFFIXES = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})
"""What decides a vector: weights, configuration and vocabulary."""
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")
"""Where ``encode_document`` looks for a prompt, in its order."""
_REVISION_CHARACTERS = 16


@dataclass(frozen=True)
class SentenceTransformersSource:
    """A model that is named by the hash of its files and loaded only when a text must be read."""

    encoder_id: str
    threads: int
    query_prefix: str | None = None
    document_prefix: str | None = None

    @cached_property
    def folder(self) -> Path:
        """Find the files; EncoderError where they are not on this machine."""
        return model_folder(self.encoder_id, setting="KB_ENCODER")

    @cached_property
    def revision(self) -> str:
        """Give the hash of what decides a passage's vector: the files, and a prefix where one is set."""
        files = _folder_revision(self.folder)
        if self.document_prefix is None:
            return files
        return hashlib.sha256(f"{files}\0{self.document_prefix}".encode()).hexdigest()[:_REVISION_CHARACTERS]

    def load(self) -> Encoder:
        """Load the model; EncoderError where the folder holds none."""
        return SentenceTransformersEncoder(self)


class SentenceTransformersEncoder:
    """Any sentence-transformers model on the CPU, as an Encoder."""

    def __init__(self, source: SentenceTransformersSource) -> None:
        """Load the model that ``source`` names; EncoderError where its folder holds none."""
        _stay_offline()
        # These take seconds to import and are not needed by the shipped encoder.
        import torch  # noqa: PLC0415 - see above
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - see above

        torch.set_num_threads(source.threads)
        try:
            self._model: Any = SentenceTransformer(str(source.folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, LookupError, RuntimeError, ImportError, SafetensorError) as error:
            raise EncoderError(
                f"{str(source.folder)!r} holds no sentence-transformers model that can be loaded: {error}",
                remedy="Name another one with KB_ENCODER, or leave it unset for the shipped one.",
            ) from error
        self.encoder_id = source.encoder_id
        self.revision = source.revision
        self._query_prefix = source.query_prefix
        self._document_prefix = source.document_prefix
        window = self._model.max_seq_length
        # An average of token vectors has no window, and says so by None or infinity.
        self.window = int(window) if window and math.isfinite(window) else UNLIMITED
        self.dimension = int(self._model.encode(["one"], show_progress_bar=False).shape[1])

    def reads(self, lang: str) -> bool:
        """Tell that every ``lang`` is read: who names a model knows what it is for."""
        return bool(lang)

    def count_tokens(self, text: str) -> int:
        """Count what a passage takes of the window, special tokens and the document prompt included."""
        text = self._document_prompt() + text
        tokenizer = self._model.tokenizer
        if not callable(tokenizer):  # a StaticEmbedding holds the bare tokenizer
            return len(tokenizer.encode(text, add_special_tokens=False).ids)
        return len(tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def identity(self, text: str) -> tuple[str, str]:
        """Name this encoder and its revision, whatever the ``text``."""
        del text
        return self.encoder_id, self.revision

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode passages as rows of unit length (n, dimension), after a prefix or the model's prompt."""
        return self._rows(self._model.encode_document, texts, self._document_prefix)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions as rows of unit length (n, dimension), after a prefix or the model's prompt."""
        return self._rows(self._model.encode_query, texts, self._query_prefix)

    def _document_prompt(self) -> str:
        if self._document_prefix is not None:
            return self._document_prefix
        prompts: Mapping[str, str] = self._model.prompts
        return next((prompts[name] for name in _DOCUMENT_PROMPTS if prompts.get(name)), "")

    def _rows(
        self, encode: Callable[..., Any], texts: Sequence[str], prefix: str | None
    ) -> NDArray[np.float32]:
        own = {} if prefix is None else {"prompt": prefix}
        vectors = encode(list(texts), normalize_embeddings=True, show_progress_bar=False, **own)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)


def _stay_offline() -> None:
    """Forbid downloads; must run before the Hugging Face libraries are imported."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def model_folder(name: str, *, setting: str) -> Path:
    """Find the model ``name`` of ``setting`` on this machine: a folder, or one in the Hugging Face cache."""
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
            f"The model {name!r} ({setting}) is neither a folder nor in the Hugging Face cache.",
            remedy=f"Where there is a network, run `hf download {repository}` once, or copy a model folder "
            f"here and set {setting} to its path; nothing is downloaded while kb-server runs.",
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
