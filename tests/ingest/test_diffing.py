from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ingest.diffing import Diff, diff
from ingest.report import Failure
from ingest.scanning import SourceFile


def files(**sources: str) -> list[SourceFile]:
    return [
        SourceFile(path, Path("/corpus") / path, Path("/corpus"), sha, 1) for path, sha in sources.items()
    ]


def compare(now: dict[str, str], served: dict[str, str], *failed: str, same_rules: bool = True) -> Diff:
    failures = [Failure(path, 0, "broken") for path in failed]
    return diff(files(**now), failures, served, same_rules=same_rules)


def test_added_changed_unchanged_and_removed_are_told_apart() -> None:
    found = compare({"a": "1", "b": "2", "c": "3"}, {"b": "2", "c": "old", "d": "4"})

    assert found == Diff(added=("a",), changed=("c",), unchanged=("b",), removed=("d",), kept=())
    assert found.to_parse == ("a", "c")


def test_a_rename_is_a_removal_and_an_addition() -> None:
    found = compare({"new.md": "1"}, {"old.md": "1"})

    assert (found.added, found.removed) == (("new.md",), ("old.md",))


def test_a_served_file_that_cannot_be_read_now_is_kept() -> None:
    found = compare({"a": "1"}, {"a": "1", "b": "2", "c": "3"}, "b")

    assert (found.kept, found.removed) == (("b",), ("c",))


def test_documents_below_an_unreadable_folder_are_kept() -> None:
    found = compare({"a": "1"}, {"a": "1", "en/x.md": "2", "en.md": "3"}, "en")

    assert (found.kept, found.removed) == (("en/x.md",), ("en.md",))


def test_other_rules_change_every_document() -> None:
    assert compare({"a": "1", "b": "2"}, {"a": "1"}, same_rules=False) == Diff(
        added=("b",), changed=("a",), unchanged=(), removed=(), kept=()
    )


tables = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("123"))


@given(tables, tables)
def test_every_path_is_in_exactly_one_group(now: dict[str, str], served: dict[str, str]) -> None:
    found = compare(now, served)

    groups = (*found.added, *found.changed, *found.unchanged, *found.removed, *found.kept)
    assert sorted(groups) == sorted(now.keys() | served.keys())
