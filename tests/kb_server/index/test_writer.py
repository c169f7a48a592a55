from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from kb_server.errors import PublishError
from kb_server.index.layout import DataLayout
from kb_server.index.manifest import Manifest, sha256_of
from kb_server.index.reader import IndexReader
from kb_server.index.verification import verify_version
from kb_server.index.writer import DocumentRecord, build_version

from .sample_versions import RECORDS, build, header, publish, record, vectors_of

PAGES = [
    record(f"en/{number}.md", [f"Paragraph {number}/{part}." for part in range(20)]) for number in range(60)
]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a version that is worth to go on from."""
    root = tmp_path_factory.mktemp("large") / "data"
    publish(root, "v-1", PAGES)
    return root


def with_changed(numbers: Sequence[int]) -> list[DocumentRecord]:
    """Rewrite one paragraph in each of the numbered pages."""
    return [
        record(
            page.document.path,
            [f"Paragraph {number}/{part}." if part else "Rewritten. 다시 썼습니다." for part in range(20)],
        )
        if number in numbers
        else page
        for number, page in enumerate(PAGES)
    ]


def next_version(large: Path, target: Path, records: Sequence[DocumentRecord], **kwargs: str) -> Manifest:
    parent = IndexReader.open(DataLayout(large), "v-1")
    try:
        target.mkdir()
        manifest = build(target, "v-2", records, parent=parent, **kwargs)
    finally:
        parent.close()
    assert verify_version(target).problems == ()
    return manifest


def test_the_manifest_tells_what_the_version_was_made_of(tmp_path: Path) -> None:
    written = build(tmp_path)

    assert Manifest.read(tmp_path) == written
    assert (written.documents, written.chunks, written.dimension, written.parent) == (4, 7, 16, None)
    assert [(entry.path, entry.sha256, entry.revision) for entry in written.sources] == [
        (item.document.path, item.source_sha256, item.revision.revision) for item in RECORDS
    ]
    on_disk = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert on_disk - written.files.keys() == {"manifest.json", "chroma/chroma.sqlite3"}
    assert all(sha256_of(tmp_path / name) == digest for name, digest in written.files.items())
    assert set(written.libraries) == {"chromadb", "numpy", "python", "sqlite"}


def test_progress_ends_at_the_whole_in_every_stage(tmp_path: Path) -> None:
    last: dict[str, tuple[int, int]] = {}
    build_version(
        tmp_path,
        RECORDS,
        vectors_of(RECORDS),
        header("v-1"),
        parent=None,
        progress=lambda stage, done, total: last.update({stage: (done, total)}),
    )

    assert last == {"catalog": (4, 4), "vectors": (7, 7), "lexical": (7, 7), "chroma": (7, 7)}


def test_a_version_without_documents_can_be_built(tmp_path: Path) -> None:
    manifest = build(tmp_path, records=())

    assert (manifest.documents, manifest.chunks) == (0, 0)
    assert verify_version(tmp_path).problems == ()


def test_vectors_that_do_not_fit_the_chunks_are_refused(tmp_path: Path) -> None:
    for vectors in (vectors_of(RECORDS)[1:], np.zeros((7, 3), np.float32)):
        with pytest.raises(PublishError, match="7 chunks of dimension 16"):
            build_version(tmp_path, RECORDS, vectors, header("v-1"), parent=None, progress=lambda *_: None)
    assert list(tmp_path.iterdir()) == []


def test_two_chunks_with_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="2 chunks share the id"):
        build(tmp_path, records=(RECORDS[0], RECORDS[0]))


def test_a_small_edit_goes_on_from_the_parents_store(large: Path, tmp_path: Path) -> None:
    manifest = next_version(large, tmp_path / "new", with_changed([3, 40]))

    assert manifest.dense_tombstones == 2


def test_an_added_page_goes_on_from_the_parents_store(large: Path, tmp_path: Path) -> None:
    manifest = next_version(large, tmp_path / "new", [RECORDS[1], *PAGES])

    assert manifest.dense_tombstones == 0
    assert _vector_folder(tmp_path / "new") == _vector_folder(large / "versions" / "v-1")


@pytest.mark.parametrize(
    ("records", "encoder_revision"),
    [
        (PAGES[1:], "r1"),
        (with_changed(range(60)), "r2"),
        ([*PAGES, *(record(f"ko/{n}.md", [f"문단 {n}/{i}" for i in range(20)]) for n in range(20))], "r1"),
    ],
    ids=["deleted document", "other encoder", "many additions"],
)
def test_what_an_edit_is_not_gets_a_fresh_store(
    large: Path, tmp_path: Path, records: list[DocumentRecord], encoder_revision: str
) -> None:
    manifest = next_version(large, tmp_path / "new", records, encoder_revision=encoder_revision)

    assert manifest.dense_tombstones == 0
    assert _vector_folder(tmp_path / "new") != _vector_folder(large / "versions" / "v-1")


def test_nothing_of_a_deleted_document_is_left_in_any_file(large: Path, tmp_path: Path) -> None:
    next_version(large, tmp_path / "new", PAGES[1:])

    gone = PAGES[0]
    traces = [
        *(chunk.chunk_id.encode() for chunk in gone.chunks),
        *(vector.tobytes() for vector in vectors_of([gone])),
        *(b"Paragraph 0/%d." % part for part in range(20)),
        gone.document.doc_id.encode(),
        gone.document.path.encode(),
    ]
    for path in (tmp_path / "new").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not [trace for trace in traces if trace in content], path


def test_the_same_inputs_give_the_same_lexical_index_catalog_and_matrix(large: Path, tmp_path: Path) -> None:
    records = with_changed([5])
    grown = next_version(large, tmp_path / "grown", records)
    (tmp_path / "fresh").mkdir()
    fresh = build(tmp_path / "fresh", "v-2", records)

    def stable(manifest: Manifest) -> dict[str, str]:
        return {name: digest for name, digest in manifest.files.items() if not name.startswith("chroma/")}

    assert stable(grown) == stable(fresh)


@pytest.mark.parametrize("largest_file", [8_192, 65_536, 250_000])
def test_a_disk_that_takes_no_more_ends_the_build_and_spares_what_is_published(
    published: Path, tmp_path: Path, largest_file: int
) -> None:
    root = Path(shutil.copytree(published, tmp_path / "data"))
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from tests.kb_server.index.sample_versions import publish, record\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_file}, {largest_file}))\n"
        "pages = [record(f'{n}.md', [f'Paragraph {n}/{i}. ' * 20 for i in range(9)]) for n in range(99)]\n"
        "publish(Path(sys.argv[1]), 'v-2', pages)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        cwd=Path(__file__).parents[3],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 1
    assert re.match(r"(OSError|sqlite3\.\w+|kb_server\.errors\.PublishError):", done.stderr.splitlines()[-1])
    layout = DataLayout(root)
    assert (layout.current(), layout.versions()) == ("v-1", ["v-1"])
    IndexReader.open(layout, "v-1").close()


def _vector_folder(version: Path) -> list[str]:
    return [path.parent.name for path in version.rglob("header.bin")]
