from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from kb_server.errors import BadInputError, IndexDamagedError, NotFoundError
from kb_server.index.history import Purge, find_revision, purge_documents
from kb_server.index.layout import DataLayout

from .sample_versions import RECORDS, publish, record

OLD, KOREAN = RECORDS[0], RECORDS[1]
NEW = record("en/install.md", ("All is different now.",), title="Install")


@pytest.fixture(scope="module")
def published_thrice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("history") / "data"
    publish(root, "v-1", RECORDS)
    publish(root, "v-2", (NEW, KOREAN))
    publish(root, "v-3", (NEW,))
    return root


@pytest.fixture
def layout(published_thrice: Path, tmp_path: Path) -> DataLayout:
    return DataLayout(Path(shutil.copytree(published_thrice, tmp_path / "data")))


def test_a_text_of_an_earlier_version_is_found(layout: DataLayout) -> None:
    for kept in (OLD, NEW):
        revision = find_revision(layout, kept.document.doc_id, kept.revision.revision)

        assert revision == kept.revision


def test_no_text_of_a_deleted_document_is_given(layout: DataLayout) -> None:
    with pytest.raises(NotFoundError, match="no document"):
        find_revision(layout, KOREAN.document.doc_id, KOREAN.revision.revision)


def test_a_revision_that_no_version_keeps_is_not_found(layout: DataLayout, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="'abc'"):
        find_revision(layout, OLD.document.doc_id, "abc")
    with pytest.raises(NotFoundError):
        find_revision(DataLayout(tmp_path / "nothing"), OLD.document.doc_id, OLD.revision.revision)


def test_an_altered_text_is_damage_and_never_given(layout: DataLayout) -> None:
    catalog = layout.version_path("v-1") / "catalog.sqlite"
    catalog.write_bytes(catalog.read_bytes().replace(b"Install the server", b"Destroy the server"))

    with pytest.raises(IndexDamagedError, match=re.escape("v-1/catalog.sqlite")):
        find_revision(layout, OLD.document.doc_id, OLD.revision.revision)
    assert find_revision(layout, NEW.document.doc_id, NEW.revision.revision) == NEW.revision


def test_purging_removes_the_versions_that_contain_the_document(layout: DataLayout) -> None:
    with layout.writer_lock(), layout.lease("v-1"):
        assert purge_documents(layout, [KOREAN.document.doc_id]) == Purge(removed=("v-2",), held=("v-1",))
        assert layout.versions() == ["v-3", "v-1"]
    with layout.writer_lock():
        assert purge_documents(layout, [KOREAN.document.doc_id]) == Purge(removed=("v-1",), held=())
    assert layout.versions() == ["v-3"]


def test_what_is_still_published_cannot_be_purged(layout: DataLayout) -> None:
    with layout.writer_lock(), pytest.raises(BadInputError, match="v-3"):
        purge_documents(layout, [NEW.document.doc_id])
    assert layout.versions() == ["v-3", "v-2", "v-1"]


def test_a_version_that_cannot_be_read_is_purged_too(layout: DataLayout) -> None:
    (layout.version_path("v-2") / "manifest.json").write_bytes(b"")

    with layout.writer_lock():
        assert purge_documents(layout, ["d_없음"]) == Purge(removed=("v-2",), held=())
