"""A small published index, and the product over it as the kb command hands it in."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from evals.product import Product
from kb_server.app import create_app
from kb_server.cli import PRODUCT
from kb_server.index.embedding import Encoder, load_encoder
from kb_server.settings import Settings
from tests.kb_server.published import PAGES, publish

from .bots import Bot
from .docs import write_docs

# How long an example takes says nothing: the machine may be busy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """Load the shipped encoder once."""
    return load_encoder(Settings(), threads=1)


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """Publish the pages once; tests only read them."""
    data_dir = tmp_path_factory.mktemp("index") / "data"
    publish(data_dir, PAGES, encoder)
    return data_dir


@pytest.fixture
def product(index: Path, encoder: Encoder, tmp_path: Path) -> Product:
    """Give the product over the index; its caches lie in a folder of the test."""

    def refuse(corpus: Path, _: Path) -> None:
        raise AssertionError(corpus)

    return Product(
        app=lambda _: create_app(Settings(data_dir=index, poll_seconds=0.05), encoder=lambda: encoder),
        data_dir=lambda _: tmp_path / "data",
        build=lambda _: "build-1",
        version="0",
        ingest=refuse,
        calibration=PRODUCT.calibration,
        configure=PRODUCT.configure,
        stored=PRODUCT.stored,
    )


@pytest.fixture(scope="session")
def docs(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> tuple[Path, Product]:
    """Ingest a small manual once; give its folder, and the product over it."""
    root = tmp_path_factory.mktemp("manual")
    data_dir = root / "data"
    PRODUCT.ingest(write_docs(root / "docs"), data_dir)
    product = dataclasses.replace(
        PRODUCT,
        app=lambda given: create_app(Settings(data_dir=given or data_dir), encoder=lambda: encoder),
        build=lambda given: PRODUCT.build(given or data_dir),
        data_dir=lambda given: given or data_dir,
    )
    return root / "docs", product


@pytest.fixture
def bot() -> Iterator[Bot]:
    """Serve a bot on a loopback port."""
    made = Bot()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()
