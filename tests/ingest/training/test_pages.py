from __future__ import annotations

from pathlib import Path

import pytest

from ingest.training.pages import PairedPages, pair_folders, pair_root
from kb_server.errors import SourceError

MAX_BYTES = 10_000


def write(root: Path, *paths: str) -> Path:
    for path in paths:
        location = root / path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_text("# Title\n", encoding="utf-8")
    root.mkdir(exist_ok=True)
    return root


def names(found: PairedPages) -> list[tuple[str, str, str]]:
    return [(pair.path, pair.en.path, pair.ko.path) for pair in found.pairs]


def test_two_folders_pair_by_path_and_the_rest_is_listed(tmp_path: Path) -> None:
    en = write(tmp_path / "docs.en", "guide/pay.md", "about.md", "logo.png")
    ko = write(tmp_path / "docs.ko-KR", "guide/pay.md", "공지.md")

    found = pair_folders(en, ko, max_bytes=MAX_BYTES)

    assert names(found) == [("guide/pay.md", "guide/pay.md", "guide/pay.md")]
    assert (found.only_en, found.only_ko) == (("about.md",), ("공지.md",))


def test_one_folder_pairs_by_language_folder_and_by_suffix(tmp_path: Path) -> None:
    write(
        tmp_path, "docs/en/pay.md", "docs/ko/pay.md", "help.en.md", "help.ko.md", "en-US/a.md", "ko-KR/a.md"
    )

    assert names(pair_root(tmp_path, max_bytes=MAX_BYTES)) == [
        ("a.md", "en-US/a.md", "ko-KR/a.md"),
        ("docs/pay.md", "docs/en/pay.md", "docs/ko/pay.md"),
        ("help.md", "help.en.md", "help.ko.md"),
    ]


def test_a_page_that_names_no_language_is_the_english_of_a_korean_one(tmp_path: Path) -> None:
    write(tmp_path, "start.md", "ko/start.md", "faq.md", "faq.ko.md")

    assert names(pair_root(tmp_path, max_bytes=MAX_BYTES)) == [
        ("faq.md", "faq.md", "faq.ko.md"),
        ("start.md", "start.md", "ko/start.md"),
    ]


def test_folders_without_a_common_path_show_paths_of_both_and_the_rule(tmp_path: Path) -> None:
    en = write(tmp_path / "en", "guide/pay.md", "guide/a.md", "guide/b.md", "guide/c.md")
    ko = write(tmp_path / "ko", "안내/결제.md")

    with pytest.raises(SourceError) as caught:
        pair_folders(en, ko, max_bytes=MAX_BYTES)

    assert "'guide/a.md', 'guide/b.md', 'guide/c.md' and 1 more" in caught.value.message
    assert "'안내/결제.md'" in caught.value.message
    assert "same path" in caught.value.remedy


def test_one_folder_without_korean_says_so(tmp_path: Path) -> None:
    write(tmp_path, "guide/pay.md")

    with pytest.raises(SourceError, match=r"Korean below '.*': none"):
        pair_root(tmp_path, max_bytes=MAX_BYTES)


def test_an_empty_folder_is_named_with_the_types_that_are_read(tmp_path: Path) -> None:
    en, ko = write(tmp_path / "en", "a.md"), write(tmp_path / "ko", "logo.png")

    with pytest.raises(SourceError) as caught:
        pair_folders(en, ko, max_bytes=MAX_BYTES)

    assert caught.value.message == f"No page found below {str(ko)!r}."
    assert ".md" in caught.value.remedy


def test_a_missing_folder_and_a_file_are_refused(tmp_path: Path) -> None:
    en = write(tmp_path / "en", "a.md")

    with pytest.raises(SourceError, match="Cannot read the source"):
        pair_folders(en, tmp_path / "ko", max_bytes=MAX_BYTES)
    with pytest.raises(SourceError, match="is not a folder"):
        pair_folders(en, en / "a.md", max_bytes=MAX_BYTES)


def test_a_file_that_is_too_large_is_a_failure(tmp_path: Path) -> None:
    en = write(tmp_path / "en", "a.md", "b.md")
    ko = write(tmp_path / "ko", "a.md", "b.md")
    (ko / "b.md").write_text("가" * MAX_BYTES, encoding="utf-8")

    found = pair_folders(en, ko, max_bytes=MAX_BYTES)

    assert [pair.path for pair in found.pairs] == ["a.md"]
    assert [failure.path for failure in found.failures] == ["b.md"]
