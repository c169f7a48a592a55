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
ENCODER_ID = "kb-korean"
SHIPPED_FOLDER = Path(__file__).parent / "models" / "korean"
REMEDY = "Reinstall kb-server, or set KB_KOREAN_ENCODER to a folder that `kb train-encoder` wrote."
_REVISION_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class KoreanConfig:
    """What the weights do not say about themselves."""

    layers: int
    heads: int
    window: int
    """Tokens that are read of a text, special ones included."""
    sha256: Mapping[str, str]
    """Hash of each file."""
    rounded: bool = False
    """Whether it was taught with rounding, so that questions may be read in 8-bit integers."""

    def save(self, folder: Path) -> None:
        """Write it as ``config.json``."""
        content = {
            "format": FORMAT,
            "space": SPACE,
            "dimension": DIMENSION,
            "layers": self.layers,
            "heads": self.heads,
            "window": self.window,
            "rounded": self.rounded,
            "sha256": dict(self.sha256),
        }
        (folder / CONFIG).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class KoreanSource:
    """A Korean encoder, named by its small ``config.json`` and loaded only when a text must be read."""

    folder: Path
    threads: int = 1
    encoder_id: str = ENCODER_ID

    @cached_property
    def revision(self) -> str:
        """Give the hash of the configuration, which has the hashes of the other files in it."""
        return hashlib.sha256(self._config_bytes).hexdigest()[:_REVISION_CHARACTERS]

    @cached_property
    def config(self) -> KoreanConfig:
        """Read the configuration; EncoderError where it is missing or of another kind."""
        try:
            config = json.loads(self._config_bytes)
            described = (config["format"], config["space"], config["dimension"])
            read = KoreanConfig(
                layers=int(config["layers"]),
                heads=int(config["heads"]),
                window=int(config["window"]),
                sha256={name: str(config["sha256"][name]) for name in (WEIGHTS, TOKENIZER)},
                rounded=config.get("rounded", False) is True,
            )
        except (ValueError, LookupError, TypeError) as error:
            raise EncoderError(
                f"{str(self.folder / CONFIG)!r} does not describe a Korean encoder: {error!r}.",
                remedy=REMEDY,
            ) from error
        expected = (FORMAT, SPACE, DIMENSION)
        if described != expected:
            raise EncoderError(
                f"The Korean encoder in {str(self.folder)!r} has format, space and dimension "
                f"{described}; this kb-server needs {expected}.",
                remedy=REMEDY,
            )
        return read

    def load(self) -> Encoder:
        """Verify and load the files; EncoderError says which one is missing or altered."""
        from kb_server.index.korean_encoder import KoreanEncoder  # noqa: PLC0415 - imports the runtime

        return KoreanEncoder(self.folder, self.config, revision=self.revision, threads=self.threads)

    @cached_property
    def _config_bytes(self) -> bytes:
        try:
            return (self.folder / CONFIG).read_bytes()
        except OSError as error:
            raise EncoderError(
                f"Cannot read {str(self.folder / CONFIG)!r} of the Korean encoder: {error.strerror}.",
                remedy=REMEDY,
            ) from error
