"""What identifies a Korean encoder: the ``config.json`` of its folder, which has the hashes of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kb_server.errors import EncoderError
from kb_server.index.encoder import Encoder
from kb_server.index.minilm import DIMENSION
from kb_server.index.minilm import ENCODER_ID as MINILM

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"

SPACE = MINILM
"""The encoder whose vectors the Korean ones are comparable with."""
FORMAT = 1
"""Raised when the same files would give the same text another vector."""
KIND = "static"
ENCODER_ID = "korean-static"
REMEDY = "Reinstall kb-server, or set KB_KOREAN_ENCODER to the folder of another Korean encoder."
_REVISION_CHARACTERS = 16


@dataclass(frozen=True)
class KoreanSource:
    """A Korean encoder, named by its small ``config.json`` and loaded only when a text must be read."""

    folder: Path
    encoder_id: str = ENCODER_ID

    @cached_property
    def revision(self) -> str:
        """Give the hash of the configuration, which has the hashes of the other files in it."""
        return hashlib.sha256(self._config_bytes).hexdigest()[:_REVISION_CHARACTERS]

    def load(self) -> Encoder:
        """Verify and map the files; EncoderError says which one is missing, altered or of another kind."""
        from kb_server.index.korean_encoder import KoreanEncoder  # noqa: PLC0415 - imports the tokenizers

        return KoreanEncoder(self.folder, self._checked_config(), revision=self.revision)

    @cached_property
    def _config_bytes(self) -> bytes:
        try:
            return (self.folder / CONFIG).read_bytes()
        except OSError as error:
            raise EncoderError(
                f"Cannot read {str(self.folder / CONFIG)!r} of the Korean encoder: {error.strerror}.",
                remedy=REMEDY,
            ) from error

    def _checked_config(self) -> Mapping[str, str]:
        """Give the sha256 of each file of a folder that this program understands."""
        try:
            config = json.loads(self._config_bytes)
            described = (config["format"], config["kind"], config["space"], config["dimension"])
            hashes: Mapping[str, str] = {name: str(config["sha256"][name]) for name in (WEIGHTS, TOKENIZER)}
        except (ValueError, LookupError, TypeError) as error:
            raise EncoderError(
                f"{str(self.folder / CONFIG)!r} does not describe a Korean encoder: {error!r}.",
                remedy=REMEDY,
            ) from error
        expected = (FORMAT, KIND, SPACE, DIMENSION)
        if described != expected:
            raise EncoderError(
                f"The Korean encoder in {str(self.folder)!r} has format, kind, space and dimension "
                f"{described}; this kb-server needs {expected}.",
                remedy=REMEDY,
            )
        return hashes
