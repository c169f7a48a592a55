"""Check that the files of a version are what its writer wrote."""

from __future__ import annotations

from pathlib import Path

from kb_server.index.dense import STORE_NAME, store_digest
from kb_server.index.manifest import Manifest, damaged


def check_version(directory: Path) -> Manifest:
    """Check all files of the version in ``directory`` and give its manifest.

    Reads everything once, writes nothing. Raises ``IndexDamagedError``, which names the file.
    """
    manifest = Manifest.read(directory)
    manifest.check_files(directory)
    database = directory / STORE_NAME / "chroma.sqlite3"
    if store_digest(database) != manifest.dense_digest:
        raise damaged(database, "its rows do not match the manifest")
    return manifest
