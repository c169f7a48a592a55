"""A corpus on disk, and an ingest of it in this process, for the tests of the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from ingest.pipeline import IngestReport, ingest
from ingest.publishing import Check
from ingest.report import FileWarning
from kb_server.errors import VerificationError
from kb_server.index.embedding import Encoder, EncoderSource
from kb_server.index.layout import DataLayout
from kb_server.index.reader import IndexReader
from kb_server.index.testing import HashEncoder
from kb_server.index.verification import verify_version
from kb_server.settings import Settings


class HashSource:
    """A hash encoder; counts how often it is loaded. Another dimension is another encoder."""

    def __init__(self, dimension: int = 32) -> None:
        self._encoder = HashEncoder(dimension=dimension)
        self.encoder_id = self._encoder.encoder_id
        self.revision = self._encoder.revision
        self.loads = 0

    def load(self) -> Encoder:
        self.loads += 1
        return self._encoder


class RecordingReporter:
    """Remembers what a user would have seen."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.troubles: list[str] = []
        self.warnings: list[FileWarning] = []

    def progress(self, stage: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        if stage not in self.stages:
            self.stages.append(stage)

    def note(self, line: str) -> None:
        raise AssertionError(line)

    def trouble(self, line: object) -> None:
        self.troubles.append(str(line))

    def warn(self, warning: FileWarning) -> None:
        self.warnings.append(warning)

    def finish(self, report: IngestReport) -> None:
        raise AssertionError(report)

    def close(self) -> None:
        """Have nothing to close."""


@contextmanager
def in_process() -> Iterator[Check]:
    """Verify without a second process: the same checks, two seconds sooner."""

    def check(directory: Path, chunks: int) -> None:
        report = verify_version(directory)
        if report.problems or report.chunks != chunks:
            raise VerificationError("; ".join(report.problems))

    yield check


class CorpusOnDisk:
    """Source files in one folder and the index of them in another."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "corpus"
        self.root.mkdir()
        self.settings = Settings(data_dir=folder / "data")
        self.layout = DataLayout(self.settings.data_dir)
        self.reporter = RecordingReporter()
        self.source = HashSource()

    def write(self, path: str, text: str) -> None:
        location = self.root / path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_text(text, encoding="utf-8")

    def write_bytes(self, path: str, data: bytes) -> None:
        (self.root / path).write_bytes(data)

    def delete(self, path: str) -> None:
        (self.root / path).unlink()

    def ingest(
        self,
        *,
        force: bool = False,
        dry_run: bool = False,
        source: EncoderSource | None = None,
        verification: Callable[[], AbstractContextManager[Check]] = in_process,
    ) -> IngestReport:
        self.reporter = RecordingReporter()
        return ingest(
            [self.root],
            self.settings,
            source or self.source,
            reporter=self.reporter,
            force=force,
            dry_run=dry_run,
            verification=verification,
        )

    @contextmanager
    def reader(self) -> Iterator[IndexReader]:
        current = self.layout.current()
        assert current is not None
        with closing(IndexReader.open(self.layout, current)) as reader:
            yield reader

    def served(self) -> dict[str, str]:
        """Give the text of every document that readers see, by path."""
        with self.reader() as reader:
            return {document.path: reader.revision(document.doc_id).text for document in reader.documents()}

    def leftovers(self) -> list[str]:
        return [path.name for path in self.layout.versions_dir.iterdir() if path.name.startswith(".")]
