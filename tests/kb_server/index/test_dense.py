from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from kb_server.errors import IndexDamagedError, PublishError
from kb_server.index.dense import DATABASE_NAME, DenseStore, build_store, store_digest, update_store

from .sample_versions import unit_vectors

IDS = [f"c_{number}" for number in range(1500)]
VECTORS = unit_vectors(len(IDS))


def quiet(_done: int, _total: int) -> None:
    """No progress to show."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("store") / "chroma"
    build_store(directory, IDS, VECTORS, progress=quiet)
    return directory


@pytest.fixture
def store(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "chroma"))


def files(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in directory.rglob("*.*")}


def test_each_row_is_nearest_to_its_own_vector(built: Path) -> None:
    with closing(DenseStore(built)) as store:
        found = store.nearest(VECTORS[:200], 1)

        assert store.ids() == set(IDS)
        assert sum(nearest == [name] for nearest, name in zip(found, IDS, strict=False)) >= 198


def test_queries_leave_the_store_untouched(built: Path) -> None:
    before = files(built)

    with closing(DenseStore(built)) as store:
        store.nearest(VECTORS[:5], 20)

    assert files(built) == before


def test_the_private_copy_goes_when_the_store_is_closed(built: Path) -> None:
    store = DenseStore(built)
    copy = store._scratch.path
    assert (copy / "chroma" / DATABASE_NAME).exists()

    store.close()
    store.close()
    assert not copy.exists()


def test_only_ids_and_vectors_are_stored(built: Path) -> None:
    with closing(sqlite3.connect(built / DATABASE_NAME)) as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names below
            for table in ("embeddings", "embedding_metadata", "embedding_fulltext_search_content")
        }

    assert counts == {"embeddings": len(IDS), "embedding_metadata": 0, "embedding_fulltext_search_content": 0}


def test_a_store_without_rows_can_be_built(tmp_path: Path) -> None:
    build_store(tmp_path / "chroma", [], np.empty((0, 16), np.float32), progress=quiet)

    with closing(DenseStore(tmp_path / "chroma")) as store:
        assert store.ids() == set()


def test_an_update_removes_and_adds(store: Path) -> None:
    new = unit_vectors(3, seed=7)
    update_store(store, removed=IDS[:10], added=["c_a", "c_b", "c_c"], vectors=new, progress=quiet)

    with closing(DenseStore(store)) as opened:
        assert opened.ids() == {*IDS[10:], "c_a", "c_b", "c_c"}
        assert opened.nearest(new, 1) == [["c_a"], ["c_b"], ["c_c"]]
        assert not {name for found in opened.nearest(VECTORS[:10], 10) for name in found}.intersection(
            IDS[:10]
        )


def test_an_update_that_does_not_fit_the_store_is_refused(store: Path) -> None:
    with pytest.raises(PublishError, match="1500 rows"):
        update_store(store, removed=["c_unknown"], added=[], vectors=VECTORS[:0], progress=quiet)


def test_vectors_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="Chroma"):
        build_store(tmp_path / "chroma", ["c_1"], np.full((1, 16), np.nan, np.float32), progress=quiet)


def test_an_open_by_chroma_does_not_change_the_digest(store: Path) -> None:
    before, content = store_digest(store / DATABASE_NAME), (store / DATABASE_NAME).read_bytes()

    # What the class does to its copy, done to a store itself.
    import chromadb  # noqa: PLC0415 - the subject of the test

    client = chromadb.PersistentClient(store, settings=chromadb.Settings(anonymized_telemetry=False))
    client.get_collection("chunks", embedding_function=None).query(query_embeddings=VECTORS[:1], n_results=1)
    client.close()  # type: ignore[attr-defined]  # missing in the declared interface

    assert (store / DATABASE_NAME).read_bytes() != content
    assert store_digest(store / DATABASE_NAME) == before


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garble_row(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"c_1234", b"c_4321"))


@pytest.mark.parametrize(
    "damage",
    [truncate, garble_row, Path.unlink, lambda path: path.write_bytes(b"")],
    ids=lambda f: f.__name__,
)
def test_a_damaged_database_is_named_or_has_another_digest(
    store: Path, damage: Callable[[Path], object]
) -> None:
    database = store / DATABASE_NAME
    before = store_digest(database)
    damage(database)

    assert _digest_or_none(database) != before


def _digest_or_none(database: Path) -> str | None:
    try:
        return store_digest(database)
    except IndexDamagedError:
        return None


def test_no_flipped_byte_of_the_database_is_more_than_damage(store: Path) -> None:
    database = store / DATABASE_NAME
    whole = database.read_bytes()
    noticed = 0
    for place in range(0, len(whole), len(whole) // 40):
        database.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        noticed += _digest_or_none(database) is None

    assert noticed


def test_a_store_that_chroma_cannot_read_is_called_damaged(store: Path) -> None:
    for path in store.rglob("header.bin"):
        path.write_bytes(b"")

    with pytest.raises(IndexDamagedError, match="Chroma says"), closing(DenseStore(store)) as opened:
        opened.nearest(VECTORS[:1], 1)
