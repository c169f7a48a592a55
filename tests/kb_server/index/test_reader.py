from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from kb_server.errors import (
    EncoderError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    NotFoundError,
    UnknownFilterError,
)
from kb_server.index.layout import DataLayout
from kb_server.index.reader import IndexReader

from .sample_versions import ENGLISH, KOREAN, RECORDS, publish, unit_vectors, vectors_of


def test_a_version_gives_back_what_was_written(reader: IndexReader) -> None:
    assert (reader.version, reader.row_count) == ("v-1", 7)
    assert reader.documents() == tuple(item.document for item in RECORDS)
    for item in RECORDS:
        assert reader.record(item.document.doc_id) == item
        assert reader.document(item.document.doc_id) == item.document
        assert reader.revision(item.document.doc_id, item.revision.revision) == item.revision
    assert reader.texts([5, 0]) == [KOREAN[2], ENGLISH[0]]
    assert reader.chunks([0]) == [RECORDS[0].chunks[0]]
    assert reader.row_documents.tolist() == [0, 0, 0, 1, 1, 1, 3]
    assert reader.row_langs.tolist() == [0, 0, 0, 1, 1, 1, 0]
    assert reader.lexical.row_count == 7
    assert np.array_equal(reader.vectors, vectors_of(RECORDS))


def test_a_text_is_its_chunks_span_of_the_revision(reader: IndexReader) -> None:
    rows = range(reader.row_count)
    for chunk, text in zip(reader.chunks(rows), reader.texts(rows), strict=True):
        revision = reader.revision(chunk.doc_id, chunk.revision)

        assert revision.text[chunk.char_start : chunk.char_end] == text


def test_what_the_version_does_not_have_is_not_found(reader: IndexReader) -> None:
    doc_id = RECORDS[0].document.doc_id
    with pytest.raises(NotFoundError, match=r"v-1 has no revision 'abc' of 'en/install.md'"):
        reader.revision(doc_id, "abc")
    with pytest.raises(NotFoundError, match="'d_0'"):
        reader.document("d_0")


def test_a_version_that_is_not_there_is_missing(published: Path) -> None:
    with pytest.raises(IndexMissingError, match="v-2"):
        IndexReader.open(DataLayout(published), "v-2")


def test_filters_hide_rows(reader: IndexReader) -> None:
    mask = reader.visible({"product": "클라우드"})

    assert mask is not None
    assert np.flatnonzero(mask).tolist() == [3, 4, 5]
    assert {"audience", "version", "lang", "path_prefix"} <= reader.filter_keys()
    with pytest.raises(UnknownFilterError):
        reader.visible({"색깔": "빨강"})


def test_the_exact_scan_scores_visible_rows(reader: IndexReader) -> None:
    query = unit_vectors(1, seed=3)[0]
    scores = reader.dense_scores(query, reader.visible({"lang": "ko"}))

    np.testing.assert_allclose(scores[3:6], (vectors_of(RECORDS) @ query)[3:6], atol=1e-6)
    assert np.isneginf(scores[[0, 1, 2, 6]]).all()


def test_chroma_gives_the_rows_and_exact_scores_of_the_scan(reader: IndexReader) -> None:
    query = unit_vectors(1, seed=3)[0]
    exact = reader.dense_scores(query, None)

    rows, scores = reader.nearest(query, 3)

    assert rows.tolist() == np.argsort(-exact)[:3].tolist()
    np.testing.assert_allclose(scores, np.sort(exact)[::-1][:3], atol=1e-6)
    assert len(reader.nearest(query, 10**9)[0]) == 7
    assert len(reader.nearest(query, 0)[0]) == 0


