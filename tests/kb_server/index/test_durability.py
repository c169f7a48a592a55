from __future__ import annotations

from pathlib import Path

import pytest

from kb_server.index.durability import fsync_tree, replace_durably, write_durably


def test_replacing_a_file_leaves_only_the_new_content(tmp_path: Path) -> None:
    target = tmp_path / "CURRENT"
    replace_durably(target, b"old")
    replace_durably(target, "새것".encode())

    assert target.read_text(encoding="utf-8") == "새것"
    assert [path.name for path in tmp_path.iterdir()] == ["CURRENT"]


def test_a_failed_replacement_keeps_the_old_content_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()

    with pytest.raises(OSError, match="directory"):
        replace_durably(target, b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_tree_with_nested_and_empty_folders_can_be_synced(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    write_durably(tmp_path / "a" / "file", b"x")

    fsync_tree(tmp_path)
