"""Disturb an ingest at one operation, in a process of its own, and check that nothing was lost.

The scenario: a base version is published; then one file is edited, one added, one deleted, and a second
ingest runs under the shim. Whatever happened to it, the published version is the old or the new one, whole,
and a third, undisturbed ingest arrives at the new one and leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingest.pipeline import CACHE_NAME
from ingest.pipeline import ingest as ingest_here
from ingest.report import IngestReport
from kb_server.errors import KbError
from kb_server.index.layout import DataLayout
from kb_server.index.reader import IndexReader
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings
from tests.ingest.corpora import HashSource, RecordingReporter, in_process

from .points import targets
from .shim import Fault, Mode, Target, compile_shim, environment, read_log

HERE = Path(__file__).parent
PROCESS_SECONDS = 300
PAGES = 12
SAME_SCORE = 1e-5

Snapshot = dict[str, Any]


class BrokenPromiseError(AssertionError):
    """A fault left the index in a state that it must never be in."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """All that the points share: the corpus after the edit, the data before it, and both ends."""

    library: Path
    corpus: Path
    base: Path
    """A data folder in which the base version is published."""
    old: Snapshot
    new: Snapshot
    targets: tuple[Target, ...]
    """What the second ingest does to its files when nobody disturbs it."""


def page(number: int, text: str) -> str:
    """Write a page with two sections, every other one in Korean."""
    if number % 2:
        errors = f"## 오류\n\nE{number:04} 오류를 확인합니다.\n"
        return f"# 안내 {number}\n\n{text} 설치 {number}단계를 실행합니다.\n\n{errors}"
    return f"# Guide {number}\n\n{text} Run step {number} of the setup.\n\n## Errors\n\nCheck E{number:04}.\n"


def write_corpus(corpus: Path) -> None:
    """Write the pages of the base version."""
    corpus.mkdir()
    for number in range(PAGES):
        (corpus / f"page-{number:02}.md").write_text(page(number, "First."), encoding="utf-8")


def edit_corpus(corpus: Path) -> None:
    """Edit one page, add one, delete one."""
    (corpus / "page-03.md").write_text(page(3, "Edited."), encoding="utf-8")
    (corpus / "page-99.md").write_text(page(99, "Added."), encoding="utf-8")
    (corpus / "page-05.md").unlink()


def run(script: str, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one of this folder's scripts in a fresh process."""
    return subprocess.run(
        [sys.executable, str(HERE / script), *map(str, arguments)],
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=PROCESS_SECONDS,
        check=False,
    )


def ingest(corpus: Path, data: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Ingest ``corpus`` into ``data`` in a fresh process."""
    return run("ingest_once.py", corpus, data, **variables)


class _Notes(RecordingReporter):
    def note(self, line: str) -> None:
        """Take what an ingest after a fault has to say."""


def undisturbed(corpus: Path, data: Path) -> IngestReport:
    """Ingest ``corpus`` into ``data`` in this process, which starts from nothing but the files."""
    settings = Settings(data_dir=data, kept_versions=1)
    source = HashSource(HashEncoder().dimension)  # that of the disturbed process
    try:
        return ingest_here([corpus], settings, source, reporter=_Notes(), verification=in_process)
    except KbError as error:
        raise BrokenPromiseError(f"an undisturbed ingest failed: {error}") from error


def inspect(data: Path) -> Snapshot:
    """Read, check and search the published version as a reader does."""
    layout = DataLayout(data)
    try:
        version = layout.current()
        if version is None:
            raise BrokenPromiseError("nothing is published")
        with closing(IndexReader.open(layout, version)) as reader:
            return {"version": version, **_content(reader)}
    except KbError as error:
        raise BrokenPromiseError(f"the published version is not whole: {error}") from error


def _content(reader: IndexReader) -> Snapshot:
    texts = reader.texts(range(reader.row_count))
    for row, text in enumerate(texts):
        scores = reader.dense_scores(np.array(reader.vectors[row]), None)
        if scores[row] < scores.max() - SAME_SCORE:
            raise BrokenPromiseError(f"row {row} is not its own nearest neighbour")
        if not reader.lexical.score(text, None).scores[row] > 0:
            raise BrokenPromiseError(f"row {row} is not found by its own words")
    return {
        "documents": {document.path: document.revision for document in reader.documents()},
        "texts": texts,
        "chunk_ids": reader.chunk_ids(),
        "vectors": hashlib.sha256(np.ascontiguousarray(reader.vectors).tobytes()).hexdigest(),
    }


def prepare(folder: Path) -> Scenario:
    """Publish the base version and record an undisturbed second ingest."""
    library = compile_shim(folder)
    corpus, base, after = folder / "corpus", folder / "base", folder / "after"
    write_corpus(corpus)
    undisturbed(corpus, base)
    edit_corpus(corpus)
    shutil.copytree(base, after)
    log = folder / "operations.log"
    logged = ingest(corpus, after, **environment(library, after, Fault(Mode.LOG), log))
    if logged.returncode != 0:
        raise BrokenPromiseError(f"an ingest that is only watched failed: {logged.stderr}")
    return Scenario(library, corpus, base, inspect(base), inspect(after), tuple(targets(read_log(log))))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one point showed."""

    fault: Fault
    reached: bool
    """Whether the ingest came to the operation at all."""
    exit_code: int
    survived: str
    """``old`` or ``new``: what readers saw after the fault."""


def disturb(scenario: Scenario, fault: Fault, folder: Path) -> Outcome:
    """Run the second ingest under ``fault`` in ``folder`` and check all promises."""
    data, log = folder / "data", folder / "operations.log"
    shutil.copytree(scenario.base, data)
    process = ingest(scenario.corpus, data, **environment(scenario.library, data, fault, log))
    if "Traceback" in process.stderr:
        raise BrokenPromiseError(f"{fault}: a stack trace instead of a message: {process.stderr[-3000:]}")
    survived = _check_survivor(scenario, fault, inspect(data))
    report = undisturbed(scenario.corpus, data)
    if report.version != scenario.new["version"] or inspect(data) != scenario.new:
        raise BrokenPromiseError(f"{fault}: the repeated ingest arrived at {report.version}")
    _check_leftovers(scenario, fault, data)
    reached = any(operation.struck for operation in read_log(log))
    return Outcome(fault, reached, process.returncode, survived)


def _check_survivor(scenario: Scenario, fault: Fault, snapshot: Snapshot) -> str:
    for name, expected in (("old", scenario.old), ("new", scenario.new)):
        if snapshot == expected:
            return name
    raise BrokenPromiseError(f"{fault}: readers see neither the old nor the new content: {snapshot}")


def _check_leftovers(scenario: Scenario, fault: Fault, data: Path) -> None:
    expected = {"LOCK", "CURRENT", "versions", "cache"}
    left = {path.name for path in data.iterdir()} - expected
    left |= {path.name for path in (data / "versions").iterdir()} - {scenario.new["version"]}
    left |= {path.name for path in (data / "cache").iterdir() if not path.name.startswith(CACHE_NAME)}
    if left:
        raise BrokenPromiseError(f"{fault}: left behind: {sorted(left)}")
