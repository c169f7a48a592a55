from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.watching import Filter, changes
from kb_server.errors import SourceError

SUFFIXES = frozenset({".md"})


@pytest.fixture
def concerns(tmp_path: Path) -> Filter:
    return Filter({tmp_path}, suffixes=SUFFIXES, data_dir=tmp_path / "data")


@pytest.mark.parametrize("path", ["a.md", "ko/설치.MD", "folder", "v1.2"])
def test_sources_and_folders_wake_the_ingest(concerns: Filter, tmp_path: Path, path: str) -> None:
    assert concerns(tmp_path / path)


@pytest.mark.parametrize(
    "path", [".git/index", "en/.a.md.swp", "node_modules/x/README.md", "data/CURRENT", "../elsewhere/a.md"]
)
def test_other_writers_do_not(concerns: Filter, tmp_path: Path, path: str) -> None:
    assert not concerns((tmp_path / path).resolve())


def test_files_with_other_suffixes_do_not(concerns: Filter, tmp_path: Path) -> None:
    (tmp_path / "logo.png").touch()

    assert not concerns(tmp_path / "logo.png")


def test_a_missing_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        next(changes([tmp_path / "nowhere"], suffixes=SUFFIXES, data_dir=tmp_path / "data"))


def test_the_first_turn_comes_at_once_and_the_next_after_a_change(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    turns: Iterator[None] = changes([corpus], suffixes=SUFFIXES, data_dir=tmp_path / "data")
    next(turns)

    # Written while the caller is busy: it must not be lost.
    writer = threading.Thread(target=(corpus / "a.md").write_text, args=("# Title\n",))
    writer.start()
    writer.join()

    next(turns)