@pytest.mark.parametrize("vector", [np.zeros(3), np.zeros((1, 16)), np.zeros(0)])
def test_a_vector_of_another_shape_is_a_mismatch(reader: IndexReader, vector: np.ndarray) -> None:
    for search in (lambda v: reader.dense_scores(v, None), lambda v: reader.nearest(v, 1)):
        with pytest.raises(IndexMismatchError, match="16 values"):
            search(vector.astype(np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_the_encoders_fault(reader: IndexReader, value: float) -> None:
    with pytest.raises(EncoderError):
        reader.dense_scores(np.full(16, value, np.float32), None)


def test_a_version_without_documents_can_be_read(tmp_path: Path) -> None:
    publish(tmp_path, "v-0", ())
    reader = IndexReader.open(DataLayout(tmp_path), "v-0")

    assert (reader.row_count, reader.documents()) == (0, ())
    assert len(reader.dense_scores(unit_vectors(1)[0], None)) == 0
    assert len(reader.nearest(unit_vectors(1)[0], 5)[0]) == 0
    assert len(reader.lexical.score("질문", None).scores) == 0
    reader.close()


def test_many_threads_share_a_reader(reader: IndexReader) -> None:
    query = unit_vectors(1, seed=3)[0]
    expected = (
        reader.texts([4]),
        reader.nearest(query, 2)[0].tolist(),
        reader.dense_scores(query, None).tolist(),
    )

    def ask(number: int) -> tuple[list[str], list[int], list[float]]:
        mask = reader.visible({"product": str(number)})
        assert mask is not None
        assert not mask.any()
        return (
            reader.texts([4]),
            reader.nearest(query, 2)[0].tolist(),
            reader.dense_scores(query, None).tolist(),
        )

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(200))) == [expected] * 200


def test_reading_writes_nothing_and_needs_no_right_to_write(data_dir: Path) -> None:
    before = tree(data_dir)
    for path in (data_dir, *data_dir.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        reader = IndexReader.open(DataLayout(data_dir), "v-1")
        reader.texts(range(7))
        reader.nearest(unit_vectors(1)[0], 3)
        reader.close()
    finally:
        for path in (data_dir, *data_dir.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)

    assert tree(data_dir) == before


def test_an_open_version_is_not_pruned_and_a_closed_one_is(data_dir: Path) -> None:
    layout = DataLayout(data_dir)
    reader = IndexReader.open(layout, "v-1")
    publish(data_dir, "v-2", ())

    assert layout.prune(1) == []
    assert reader.texts([0]) == [ENGLISH[0]]
    reader.close()
    reader.close()
    assert layout.prune(1) == ["v-1"]


def test_a_refused_version_leaves_no_lease_behind(data_dir: Path) -> None:
    layout = DataLayout(data_dir)
    publish(data_dir, "v-2", ())
    (layout.version_path("v-1") / "vectors.npy").write_bytes(b"")

    with pytest.raises(IndexDamagedError):
        IndexReader.open(layout, "v-1")
    assert layout.prune(1) == ["v-1"]


def test_a_version_under_another_name_is_refused(data_dir: Path) -> None:
    layout = DataLayout(data_dir)
    layout.version_path("v-1").rename(layout.version_path("v-2"))

    with pytest.raises(IndexDamagedError, match="belongs to version 'v-1'"):
        IndexReader.open(layout, "v-2")


def test_opening_and_searching_exactly_does_not_import_chroma(published: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kb_server.index.layout import DataLayout\n"
        "from kb_server.index.reader import IndexReader\n"
        "reader = IndexReader.open(DataLayout(Path(sys.argv[1])), 'v-1')\n"
        "reader.dense_scores(reader.vectors[0], None); assert 'chromadb' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code, str(published)], check=True)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x01
    path.write_bytes(data)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0" * 4096)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [flip, truncate, empty, lengthen, make_folder, Path.unlink])
def test_every_damage_to_any_file_is_refused_by_name(
    published: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    version = DataLayout(published).version_path("v-1")
    names = sorted(path.relative_to(version) for path in version.rglob("*") if path.stat().st_size)
    names = [name for name in names if (version / name).is_file()]
    assert len(names) > 12
    for number, name in enumerate(names):
        layout = DataLayout(tmp_path / str(number))
        shutil.copytree(version, layout.version_path("v-1"))
        damage(layout.version_path("v-1") / name)
        if name.name == "chroma.sqlite3" and damage in (flip, lengthen):
            continue  # bytes that store nothing may change there: see test_dense

        with pytest.raises(IndexDamagedError, match=name.name) as caught:
            IndexReader.open(layout, "v-1")
        assert "kb ingest" in caught.value.remedy
        assert "kb rollback" in caught.value.remedy


def tree(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns)
        for path in directory.rglob("*")
    }
