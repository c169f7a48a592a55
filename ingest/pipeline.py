"""The way from files to a published version: scan, compare, parse, encode, build, verify, publish."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ingest import chunking, parsing
from ingest.chunking import TokenBudget
from ingest.corpus import Corpus
from ingest.diffing import Diff, diff
from ingest.encoding import ChunkEncoder
from ingest.flagged import flagged_places, places_of
from ingest.preparing import prepare
from ingest.publishing import Check, check_space, fresh_process, prune, temporary_version
from ingest.report import Failure, FileWarning, IngestReport
from ingest.reporting import Reporter
from ingest.scanning import Scan, scan
from ingest.served import served_version
from ingest.translated import without_source
from ingest.versioning import Rules, version_name
from kb_server.errors import IndexStateError, VerificationError
from kb_server.index.embedding import EncoderSource
from kb_server.index.layout import DataLayout
from kb_server.index.manifest import FORMAT, Manifest
from kb_server.index.reader import IndexReader
from kb_server.index.records import doc_id_of
from kb_server.index.tokenization import TOKENIZER_VERSION
from kb_server.index.writer import DocumentRecord, VersionHeader, build_version
from kb_server.settings import Settings

__all__ = ["Failure", "FileWarning", "IngestReport", "ingest"]

CACHE_NAME = "embeddings.sqlite"


def ingest(
    roots: Sequence[Path],
    settings: Settings,
    encoder: EncoderSource,
    *,
    reporter: Reporter,
    force: bool = False,
    dry_run: bool = False,
    verification: Callable[[], AbstractContextManager[Check]] = fresh_process,
) -> IngestReport:
    """Make the index follow the files below ``roots``, and publish it when something changed.

    All or nothing: on any error, and whenever the process dies, the version published before is served as it
    was. ``force`` publishes however many files failed; ``dry_run`` only compares. Raises ``SourceError``
    before anything is touched, ``PublishError`` after.
    """
    started = time.monotonic()
    found = scan(roots, suffixes=parsing.SUFFIXES, max_bytes=settings.max_file_bytes)
    layout = DataLayout(settings.data_dir)
    if dry_run:
        with served_version(layout, reporter.trouble) as served:
            report = _preview(_Comparison(found, encoder, served), settings, reporter)
    else:
        with layout.writer_lock():
            with served_version(layout, reporter.trouble) as served:
                run = _Run(_Comparison(found, encoder, served), settings, layout, reporter, verification)
                report = run.execute(encoder, force=force)
            # Only now: while the version served before is open, it counts as held by a reader.
            prune(layout, settings.kept_versions, note=reporter.trouble)
    return replace(report, seconds=time.monotonic() - started)


class _Comparison:
    """The files that were found, next to the version that is served."""

    def __init__(self, found: Scan, encoder: EncoderSource, served: IndexReader | None) -> None:
        self.found = found
        self.served = served
        self.rules = Rules(
            format=FORMAT,
            parser=parsing.PARSER_VERSION,
            chunker=chunking.CHUNKER_VERSION,
            tokenizer=TOKENIZER_VERSION,
            encoder_id=encoder.encoder_id,
            encoder_revision=encoder.revision,
        )
        before = None if served is None else Rules.of(served.manifest)
        sources = () if served is None else served.manifest.sources
        self.served_sources: dict[str, str] = {entry.path: entry.sha256 for entry in sources}
        self.same_vectors: bool = before is not None and self.rules.same_vectors(before)
        self.diff: Diff = diff(
            found.files,
            found.failures,
            self.served_sources,
            same_rules=before is not None and self.rules.same_chunks(before),
        )


def _preview(comparison: _Comparison, settings: Settings, reporter: Reporter) -> IngestReport:
    """Report what an ingest would find, without cutting or encoding a document."""
    served = comparison.served
    corpus = _gather(comparison, settings, reporter, budget=None)
    return _report_of(corpus, comparison, None if served is None else served.manifest, dry_run=True)


def _report_of(
    corpus: Corpus,
    comparison: _Comparison,
    manifest: Manifest | None,
    *,
    encoded: int = 0,
    published: bool = False,
    dry_run: bool = False,
) -> IngestReport:
    """Say what became of the files, and which version is served now."""
    return IngestReport(
        version="" if manifest is None else manifest.version,
        documents=0 if manifest is None else manifest.documents,
        chunks=0 if manifest is None else manifest.chunks,
        encoded=encoded,
        added=len(corpus.pages.added),
        changed=len(corpus.pages.changed),
        unchanged=corpus.unchanged,
        removed=len(corpus.pages.removed),
        failed=len(corpus.failures),
        seconds=0.0,
        published=published,
        failures=corpus.failures,
        warnings=corpus.warnings,
        dry_run=dry_run,
        flagged=flagged_places(corpus, comparison.served),
        pages=corpus.pages,
        unread=comparison.found.unread,
    )


def _gather(
    comparison: _Comparison,
    settings: Settings,
    reporter: Reporter,
    *,
    budget: Callable[[], TokenBudget] | None,
) -> Corpus:
    """Read what is new; say at once what could not be read and what answers will not quote."""
    by_path = {file.path: file for file in comparison.found.files}
    prepared = prepare(
        [by_path[path] for path in comparison.diff.to_parse],
        max_bytes=settings.max_file_bytes,
        budget=budget,
        progress=partial(reporter.progress, "read"),
    )
    corpus = Corpus.gather(comparison.found, comparison.diff, comparison.served_sources, prepared)
    corpus = replace(corpus, warnings=(*corpus.warnings, *without_source(corpus, comparison.served)))
    for failure in corpus.failures:
        reporter.trouble(failure)
    for warning in corpus.warnings:
        reporter.warn(warning)
    for path, record in sorted(corpus.records.items()):
        for place in places_of(path, record.revision):
            reporter.warn(place)
    return corpus


@dataclass(frozen=True, slots=True)
class _Run:
    """One ingest, once the sources are compared and the lock is held."""

    comparison: _Comparison
    settings: Settings
    layout: DataLayout
    reporter: Reporter
    verification: Callable[[], AbstractContextManager[Check]]

    def execute(self, source: EncoderSource, *, force: bool) -> IngestReport:
        comparison, served = self.comparison, self.comparison.served
        reusable = served if comparison.same_vectors else None
        with closing(ChunkEncoder(source, self.layout.cache_dir / CACHE_NAME, reusable)) as encoder:
            corpus = _gather(comparison, self.settings, self.reporter, budget=lambda: encoder.budget)
            found = comparison.found
            corpus.check_failures(len(found.files) + len(found.failures), force=force)
            version = version_name(comparison.rules, corpus.sources)
            if served is not None and served.version == version:
                return _report_of(corpus, self.comparison, served.manifest, encoded=encoder.encoded)
            manifest = self._existing(version) or self._build(version, corpus, encoder)
            self.layout.set_current(version)
            return _report_of(corpus, self.comparison, manifest, encoded=encoder.encoded, published=True)

    def _existing(self, version: str) -> Manifest | None:
        """Give the manifest of a version that is there already, and whole: then only the pointer moves."""
        directory = self.layout.version_path(version)
        if not directory.is_dir():
            return None
        try:
            manifest = Manifest.read(directory)
            with self.verification() as check:
                self.reporter.progress("verify", 0, 1)
                check(directory, manifest.chunks)
        except (IndexStateError, VerificationError) as error:
            self.reporter.trouble(f"{error.message} It is built anew.")
            return None
        return manifest

    def _build(self, version: str, corpus: Corpus, encoder: ChunkEncoder) -> Manifest:
        with self.verification() as check:
            records = self._records(corpus)
            check_space(self.layout, records, dimension=encoder.dimension)
            vectors = encoder.vectors(records, progress=partial(self.reporter.progress, "encode"))
            with temporary_version(self.layout) as temporary:
                manifest = build_version(
                    temporary,
                    records,
                    vectors,
                    self._header(version, encoder.dimension),
                    parent=self.comparison.served,
                    progress=self.reporter.progress,
                )
                self.reporter.progress("verify", 0, 1)
                check(temporary, manifest.chunks)
                self.layout.promote(temporary, version)
        return manifest

    def _records(self, corpus: Corpus) -> list[DocumentRecord]:
        """Give the records of all documents, by path; those not read now come from the served version."""
        return [corpus.records.get(path) or self._carried(path) for path in sorted(corpus.sources)]

    def _carried(self, path: str) -> DocumentRecord:
        if self.comparison.served is None:
            raise LookupError(f"{path!r} is carried over from no version")
        return self.comparison.served.record(doc_id_of(path))

    def _header(self, version: str, dimension: int) -> VersionHeader:
        rules, served = self.comparison.rules, self.comparison.served
        return VersionHeader(
            version=version,
            parent=None if served is None else served.version,
            encoder_id=rules.encoder_id,
            encoder_revision=rules.encoder_revision,
            dimension=dimension,
            parser=rules.parser,
            chunker=rules.chunker,
            tokenizer=rules.tokenizer,
            roots=tuple(str(root) for root in self.comparison.found.roots),
        )
