"""Bring files to the disk, not only to the page cache.

An ``OSError`` from here is final: after a failed fsync the kernel may count lost pages as written, so a
second fsync proves nothing. Callers abandon what they were writing.
"""

from __future__ import annotations

import os
from pathlib import Path


def fsync_file(path: Path) -> None:
    """Wait until the content of the file, or the entries of the folder, at ``path`` are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_tree(directory: Path) -> None:
    """Wait until all files and folders under ``directory`` are on the disk, the innermost first."""
    for folder, _, names in os.walk(directory, topdown=False):
        for name in sorted(names):
            fsync_file(Path(folder, name))
        fsync_file(Path(folder))


def write_durably(path: Path, data: bytes) -> None:
    """Write ``data`` to a new file at ``path`` and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_durably(path: Path, data: bytes) -> None:
    """Give ``path`` the content ``data`` in one step: whoever reads sees the old or the new content."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        write_durably(temporary, data)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    fsync_file(path.parent)
