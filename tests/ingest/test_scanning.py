from __future__ import annotations

import hashlib
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import scanning
from ingest.scanning import Scan, SourceFile, UnreadableFileError
from kb_server.errors import SourceError

SUFFIXES = frozenset({".md", ".txt"})


def scan(*roots: Path, max_bytes: int = 1000) -> Scan:
    return scanning.scan(roots, suffixes=SUFFIXES, max_bytes=max_bytes)


def write(root: Path, path: str, text: str = "# Title\n") -> Path:
    location = root / path
    location.parent.mkdir(parents=True, exist_ok=True)
    location.write_text(text, encoding="utf-8")
    return location


def paths(found: Scan) -> list[str]:
    return [file.path for file in found.files]


def reasons(found: Scan) -> dict[str, str]:
    return {failure.path: failure.reason for failure in found.failures}


def test_files_with_known_suffixes_are_listed_in_order_and_hashed(tmp_path: Path) -> None:
    for path in ("ko/설치.md", "en/b.MD", "en/a.txt", "logo.png", "ko/안내.HWP"):
        write(tmp_path, path)

    found = scan(tmp_path)

    assert paths(found) == ["en/a.txt", "en/b.MD", "ko/설치.md"]
    assert (found.ignored, found.unread) == (2, ("ko/안내.HWP",))
    assert found.files[0].sha256 == hashlib.sha256(b"# Title\n").hexdigest()
    assert found.failures == ()


def test_hidden_and_build_folders_are_skipped(tmp_path: Path) -> None:
    for path in (".git/x.md", ".hidden.md", "node_modules/p/README.md", "a/__pycache__/b.md", "a/real.md"):
        write(tmp_path, path)

    assert paths(scan(tmp_path)) == ["a/real.md"]


def test_a_single_file_is_relative_to_its_folder(tmp_path: Path) -> None:
    location = write(tmp_path, "en/install.md")

    assert paths(scan(location)) == ["install.md"]


def test_a_folder_and_a_file_inside_it_are_the_same_file_once(tmp_path: Path) -> None:
    location = write(tmp_path, "install.md")

    assert paths(scan(tmp_path, location, tmp_path)) == ["install.md"]


def test_names_are_composed_hangul_whatever_the_disk_says(tmp_path: Path) -> None:
    write(tmp_path, unicodedata.normalize("NFD", "가이드/설정.md"))

    assert paths(scan(tmp_path)) == ["가이드/설정.md"]


def test_two_spellings_of_one_name_are_reported_and_the_composed_one_wins(tmp_path: Path) -> None:
    write(tmp_path, unicodedata.normalize("NFD", "설정.md"), "decomposed")
    write(tmp_path, "설정.md", "composed")

    found = scan(tmp_path)

    assert paths(found) == ["설정.md"]
    assert found.files[0].sha256 == hashlib.sha256(b"composed").hexdigest()
    assert "other Unicode characters" in reasons(found)["설정.md"]


def test_one_path_below_two_roots_is_refused_and_both_are_named(tmp_path: Path) -> None:
    write(tmp_path, "old/guide/a.md")
    write(tmp_path, "new/guide/a.md")

    with pytest.raises(SourceError) as caught:
        scan(tmp_path / "old", tmp_path / "new")

    assert "'guide/a.md'" in caught.value.message
    assert str(tmp_path / "old") in caught.value.message
    assert str(tmp_path / "new") in caught.value.message


def test_a_root_inside_another_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "en/a.md")

    with pytest.raises(SourceError, match="given twice"):
        scan(tmp_path, tmp_path / "en")


def test_a_missing_root_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no-such-folder"):
        scan(tmp_path / "no-such-folder")


def test_a_root_that_is_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    with pytest.raises(SourceError, match="loop"):
        scan(tmp_path / "loop")


def test_a_folder_without_documents_is_refused_with_the_known_suffixes(tmp_path: Path) -> None:
    write(tmp_path, "logo.png")

    with pytest.raises(SourceError) as caught:
        scan(tmp_path)

    assert ".md .txt" in caught.value.remedy


