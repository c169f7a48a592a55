"""Name the program and its settings, so that answers of one build are not taken for those of another."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from kb_server.settings import Settings

_FILES = ("*.py", "*.json", "*.md", "*.safetensors")
_ELSEWHERE = {"data_dir", "host", "port", "allow_open_network", "poll_seconds"}
"""Settings that say where, not what."""


def build_of(settings: Settings, *, beside: tuple[Path, ...] = ()) -> str:
    """Give the hash of this package's files, the folders ``beside`` it, the settings and the confidence file.

    A key never enters it.
    """
    shown = settings.model_dump(mode="json", exclude=_ELSEWHERE)
    folders = (Path(__file__).parent, *beside)
    parts = [version("kb-server"), *map(_files_hash, folders), repr(sorted(shown.items()))]
    if settings.confidence_file is not None and settings.confidence_file.is_file():
        parts.append(hashlib.sha256(settings.confidence_file.read_bytes()).hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _files_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(file for pattern in _FILES for file in folder.rglob(pattern)):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
