"""The index of a suite that names its pages: built when it is missing or older than pages or program."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
    left_out = _left_out(suite, suite.corpus)
    folder = _folder(product.data_dir(data_dir), suite)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        marker = folder / _BUILT_BY
        built, wanted = _read(marker), [product.build(folder), _content(suite.corpus, left_out)]
        if built != wanted:
            print(f"eval: reading {suite.corpus} for the suite {suite.name!r}", file=sys.stderr, flush=True)
            marker.unlink(missing_ok=True)
            if built[:1] != wanted[:1]:
                _clear(folder)
            with _without(suite.corpus, left_out) as corpus:
                product.ingest(corpus, folder)
            marker.write_text("\n".join(wanted), encoding="utf-8")
    return folder


def _read(marker: Path) -> list[str]:
    return marker.read_text(encoding="utf-8").splitlines() if marker.exists() else []


def _left_out(suite: Suite, corpus: Path) -> set[Path]:
    """Give the files that the suite leaves out; raises ``BadSuiteError`` for one that is not there."""
    files = {corpus / path for path in suite.config.leave_out}
    for file in sorted(files):
        if not file.is_file():
            raise BadSuiteError(
                f"{suite.folder / 'suite.toml'} leaves out {file.relative_to(corpus).as_posix()!r}, "
                f"and there is no {file}.",
                remedy="`leave_out` lists pages by their path below the corpus.",
            )
    return files


@contextmanager
def _without(corpus: Path, left_out: set[Path]) -> Iterator[Path]:
    """Give the pages, or for as long as it is needed a copy of them without those to leave out."""
    if not left_out:
        yield corpus
        return

    def ignored(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if Path(folder) / name in left_out}

    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / corpus.name
        shutil.copytree(corpus, copy, ignore=ignored)
        yield copy


def _content(corpus: Path, left_out: set[Path]) -> str:
    """Name what the pages say: a time of change alone would miss an edit within its resolution."""
    digest = hashlib.sha256()
    files = [corpus] if corpus.is_file() else sorted(file for file in corpus.rglob("*") if file.is_file())
    for file in files:
        if file in left_out:
            continue
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
