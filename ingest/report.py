"""What an ingest says about itself: failures, warnings and the final report."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from kb_server.index.records import FlagKind


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read or understood; the run went on without it."""

    path: str
    line: int
    """1-based; 0 when the reason concerns the file as a whole."""
    reason: str

    def __str__(self) -> str:
        """Give ``path:line: reason``, as compilers do, so that editors can jump there.

        >>> str(Failure("en/a.md", 3, "not UTF-8"))
        'en/a.md:3: not UTF-8'
        >>> str(Failure("en/a.md", 0, "not readable"))
        'en/a.md: not readable'
        """
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class FileWarning:
    """Something a writer should look at; the file is served all the same."""

    path: str
    line: int
    """1-based; 0 when the message concerns the file as a whole."""
    message: str

    def __str__(self) -> str:
        """Give ``path:line: warning: message``.

        >>> str(FileWarning("en/a.md", 3, "unknown tag"))
        'en/a.md:3: warning: unknown tag'
        >>> str(FileWarning("en/a.md", 0, "holds no text"))
        'en/a.md: warning: holds no text'
        """
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: warning: {self.message}"


@dataclass(frozen=True, slots=True)
class FlaggedPlace:
    """A stretch of a served page that answers do not quote."""

    path: str
    line: int
    kind: FlagKind
    text: str
    """How it begins; empty where what was found is no part of the text."""

    def __str__(self) -> str:
        """Give ``path:line: flagged: kind: text``.

        >>> str(FlaggedPlace("en/a.md", 3, FlagKind.HIDDEN_TEXT, "Free for all"))
        'en/a.md:3: flagged: hidden_text: Free for all'
        """
        return f"{self.path}:{self.line}: flagged: {self.kind}{': ' if self.text else ''}{self.text}"


@dataclass(frozen=True, slots=True)
class ChangedPages:
    """Which pages an ingest added, changed and removed, as sorted paths."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    """The removed path and the added path of each page that has the same bytes under another name."""

    @property
    def gone(self) -> tuple[str, ...]:
        """Removed pages that are not there under another name either."""
        return tuple(sorted(set(self.removed) - {before for before, _ in self.moved}))


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The outcome of one ingest; counts are documents unless the name says otherwise."""

    version: str
    """The version that is served after the run (for a dry run: before it); empty when there is none."""
    documents: int
    chunks: int
    encoded: int
    """Chunks that the encoder really had to read."""
    added: int
    changed: int
    unchanged: int
    removed: int
    failed: int
    seconds: float
    published: bool
    """False when nothing had to change, and for a dry run."""
    failures: tuple[Failure, ...] = ()
    warnings: tuple[FileWarning, ...] = ()
    dry_run: bool = False
    flagged: tuple[FlaggedPlace, ...] = ()
    """In all documents of the version, whether they were read in this run or not."""
    pages: ChangedPages = ChangedPages()
    unread: tuple[str, ...] = ()
    """Files of formats that people take for documents and that are not read, such as PDF."""

    def to_json(self) -> str:
        """Give the report as one line of JSON; of the warnings only their number."""
        fields = dataclasses.asdict(self)
        fields["seconds"] = round(self.seconds, 3)
        fields["warnings"] = len(self.warnings)
        return json.dumps(fields, ensure_ascii=False)
