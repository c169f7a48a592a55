from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kb_server.errors import (
    IndexDamagedError,
    IndexMissingError,
    IngestLockedError,
    NotFoundError,
    PublishError,
)
from kb_server.index.layout import DataLayout

from .sample_versions import bare_version, build, publish


@pytest.fixture
def layout(tmp_path: Path) -> DataLayout:
    return DataLayout(tmp_path / "data")


@contextmanager
def other_process(layout: DataLayout, held: str) -> Iterator[int]:
    """Hold the context manager ``held`` of the layout in another process; gives its pid."""
    code = (
        "import sys; from pathlib import Path; from kb_server.index.layout import DataLayout\n"
        f"with DataLayout(Path(sys.argv[1])).{held}: print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(layout.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process.pid
    finally:
        process.communicate()


def test_nothing_is_published_and_nothing_listed_before_the_first_ingest(layout: DataLayout) -> None:
    assert layout.current() is None
    assert layout.versions() == []
    with pytest.raises(IndexMissingError):
        layout.lease("v-1")


def test_the_published_version_is_the_one_last_set(layout: DataLayout) -> None:
    bare_version(layout.root, "v-1")
    bare_version(layout.root, "v-2")
    for version in ("v-1", "v-2", "v-1"):
        layout.set_current(version)

        assert layout.current() == version
    with pytest.raises(NotFoundError, match="v-3"):
        layout.set_current("v-3")
    assert layout.current() == "v-1"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"v-1\x00", b"../v-1", "버전".encode()])
def test_a_garbled_current_is_damage_that_names_the_file(layout: DataLayout, content: bytes) -> None:
    bare_version(layout.root, "v-1")
    layout.current_path.write_bytes(content)

    with pytest.raises(IndexDamagedError, match="CURRENT"):
        layout.current()


@pytest.mark.parametrize("name", ["", "v-", "x-1", "../v-1", "v-1/..", "v-한글", "v-1\n", ".tmp-1"])
def test_no_name_leads_out_of_the_versions_folder(layout: DataLayout, name: str) -> None:
    with pytest.raises(NotFoundError, match="name of a version"):
        layout.version_path(name)


def test_versions_are_listed_newest_first_and_unreadable_ones_last(layout: DataLayout) -> None:
    bare_version(layout.root, "v-old", "2025-01-01T00:00:00.000+00:00")
    bare_version(layout.root, "v-new", "2026-02-01T00:00:00.000+00:00")
    bare_version(layout.root, "v-broken", "2027-01-01T00:00:00.000+00:00").joinpath("manifest.json").unlink()
    layout.new_temporary()

    assert layout.versions() == ["v-new", "v-old", "v-broken"]


def test_a_second_writer_is_told_who_holds_the_lock(layout: DataLayout) -> None:
    with (
        other_process(layout, "writer_lock()") as pid,
        pytest.raises(IngestLockedError, match=rf"process {pid}, started \d{{4}}-\d\d-\d\dT.*: -c"),
        layout.writer_lock(),
    ):
        pass

    with layout.writer_lock():
        pass


def test_the_lock_of_a_killed_writer_is_free_and_its_leftovers_go(layout: DataLayout) -> None:
    with other_process(layout, "writer_lock()") as pid:
        left = layout.new_temporary()
        (left / "vectors.npy").write_bytes(b"half")
        (layout.root / ".CURRENT-1").write_bytes(b"v-")
        os.kill(pid, 9)

    with layout.writer_lock():
        assert not left.exists()
        assert sorted(path.name for path in layout.root.iterdir()) == ["LOCK", "versions"]


def test_a_writer_in_another_thread_is_refused_too(layout: DataLayout) -> None:
    refused: list[IngestLockedError] = []

    def write() -> None:
        try:
            with layout.writer_lock():
                pass
        except IngestLockedError as error:
            refused.append(error)

    with layout.writer_lock():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    assert len(refused) == 1


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(PublishError, match="file"), DataLayout(tmp_path / "file").writer_lock():
        pass


def test_promoting_the_same_version_twice_keeps_the_first(layout: DataLayout) -> None:
    publish(layout.root)
    before = _stamps(layout.version_path("v-1"))

    publish(layout.root)

    assert _stamps(layout.version_path("v-1")) == before
    assert [path.name for path in layout.versions_dir.iterdir()] == ["v-1"]


def test_promoting_over_a_damaged_version_replaces_it(data_dir: Path) -> None:
    layout = DataLayout(data_dir)
    (layout.version_path("v-1") / "vectors.npy").write_bytes(b"")

    publish(data_dir)

    assert (layout.version_path("v-1") / "vectors.npy").stat().st_size > 0
    assert [path.name for path in layout.versions_dir.iterdir()] == ["v-1"]


