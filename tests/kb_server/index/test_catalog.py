from __future__ import annotations

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb_server.errors import IndexDamagedError, NotFoundError
from kb_server.index.catalog import Catalog, write_catalog
from kb_server.index.records import Flag, FlagKind, SectionStart, SourceMap

from .sample_versions import ENGLISH, KOREAN, RECORDS, record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "catalog.sqlite"
    write_catalog(written, RECORDS, progress=lambda *_: None)
    return written


def test_a_record_is_read_as_it_was_written(path: Path) -> None:
    with closing(Catalog(path)) as catalog:
        for written in RECORDS:
            assert catalog.record(written.document.doc_id) == written
        assert catalog.documents == tuple(written.document for written in RECORDS)


def test_the_sections_of_a_chunk_are_read_as_they_were_written(tmp_path: Path) -> None:
    [chunk], plain = RECORDS[0].chunks[:1], RECORDS[0].chunks[1:]
    sections = (SectionStart(0, ("Guide",), "guide"), SectionStart(3, ("Guide", "설치 방법"), "설치-방법"))
    written = replace(RECORDS[0], chunks=(replace(chunk, sections=sections), *plain))
    write_catalog(tmp_path / "catalog", [written], progress=lambda *_: None)

    with closing(Catalog(tmp_path / "catalog")) as catalog:
        assert catalog.record(written.document.doc_id) == written
        assert catalog.chunks([0, 1]) == list(written.chunks[:2])


def test_rows_are_numbered_in_the_order_of_the_records(path: Path) -> None:
    with closing(Catalog(path)) as catalog:
        assert catalog.row_documents.tolist() == [0, 0, 0, 1, 1, 1, 3]
        assert catalog.row_langs.tolist() == [0, 0, 0, 1, 1, 1, 0]
        assert catalog.texts(range(6)) == [*ENGLISH, *KOREAN]
        assert catalog.rows_of(list(reversed(catalog.chunk_ids()))) == list(range(6, -1, -1))


def test_rows_come_in_the_order_asked_and_as_often(path: Path) -> None:
    with closing(Catalog(path)) as catalog:
        assert catalog.texts([4, 0, 4]) == [KOREAN[1], ENGLISH[0], KOREAN[1]]
        assert [chunk.anchor for chunk in catalog.chunks([5, 1])] == ["part-2", "part-1"]
        assert catalog.chunks([]) == []


def test_more_rows_than_one_query_takes_are_fetched(tmp_path: Path) -> None:
    long = record("long.md", [f"Paragraph {number}." for number in range(1203)])
    write_catalog(tmp_path / "long", [long], progress=lambda *_: None)

    with closing(Catalog(tmp_path / "long")) as catalog:
        assert catalog.chunks(range(1203)) == list(long.chunks)


def test_what_is_not_in_the_catalog_is_not_found(path: Path) -> None:
    with closing(Catalog(path)) as catalog:
        for lookup in (catalog.document, catalog.revision, catalog.record):
            with pytest.raises(NotFoundError, match="d_없음"):
                lookup("d_없음")
        with pytest.raises(NotFoundError, match="7"):
            catalog.texts([7])


def test_many_threads_read_at_once(path: Path) -> None:
    with closing(Catalog(path)) as catalog, ThreadPoolExecutor(8) as pool:
        read = list(
            pool.map(lambda row: (catalog.chunks([row])[0].anchor, catalog.texts([row])[0]), [0, 4] * 200)
        )

    assert read == [("part-0", ENGLISH[0]), ("part-1", KOREAN[1])] * 200


def test_reading_changes_nothing_on_the_disk(path: Path) -> None:
    before = (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns)
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        with closing(Catalog(path)) as catalog:
            catalog.texts(range(7))
    finally:
        path.parent.chmod(0o755)

    assert [item.name for item in path.parent.iterdir()] == ["catalog.sqlite"]
    assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) == before


def test_what_sqlite_cannot_read_is_called_damaged(path: Path) -> None:
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(IndexDamagedError, match=r"catalog\.sqlite"):
        Catalog(path)
    path.unlink()
    with pytest.raises(IndexDamagedError, match=r"catalog\.sqlite"):
        Catalog(path)


def test_the_row_arrays_are_answered_without_reading_the_texts(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT row, doc_no, lang FROM chunks INDEXED BY chunk_documents"
        ).fetchall()

    assert "COVERING INDEX" in plan[0][3]


def test_a_language_without_a_code_is_marked_as_other(tmp_path: Path) -> None:
    write_catalog(tmp_path / "ja", [record("ja.md", ["日本語"], lang="ja")], progress=lambda *_: None)

    with closing(Catalog(tmp_path / "ja")) as catalog:
        assert catalog.row_langs.tolist() == [-1]
        assert catalog.chunks([0])[0].lang == "ja"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(
    paragraphs=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=4),
    steps=st.lists(st.tuples(st.integers(0, 10_000), st.integers(-50, 10_000)), max_size=20),
    value=st.one_of(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.lists(st.text(st.characters(exclude_categories=["Cs"]))).map(tuple),
    ),
)
def test_any_text_metadata_and_source_map_survive(
    tmp_path: Path,
    paragraphs: list[str],
    steps: list[tuple[int, int]],
    value: str | tuple[str, ...],
) -> None:
    source_map = SourceMap(tuple(offset for offset, _ in steps), tuple(line for _, line in steps))
    plain = record("a.md", paragraphs, metadata={"키": value})
    written = replace(plain, revision=replace(plain.revision, source_map=source_map))
    path = tmp_path / "any"
    path.unlink(missing_ok=True)
    write_catalog(path, [written], progress=lambda *_: None)

    with closing(Catalog(path)) as catalog:
        assert catalog.record(written.document.doc_id) == written
        assert catalog.texts(range(len(paragraphs))) == paragraphs


def test_flags_are_read_as_they_were_written_and_listed_by_path(tmp_path: Path) -> None:
    flags = (Flag(FlagKind.HIDDEN_TEXT, 0, 0, 2), Flag(FlagKind.INSTRUCTION, 3, 9, 4))
    written = replace(RECORDS[0], revision=replace(RECORDS[0].revision, flags=flags))
    write_catalog(tmp_path / "catalog", [RECORDS[1], written], progress=lambda *_: None)

    with closing(Catalog(tmp_path / "catalog")) as catalog:
        assert catalog.record(written.document.doc_id) == written
        assert catalog.flags() == {written.document.path: flags}


def test_a_catalog_from_before_there_were_flags_has_none(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE flags")
        connection.commit()

    with closing(Catalog(path)) as catalog:
        assert catalog.flags() == {}
        assert catalog.record(RECORDS[0].document.doc_id) == RECORDS[0]
