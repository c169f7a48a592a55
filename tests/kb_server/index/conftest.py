"""One real version, built once per worker; tests that change something work on a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb_server.index.layout import DataLayout
from kb_server.index.reader import IndexReader

from .sample_versions import publish


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the version v-1 published; only read it."""
    root = tmp_path_factory.mktemp("published") / "data"
    publish(root)
    return root


@pytest.fixture
def data_dir(published: Path, tmp_path: Path) -> Path:
    """A copy of the published data folder."""
    return Path(shutil.copytree(published, tmp_path / "data"))


@pytest.fixture
def reader(published: Path) -> Iterator[IndexReader]:
    opened = IndexReader.open(DataLayout(published), "v-1")
    yield opened
    opened.close()