def test_a_promotion_that_fails_removes_the_temporary_folder(layout: DataLayout) -> None:
    with layout.writer_lock():
        target = layout.new_temporary()
        build(target)
        (target / "dangling").symlink_to("nowhere")

        with pytest.raises(PublishError, match="dangling") as caught:
            layout.promote(target, "v-1")

    assert list(layout.versions_dir.iterdir()) == []
    assert "untouched" in caught.value.remedy


def test_prune_keeps_the_newest_and_the_published(layout: DataLayout) -> None:
    for day in range(1, 6):
        bare_version(layout.root, f"v-{day}", f"2026-01-0{day}T00:00:00.000+00:00")
    layout.set_current("v-2")

    with layout.writer_lock():
        removed = layout.prune(3)

    assert removed == ["v-3", "v-1"]
    assert layout.versions() == ["v-5", "v-4", "v-2"]
    assert layout.prune(1) == ["v-5", "v-4"]


def test_a_version_that_another_process_reads_is_not_pruned(layout: DataLayout) -> None:
    bare_version(layout.root, "v-1")
    bare_version(layout.root, "v-2", "2026-01-02T00:00:00.000+00:00")
    layout.set_current("v-2")
    with other_process(layout, "lease('v-1')"):
        assert layout.prune(1) == []
        assert not layout.remove("v-1")

    assert layout.prune(1) == ["v-1"]
    assert [path.name for path in layout.versions_dir.iterdir()] == ["v-2"]


def test_a_version_is_free_when_its_last_lease_is_released(layout: DataLayout) -> None:
    bare_version(layout.root, "v-1")
    first, second = layout.lease("v-1"), layout.lease("v-1")
    first.release()
    first.release()
    assert not layout.remove("v-1")

    second.release()
    assert layout.remove("v-1")
    with pytest.raises(IndexMissingError):
        layout.lease("v-1")


def test_the_published_version_is_never_removed(layout: DataLayout) -> None:
    bare_version(layout.root, "v-1")
    layout.set_current("v-1")

    with pytest.raises(PublishError, match="published"):
        layout.remove("v-1")
    assert layout.prune(1) == []


def test_a_version_without_a_manifest_gives_no_lease_and_is_pruned_first(layout: DataLayout) -> None:
    bare_version(layout.root, "v-1", "2020-01-01T00:00:00.000+00:00")
    (bare_version(layout.root, "v-2") / "manifest.json").unlink()

    with pytest.raises(IndexDamagedError, match=re.escape("v-2/manifest.json")):
        layout.lease("v-2")
    assert layout.prune(1) == ["v-2"]


def test_rolling_back_publishes_the_version_before(data_dir: Path) -> None:
    layout = DataLayout(data_dir)
    publish(data_dir, "v-2", ())
    assert layout.current() == "v-2"

    assert layout.roll_back() == "v-1"
    assert layout.current() == "v-1"
    with pytest.raises(NotFoundError, match="no version before 'v-1'"):
        layout.roll_back()
    assert layout.roll_back("v-2") == "v-2"


def test_rolling_back_before_the_first_publish_says_that_nothing_is_published(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="Nothing is published in"):
        DataLayout(tmp_path).roll_back()


def test_rolling_back_to_a_damaged_or_unknown_version_changes_nothing(data_dir: Path) -> None:
    layout = DataLayout(data_dir)
    publish(data_dir, "v-2", ())
    (layout.version_path("v-1") / "catalog.sqlite").unlink()

    with pytest.raises(IndexDamagedError, match=re.escape("catalog.sqlite")):
        layout.roll_back()
    with pytest.raises(NotFoundError, match="v-3"):
        layout.roll_back("v-3")
    assert layout.current() == "v-2"


def test_a_garbled_current_can_be_mended_by_rolling_back_to_a_named_version(data_dir: Path) -> None:
    layout = DataLayout(data_dir)
    layout.current_path.write_bytes(b"\xff")

    assert layout.roll_back("v-1") == "v-1"
    assert layout.current() == "v-1"


def test_a_reader_waits_for_nothing_when_its_version_is_removed_under_its_hands(layout: DataLayout) -> None:
    directory = bare_version(layout.root, "v-1")
    shutil.rmtree(directory)

    with pytest.raises(IndexMissingError):
        layout.lease("v-1")


def _stamps(directory: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in directory.rglob("*")}
