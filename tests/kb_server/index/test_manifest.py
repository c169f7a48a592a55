from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb_server.errors import IndexDamagedError, IndexMismatchError
from kb_server.index.manifest import MANIFEST_NAME, Manifest, SourceEntry, sha256_of

from .sample_versions import bare_version


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return bare_version(tmp_path, "v-1")


def test_a_manifest_is_read_as_it_was_written(directory: Path) -> None:
    written = dataclasses.replace(
        Manifest.read(directory),
        sources=(SourceEntry("ko/설치.md", "00", "d_1", "r"), SourceEntry("\udc80.md", "01", "d_2", "r")),
        files={"a/b": "00"},
        libraries={"numpy": "2"},
        parent="v-0",
    )
    written.write(directory)

    assert Manifest.read(directory) == written


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_of_a_manifest_is_noticed(directory: Path, place: float, bit: int) -> None:
    path = directory / MANIFEST_NAME
    whole = path.read_bytes()
    data = bytearray(whole)
    data[int(place * len(data))] ^= 1 << bit
    path.write_bytes(data)

    try:
        with pytest.raises(IndexDamagedError, match=MANIFEST_NAME):
            Manifest.read(directory)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"checksum": 1}'])
def test_what_is_no_manifest_is_called_damaged(directory: Path, content: bytes) -> None:
    (directory / MANIFEST_NAME).write_bytes(content)

    with pytest.raises(IndexDamagedError, match=MANIFEST_NAME) as caught:
        Manifest.read(directory)

    assert "kb rollback" in caught.value.remedy


def test_another_format_is_a_mismatch_and_not_damage(directory: Path) -> None:
    dataclasses.replace(Manifest.read(directory), format=99).write(directory)

    with pytest.raises(IndexMismatchError, match="99"):
        Manifest.read(directory)


def test_a_file_that_changed_or_vanished_is_named(directory: Path) -> None:
    (directory / "store").mkdir()
    for name in ("store/한글", "b"):
        (directory / name).write_bytes(b"content")
    files = {name: sha256_of(directory / name) for name in ("store/한글", "b")}
    manifest = dataclasses.replace(Manifest.read(directory), files=files)
    manifest.check_files(directory)

    (directory / "store/한글").write_bytes(b"Content")
    with pytest.raises(IndexDamagedError, match="store/한글"):
        manifest.check_files(directory)
    (directory / "b").unlink()
    with pytest.raises(IndexDamagedError, match="missing"):
        manifest.check_files(directory)


def test_a_manifest_is_plain_json_that_a_person_can_read(directory: Path) -> None:
    text = (directory / MANIFEST_NAME).read_text(encoding="utf-8")

    assert json.loads(text)["version"] == "v-1"
    assert "문서" in text
