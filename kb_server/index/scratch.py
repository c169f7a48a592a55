"""Temporary folders that do not outlive their process by much, even where it is killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "kb-server-"
_LOCK_NAME = "LOCK"
# A folder is made a moment before its lock is taken; this much younger ones are left alone.
_GRACE_SECONDS = 60.0


class ScratchFolder:
    """An empty private folder under the system's temporary folder, deleted by ``close``."""

    def __init__(self) -> None:
        """Create the folder, and delete those that killed processes of this user left."""
        _remove_abandoned(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._descriptor = os.open(self.path / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Delete the folder; closing twice does nothing."""
        if self._descriptor >= 0:
            shutil.rmtree(self.path)
            os.close(self._descriptor)
            self._descriptor = -1


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            status = folder.lstat()
            if status.st_uid == os.getuid() and time.time() - status.st_mtime > _GRACE_SECONDS:
                _remove_unlocked(folder)
        except OSError:
            # Gone in the meantime, or not ours to touch: either way it is not this process's task.
            continue


def _remove_unlocked(folder: Path) -> None:
    descriptor = os.open(folder / _LOCK_NAME, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(descriptor)
