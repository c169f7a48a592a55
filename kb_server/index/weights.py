"""Files of model weights: known by their hash, and read where they lie."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from kb_server.errors import EncoderError

_SIZE_BYTES = 8
"""A safetensors file starts with the length of its JSON header, little-endian."""


def verified_file(path: Path, expected: str, *, remedy: str) -> Path:
    """Give ``path`` if its content has the sha256 ``expected``; EncoderError with ``remedy`` if not."""
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(
            f"Cannot read {str(path)!r} of the encoder: {error.strerror}.", remedy=remedy
        ) from error
    if actual != expected:
        raise EncoderError(
            f"{str(path)!r} is not the released file: its sha256 is {actual}, expected {expected}.",
            remedy=remedy,
        )
    return path


def tensor_places(path: Path) -> tuple[dict[str, Any], int]:
    """Read the header of a safetensors file: its tensors by name, and the byte at which their data begins.

    Format: huggingface.co/docs/safetensors. Each tensor has ``dtype``, ``shape`` and ``data_offsets``.
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(_SIZE_BYTES), "little")
        header: dict[str, Any] = json.loads(file.read(size))
    return header, _SIZE_BYTES + size
