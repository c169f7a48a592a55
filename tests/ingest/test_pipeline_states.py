"""Random histories of a corpus: whatever happened, readers see what the model says."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ingest.pipeline import IngestReport

from .corpora import CorpusOnDisk, HashSource

NAMES = [f"{folder}/page-{number}.md" for folder in ("en", "ko") for number in range(3)]
TEXTS = ["The printer prints.", "Restart the router.", "프린터를 다시 시작합니다.", "E4021 오류입니다."]
BROKEN = b"\xff\xfe\xfa"

names = st.sampled_from(NAMES)
texts = st.sampled_from(TEXTS)


class CorpusMachine(RuleBasedStateMachine):
    """Edits files, ingests, rolls back; ``model`` is what the last ingest must have made of it all."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.corpus = CorpusOnDisk(Path(self._folder.name))
        self.files: dict[str, str | None] = {}
        """Text of each file; None where it is broken."""
        self.model: dict[str, str] = {}
        """Text of each document that the published version must hold."""
        self.published: dict[str, dict[str, str]] = {}
        """Content of every version ever published, by name."""
        self.order: list[str] = []

    @initialize()
    def begin(self) -> None:
        # A file that stays: an empty corpus is refused, which is another test's business.
        self._write("always.md", "Always here.")

    @rule(name=names, text=texts)
    def write(self, name: str, text: str) -> None:
        self._write(name, text)

    @rule(name=names)
    def break_file(self, name: str) -> None:
        self._write(name, "")
        self.corpus.write_bytes(name, BROKEN)
        self.files[name] = None

    @rule(name=names)
    def delete(self, name: str) -> None:
        if name in self.files:
            self.corpus.delete(name)
            del self.files[name]

    @rule(name=names, new_name=names)
    def rename(self, name: str, new_name: str) -> None:
        if name in self.files and new_name not in self.files:
            (self.corpus.root / new_name).parent.mkdir(exist_ok=True)
            (self.corpus.root / name).rename(self.corpus.root / new_name)
            self.files[new_name] = self.files.pop(name)

    @rule()
    def ingest(self) -> None:
        expected = self._expected()
        report = self.corpus.ingest()

        self._check_counts(report, expected)
        known = self.published.setdefault(report.version, expected)
        assert known == expected, "one name, two contents"
        self.model = expected
        self._check_again(report)

    @precondition(lambda self: len(self.corpus.layout.versions()) > 1)
    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        version = data.draw(st.sampled_from(sorted(self.corpus.layout.versions())))
        self.corpus.layout.roll_back(version)
        self.model = self.published[version]

    @invariant()
    def readers_see_the_model(self) -> None:
        if not self.model:
            assert self.corpus.layout.current() is None
            return
        assert self.corpus.served() == {name: _canonical(name, text) for name, text in self.model.items()}

    @invariant()
    def every_chunk_is_its_own_nearest_neighbour(self) -> None:
        if self.model:
            with self.corpus.reader() as reader:
                scores = reader.vectors @ reader.vectors.T
            assert (np.diag(scores) >= scores.max(axis=1) - 1e-5).all()

    def teardown(self) -> None:
        self._folder.cleanup()

    def _write(self, name: str, text: str) -> None:
        self.corpus.write(name, _source(name, text))
        self.files[name] = text

    def _expected(self) -> dict[str, str]:
        """A broken file keeps what the published version holds of it."""
        good = {name: text for name, text in self.files.items() if text is not None}
        kept = {name: text for name, text in self.model.items() if name in self.files}
        return {**kept, **good}

    def _check_counts(self, report: IngestReport, expected: dict[str, str]) -> None:
        good = {name: text for name, text in self.files.items() if text is not None}
        assert report.added == len(good.keys() - self.model.keys())
        assert report.changed == sum(self.model.get(name, text) != text for name, text in good.items())
        assert report.removed == len(self.model.keys() - self.files.keys())
        assert report.failed == len(self.files) - len(good)
        assert report.documents == len(expected)
        assert self.corpus.leftovers() == []

    def _check_again(self, report: IngestReport) -> None:
        source = HashSource()
        again = self.corpus.ingest(source=source)
        assert (again.version, again.published, again.encoded) == (report.version, False, 0)
        assert source.loads == 0


def _source(name: str, text: str) -> str:
    return f"# Page {name}\n\n{text}\n"


def _canonical(name: str, text: str) -> str:
    return _source(name, text).strip()


TestCorpusMachine = CorpusMachine.TestCase
TestCorpusMachine.settings = settings(
    max_examples=6, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
