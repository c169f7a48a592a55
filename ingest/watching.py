"""Ingest again whenever a source file changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import watchfiles

from ingest.scanning import BUILD_FOLDERS, resolve_root

DEBOUNCE_MILLISECONDS = 400
"""Editors save in several steps, and `git checkout` touches many files: wait until it is quiet."""
LONGEST_WAIT_MILLISECONDS = 1600
POLL_MILLISECONDS = 500


def changes(roots: Sequence[Path], *, suffixes: frozenset[str], data_dir: Path) -> Iterator[None]:
    """Yield once at the start and then after every burst of changes below ``roots``, until interrupted.

    What changes while the caller works is not lost: it wakes the next turn.
    """
    resolved = [resolve_root(root) for root in roots]
    folders = {root if root.is_dir() else root.parent for root in resolved}
    concerns = Filter(folders, suffixes=suffixes, data_dir=data_dir)
    started = False
    for burst in watchfiles.watch(
        *folders,
        watch_filter=lambda _, path: concerns(Path(path)),
        debounce=LONGEST_WAIT_MILLISECONDS,
        step=DEBOUNCE_MILLISECONDS,
        rust_timeout=POLL_MILLISECONDS,
        yield_on_timeout=True,
    ):
        if burst or not started:
            started = True
            yield


class Filter:
    """Tells source files and folders from what editors, builds and the ingest itself write."""

    def __init__(self, folders: set[Path], *, suffixes: frozenset[str], data_dir: Path) -> None:
        """Concern files with ``suffixes`` below ``folders``, but nothing below ``data_dir``."""
        self._folders = folders
        self._suffixes = suffixes
        self._data_dir = data_dir.resolve()

    def __call__(self, path: Path) -> bool:
        """Say whether a change of ``path`` matters; what is gone by now may have been a folder."""
        if path.is_relative_to(self._data_dir):
            return False
        return any(
            path.is_relative_to(folder) and not _is_hidden(path.relative_to(folder))
            for folder in self._folders
        ) and (path.suffix.lower() in self._suffixes or not path.is_file())


def _is_hidden(relative: Path) -> bool:
    return any(part.startswith(".") or part in BUILD_FOLDERS for part in relative.parts)
