from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kb_server.index.scratch import ScratchFolder


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def age(folder: Path) -> None:
    os.utime(folder, (0, 0))


def test_a_folder_is_private_and_goes_when_it_is_closed() -> None:
    scratch = ScratchFolder()
    (scratch.path / "copy").write_bytes(b"x")
    assert scratch.path.stat().st_mode & 0o077 == 0

    scratch.close()
    scratch.close()
    assert not scratch.path.exists()


def test_the_folder_of_a_killed_process_is_removed_by_the_next(tmp_path: Path) -> None:
    code = (
        "import os; from kb_server.index.scratch import ScratchFolder\n"
        "print(ScratchFolder().path, flush=True); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False)
    left = Path(killed.stdout.strip())
    assert left.parent == tmp_path

    ScratchFolder().close()
    assert left.exists(), "a folder that was just made may not be locked yet"
    age(left)
    ScratchFolder().close()
    assert not left.exists()


def test_the_folder_of_a_living_process_stays() -> None:
    first = ScratchFolder()
    age(first.path)

    ScratchFolder().close()
    assert first.path.exists()
    first.close()


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "kb-server-without-lock"
    other.mkdir()
    age(other)

    ScratchFolder().close()
    assert other.exists()
