"""The manifest of a version: what it was built from, and the checksum of each of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kb_server.errors import IndexDamagedError, IndexMismatchError
from kb_server.index.durability import write_durably

FORMAT = 2
"""Layout of a version folder; a reader accepts exactly this one."""
MANIFEST_NAME = "manifest.json"
DAMAGE_REMEDY = "Run `kb rollback` to serve the version before, or `kb ingest` to build this one anew."


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A source file and the document revision that came of it."""

    path: str
    sha256: str
    doc_id: str
    revision: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that is known about a version without opening its stores."""

    format: int
    version: str
    parent: str | None
    created_at: str
    """ISO 8601 with offset, UTC."""
    encoder_id: str
    encoder_revision: str
    dimension: int
    parser: str
    chunker: str
    tokenizer: str
    documents: int
    chunks: int
    roots: tuple[str, ...]
    sources: tuple[SourceEntry, ...]
    files: Mapping[str, str]
    """Path relative to the version folder → sha256 (hex); all files but the manifest and Chroma's
    ``chroma.sqlite3``, which Chroma rewrites whenever anyone opens it."""
    dense_digest: str = ""
    """Digest of the rows in ``chroma.sqlite3``: see ``dense.store_digest``."""
    dense_tombstones: int = 0
    """Vectors deleted from the Chroma store since it was last built from nothing."""
    libraries: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, directory: Path) -> Manifest:
        """Read the manifest of the version in ``directory``.

        Raises ``IndexDamagedError`` where it is missing or altered, ``IndexMismatchError`` where its format
        is not the one of this program.
        """
        payload = _read_payload(directory / MANIFEST_NAME)
        if payload.get("format") != FORMAT:
            raise IndexMismatchError(
                f"Version {directory.name!r} has index format {payload.get('format')!r}; "
                f"this kb-server reads format {FORMAT}.",
                remedy="Run `kb ingest` to build the index anew.",
            )
        payload["sources"] = tuple(SourceEntry(**entry) for entry in payload["sources"])
        payload["roots"] = tuple(payload["roots"])
        return cls(**payload)

    def write(self, directory: Path) -> None:
        """Write the manifest into ``directory`` and wait until it is on the disk."""
        payload = asdict(self)
        payload["checksum"] = _checksum(payload)
        text = json.dumps(payload, ensure_ascii=False, indent=1)
        write_durably(directory / MANIFEST_NAME, text.encode("utf-8", "surrogatepass"))

    def check_files(self, directory: Path) -> None:
        """Compare each listed file with its checksum; ``IndexDamagedError`` names the first that differs."""
        for name, expected in sorted(self.files.items()):
            if sha256_of(directory / name) != expected:
                raise damaged(directory / name, "its content does not match the manifest")


def sha256_of(path: Path) -> str:
    """Give the sha256 (hex) of a file of a version; ``IndexDamagedError`` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise damaged(path, "it is missing") from error
    except OSError as error:
        raise damaged(path, f"it cannot be read: {error.strerror}") from error


def damaged(path: Path, reason: str) -> IndexDamagedError:
    """Build the error that names a damaged file of a version."""
    return IndexDamagedError(f"The index file {str(path)!r} is damaged: {reason}.", remedy=DAMAGE_REMEDY)


def _read_payload(path: Path) -> dict[str, Any]:
    try:
        payload = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise damaged(path, "it is missing") from error
    except OSError as error:
        raise damaged(path, f"it cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise damaged(path, "it is not JSON") from error
    if not isinstance(payload, dict) or payload.pop("checksum", None) != _checksum(payload):
        raise damaged(path, "its content does not match its own checksum")
    return payload


def _checksum(payload: Mapping[str, Any]) -> str:
    canonical = json.dumps(payload, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
