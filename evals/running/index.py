"""The index of a suite that names its pages: built when it is missing or older than pages or program."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import sys
from pathlib import Path

from evals.cases.suite import Suite
from evals.failures import BadSuiteError
from evals.product import Product

_BUILT_BY = "built-by"
_KEPT = {"cache", ".lock"}
"""Vectors by content stay true whatever the program; everything else is built again."""


def suite_index(suite: Suite, product: Product, data_dir: Path | None) -> Path | None:
    """Give the data folder to ask: that of the pages of the suite, or as given where it names none.

    Pages that did not change since the last run are not read again.
    """
    if suite.corpus is None:
        return data_dir
    if not suite.corpus.exists():
        raise BadSuiteError(
            f"{suite.folder / 'suite.toml'} names the corpus {suite.config.corpus!r}, "
            f"and there is no {suite.corpus}.",
            remedy="`corpus` is a path relative to the folder of the suite.",
        )
    folder = _folder(product.data_dir(data_dir), suite)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        marker = folder / _BUILT_BY
        built, wanted = _read(marker), [product.build(folder), _content(suite.corpus)]
        if built != wanted:
            print(f"eval: reading {suite.corpus} for the suite {suite.name!r}", file=sys.stderr, flush=True)
            marker.unlink(missing_ok=True)
            if built[:1] != wanted[:1]:
                _clear(folder)
            product.ingest(suite.corpus, folder)
            marker.write_text("\n".join(wanted), encoding="utf-8")
    return folder


def _read(marker: Path) -> list[str]:
    return marker.read_text(encoding="utf-8").splitlines() if marker.exists() else []


def _content(corpus: Path) -> str:
    """Name what the pages say: a time of change alone would miss an edit within its resolution."""
    digest = hashlib.sha256()
    files = [corpus] if corpus.is_file() else sorted(file for file in corpus.rglob("*") if file.is_file())
    for file in files:
        digest.update(file.relative_to(corpus).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _folder(data_dir: Path, suite: Suite) -> Path:
    name = re.sub(r"[^\w-]+", "-", suite.name)
    path = hashlib.sha256(str(suite.corpus).encode()).hexdigest()[:8]
    return data_dir / "evals" / "indexes" / f"{name}-{path}"


def _clear(folder: Path) -> None:
    for item in folder.iterdir():
        if item.name not in _KEPT:
            shutil.rmtree(item) if item.is_dir() else item.unlink()
