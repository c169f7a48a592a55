"""Turn source files into document records, each file in isolation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ingest import chunking, parsing, trust
from ingest.chunking import TokenBudget
from ingest.parsing.model import ParsedDocument, ParseError
from ingest.report import Failure, FileWarning
from ingest.scanning import SourceFile, UnreadableFileError
from kb_server.index.records import Document, Revision, doc_id_of, revision_of
from kb_server.index.writer import DocumentRecord

# What the content of one file can do to a parser or the chunker. Anything else concerns the whole run.
_FILE_ERRORS = (ValueError, LookupError, TypeError, AttributeError, AssertionError)

_EMPTY = "holds no text, so nothing of it can be found"


@dataclass(slots=True)
class Prepared:
    """The outcome of parsing and chunking."""

    records: dict[str, DocumentRecord] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    warnings: list[FileWarning] = field(default_factory=list)


def prepare(
    files: Sequence[SourceFile],
    *,
    max_bytes: int,
    budget: Callable[[], TokenBudget] | None,
    progress: Callable[[int, int], None],
) -> Prepared:
    """Parse and chunk ``files``; one that cannot be read or understood becomes a ``Failure``.

    ``budget`` is asked only when there is something to chunk: it may load the encoder. Without one the
    records have no chunks.
    """
    prepared = Prepared()
    for done, file in enumerate(files):
        progress(done, len(files))
        try:
            data = file.read(max_bytes=max_bytes)
            parsed = parsing.parse(file.path, data)
            prepared.records[file.path] = _record(file, data, parsed, budget)
        except (ParseError, UnreadableFileError, RecursionError, MemoryError, *_FILE_ERRORS) as error:
            prepared.failures.append(_failure(file.path, error))
        else:
            prepared.warnings.extend(
                FileWarning(file.path, warning.line, warning.message) for warning in parsed.warnings
            )
            if not parsed.blocks:
                prepared.warnings.append(FileWarning(file.path, 0, _EMPTY))
    if files:
        progress(len(files), len(files))
    return prepared


def _record(
    file: SourceFile, data: bytes, parsed: ParsedDocument, budget: Callable[[], TokenBudget] | None
) -> DocumentRecord:
    doc_id, revision = doc_id_of(file.path), revision_of(parsed.text)
    flags = trust.inspect(file.path, data, parsed)
    parsed = trust.with_safe_names(parsed, file.path)
    chunks = chunking.chunk(parsed, doc_id=doc_id, revision=revision, budget=budget()) if budget else ()
    return DocumentRecord(
        document=Document(
            doc_id=doc_id,
            path=file.path,
            title=parsed.title,
            lang=parsed.lang,
            revision=revision,
            metadata=parsed.metadata,
        ),
        revision=Revision(doc_id, revision, parsed.text, parsed.source_map, flags),
        chunks=tuple(chunks),
        source_sha256=file.sha256,
    )


def _failure(path: str, error: Exception) -> Failure:
    if isinstance(error, ParseError):
        return Failure(path, error.line, error.reason)
    if isinstance(error, UnreadableFileError):
        return Failure(path, 0, str(error))
    if isinstance(error, RecursionError):
        return Failure(path, 0, "nested too deeply to be read")
    if isinstance(error, MemoryError):
        return Failure(path, 0, "needs more memory than there is")
    return Failure(path, 0, f"the reader stumbled over its content ({type(error).__name__}: {error})")
