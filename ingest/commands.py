"""``kb ingest`` and ``kb chunks``: from arguments to an exit code."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from ingest import chunking, parsing
from ingest.encoding import EncoderWindow
from ingest.interruption import interruptible
from ingest.parsing.model import ParsedDocument, ParseError
from ingest.pipeline import ingest
from ingest.report import IngestReport
from ingest.reporting import PlainReporter, QuietReporter, Reporter, TerminalReporter
from ingest.scanning import UnreadableFileError, scan
from ingest.watching import changes
from kb_server.counting import counted
from kb_server.errors import EXIT_FINDINGS, EXIT_OK, KbError, SourceError
from kb_server.index.embedding import EncoderSource, encoder_source
from kb_server.index.layout import DataLayout
from kb_server.index.records import Chunk, doc_id_of, revision_of
from kb_server.settings import Settings


def run_ingest(
    paths: Sequence[Path],
    settings: Settings,
    *,
    as_json: bool = False,
    dry_run: bool = False,
    watch: bool = False,
    force: bool = False,
) -> int:
    """Ingest ``paths`` with the encoder of the settings and give the exit code; see ``run_with``."""
    source = encoder_source(settings, threads=settings.ingest_threads)
    return run_with(source, paths, settings, as_json=as_json, dry_run=dry_run, watch=watch, force=force)


def run_with(
    source: EncoderSource,
    paths: Sequence[Path],
    settings: Settings,
    *,
    as_json: bool = False,
    dry_run: bool = False,
    watch: bool = False,
    force: bool = False,
) -> int:
    """Ingest ``paths`` and say how it went: 0 fine, 1 some files failed, 130 or 143 interrupted.

    All other trouble is raised as a ``KbError``. With ``watch`` errors are only shown, the run goes on until
    Ctrl-C, and that is its proper end: 0.
    """
    reporter = reporter_for(as_json=as_json)

    def once() -> IngestReport:
        report = ingest(paths, settings, source, reporter=reporter, force=force, dry_run=dry_run)
        reporter.finish(report)
        if as_json:
            _print(report.to_json())
        return report

    with interruptible() as interruption:
        try:
            if watch:
                _keep_ingesting(once, paths, settings, reporter)
            return EXIT_FINDINGS if once().failed else EXIT_OK
        except KeyboardInterrupt:
            reporter.close()
            if watch and not interruption.terminated:
                return EXIT_OK
            reporter.trouble(f"kb: interrupted; {_what_is_served(settings)}.")
            return interruption.exit_code
        finally:
            reporter.close()


def ingest_for_program(paths: Sequence[Path], settings: Settings) -> IngestReport:
    """Ingest for another command: progress and trouble go to the error output, nothing to the output.

    Raises ``SourceError`` and ``PublishError``.
    """
    source = encoder_source(settings, threads=settings.ingest_threads)
    reporter: Reporter = QuietReporter(sys.stderr)
    if sys.stderr.isatty():
        reporter = TerminalReporter(Console(stderr=True), Console(stderr=True, quiet=True))
    try:
        return ingest(paths, settings, source, reporter=reporter)
    finally:
        reporter.close()


def reporter_for(*, as_json: bool) -> Reporter:
    """Choose how to report: a bar where a person looks on, lines in a pipe, only trouble beside JSON."""
    if as_json:
        return QuietReporter(sys.stderr)
    if sys.stderr.isatty():
        return TerminalReporter(Console(stderr=True), Console(highlight=False))
    return PlainReporter(sys.stderr, sys.stdout)


def _keep_ingesting(
    once: Callable[[], IngestReport], paths: Sequence[Path], settings: Settings, reporter: Reporter
) -> None:
    for _ in changes(paths, suffixes=parsing.SUFFIXES, data_dir=settings.data_dir):
        try:
            once()
        except KbError as error:
            reporter.trouble(f"kb: {error}")
        reporter.note("Waiting for changes; Ctrl-C ends.")


def _what_is_served(settings: Settings) -> str:
    try:
        version = DataLayout(settings.data_dir).current()
    except KbError as error:
        return str(error)
    return f"{version} is served" if version else "nothing is published yet"


def run_chunks(file: Path, settings: Settings, *, as_json: bool = False) -> int:
    """Show how ``file`` is cut into chunks; ``SourceError`` names the line where it cannot be read."""
    document, chunks, window = _cut(file, settings)
    rows = [_chunk_row(document, chunk, window) for chunk in chunks]
    if as_json:
        head = {"path": file.name, "title": document.title, "lang": document.lang}
        _print(json.dumps({**head, "metadata": document.metadata, "chunks": rows}, ensure_ascii=False))
        return EXIT_OK
    for number, row in enumerate(rows, start=1):
        heading = " › ".join((document.title, *row["heading_path"]))
        place = f"lines {row['line_start']}–{row['line_end']}"
        _print(
            f"{number}. {heading}  [{row['kind']}, {row['lang']}, {place}, {counted(row['tokens'], 'token')}]"
        )
        _print(textwrap.indent(row["text"], "   ") + "\n")
    _print(f"{document.title}: {counted(len(rows), 'chunk')}, {document.lang}, window {window.limit} tokens.")
    return EXIT_OK


def _cut(file: Path, settings: Settings) -> tuple[ParsedDocument, list[Chunk], EncoderWindow]:
    found = scan([file], suffixes=parsing.SUFFIXES, max_bytes=settings.max_file_bytes)
    if len(found.files) != 1:
        reason = "; ".join(map(str, found.failures)) or f"{str(file)!r} is a folder"
        raise SourceError(f"Cannot cut {str(file)!r}: {reason}.", remedy="Give one readable file.")
    (source,) = found.files
    try:
        document = parsing.parse(source.path, source.read(max_bytes=settings.max_file_bytes))
        window = EncoderWindow(encoder_source(settings, threads=settings.ingest_threads).load())
        doc_id, revision = doc_id_of(source.path), revision_of(document.text)
        return document, chunking.chunk(document, doc_id=doc_id, revision=revision, budget=window), window
    except (ParseError, UnreadableFileError) as error:
        raise SourceError(f"Cannot read {error}.", remedy="Mend the file at that place.") from error


def _chunk_row(document: ParsedDocument, chunk: Chunk, window: EncoderWindow) -> dict[str, Any]:
    text = document.text[chunk.char_start : chunk.char_end]
    return {
        "chunk_id": chunk.chunk_id,
        "kind": chunk.kind.value,
        "lang": chunk.lang,
        "heading_path": list(chunk.heading_path),
        "anchor": chunk.anchor,
        "char_start": chunk.char_start,
        "char_end": chunk.char_end,
        "line_start": document.source_map.line_at(chunk.char_start),
        "line_end": document.source_map.line_at(max(chunk.char_end - 1, chunk.char_start)),
        "tokens": window.count(chunking.encoder_input(chunk.context, text)),
        "context": chunk.context,
        "text": text,
    }


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command's output