def test_a_single_file_with_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"unknown suffix '\.png'"):
        scan(write(tmp_path, "logo.png"))


def test_links_out_of_the_root_are_reported_and_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path, "outside/secret.md", "secret")
    write(tmp_path, "docs/a.md")
    (tmp_path / "docs/link.md").symlink_to(secret)
    (tmp_path / "docs/folder").symlink_to(tmp_path / "outside")

    found = scan(tmp_path / "docs")

    assert paths(found) == ["a.md"]
    assert reasons(found) == dict.fromkeys(
        ("link.md", "folder"), "a symbolic link that leaves the ingested folder"
    )


def test_links_inside_the_root_give_files_but_never_a_second_tree(tmp_path: Path) -> None:
    target = write(tmp_path, "v2/a.md")
    (tmp_path / "latest").symlink_to(tmp_path / "v2")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "alias.md").symlink_to(target)

    found = scan(tmp_path)

    assert paths(found) == ["alias.md", "v2/a.md"]
    assert found.failures == ()


def test_a_named_pipe_does_not_block_the_scan(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    os.mkfifo(tmp_path / "pipe.md")

    assert reasons(scan(tmp_path)) == {"pipe.md": "not a regular file"}


def test_a_link_to_nothing_is_a_failure(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "self.md").symlink_to(tmp_path / "self.md")

    found = reasons(scan(tmp_path))

    assert found.keys() == {"gone.md", "self.md"}


def test_a_file_above_the_limit_is_a_failure_that_names_the_limit(tmp_path: Path) -> None:
    write(tmp_path, "big.md", "x" * 1001)
    write(tmp_path, "fits.md", "x" * 1000)

    found = scan(tmp_path)

    assert paths(found) == ["fits.md"]
    assert reasons(found)["big.md"] == "1001 bytes, above the limit of 1000 (KB_MAX_FILE_BYTES)"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_and_folders_without_permission_are_failures(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    write(tmp_path, "closed.md").chmod(0)
    write(tmp_path, "folder/b.md").parent.chmod(0)

    found = reasons(scan(tmp_path))

    assert found.keys() == {"closed.md", "folder"}


def test_names_that_are_not_text_are_failures_with_a_printable_path(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    write(tmp_path, "two\nlines.md")
    Path(os.fsdecode(bytes(tmp_path) + b"/latin\xe9.md")).write_text("x", encoding="utf-8")

    found = reasons(scan(tmp_path))

    assert found.keys() == {r"two\x0alines.md", r"latin\xdce9.md"}
    assert all(path.encode("utf-8") for path in found)


def test_a_very_deep_tree_is_walked(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(300):
        folder /= "d"
    write(folder, "deep.md")

    assert paths(scan(tmp_path)) == ["d/" * 300 + "deep.md"]


def source(location: Path) -> SourceFile:
    return scan(location).files[0]


def test_a_file_that_vanishes_after_the_scan_says_so(tmp_path: Path) -> None:
    file = source(write(tmp_path, "a.md"))
    (tmp_path / "a.md").unlink()

    with pytest.raises(UnreadableFileError, match="vanished"):
        file.read(max_bytes=1000)


def test_a_file_that_changes_after_the_scan_says_so(tmp_path: Path) -> None:
    file = source(write(tmp_path, "a.md"))
    write(tmp_path, "a.md", "another text")

    with pytest.raises(UnreadableFileError, match="changed while"):
        file.read(max_bytes=1000)


@given(
    st.dictionaries(st.from_regex(r"[a-z가-힣]{1,5}\.(md|txt|png)", fullmatch=True), st.binary(max_size=50))
)
def test_every_known_file_is_listed_once_and_reads_back_as_scanned(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    root = tmp_path_factory.mktemp("corpus")
    write(root, "always.md")
    for name, data in files.items():
        (root / name).write_bytes(data)

    found = scan(root)

    assert paths(found) == sorted({"always.md", *(name for name in files if not name.endswith(".png"))})
    assert all(file.read(max_bytes=1000) == file.location.read_bytes() for file in found.files)
