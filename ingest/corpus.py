"""What the new version will hold: documents read in this run and documents carried over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.diffing import Diff
from ingest.preparing import Prepared
from ingest.report import ChangedPages, Failure, FileWarning
from ingest.scanning import Scan
from kb_server.errors import TooManyFailuresError
from kb_server.index.writer import DocumentRecord

FAILURES_ALWAYS_ALLOWED = 5
FAILURE_SHARE_ALLOWED = 0.2
FAILURES_SHOWN = 5
KEPT = "the last good revision stays in the index"


@dataclass(frozen=True, slots=True)
class Corpus:
    """The documents of the new version, and what happened on the way."""

    sources: Mapping[str, str]
    """Path of each document → sha256 of the source bytes that it is made of."""
    records: Mapping[str, DocumentRecord]
    """Documents read in this run, by path; all other ``sources`` are carried over."""
    pages: ChangedPages
    unchanged: int
    failures: tuple[Failure, ...]
    warnings: tuple[FileWarning, ...]

    @classmethod
    def gather(cls, found: Scan, comparison: Diff, served: Mapping[str, str], prepared: Prepared) -> Corpus:
        """Put together what was read, what is unchanged, and the last good revisions of what failed."""
        broken = {failure.path for failure in prepared.failures}
        kept = {*comparison.kept, *(broken & served.keys())}
        carried = {path: served[path] for path in (*comparison.unchanged, *kept)}
        fresh = {path: record.source_sha256 for path, record in prepared.records.items()}
        failures = sorted((*found.failures, *prepared.failures), key=lambda failure: failure.path)
        added = tuple(path for path in comparison.added if path in fresh)
        return cls(
            sources=carried | fresh,
            records=prepared.records,
            pages=ChangedPages(
                added=added,
                changed=tuple(path for path in comparison.changed if path in fresh),
                removed=comparison.removed,
                moved=_moved({path: served[path] for path in comparison.removed}, added, fresh),
            ),
            unchanged=len(comparison.unchanged),
            failures=tuple(_with_consequence(failure, kept) for failure in failures),
            warnings=tuple(prepared.warnings),
        )

    def check_failures(self, files: int, *, force: bool) -> None:
        """Raise ``TooManyFailuresError`` when more than 5 and more than 20 % of ``files`` failed, or all did.

        ``force`` allows any number, but never an empty index.
        """
        failed = len(self.failures)
        allowed = max(FAILURES_ALWAYS_ALLOWED, int(FAILURE_SHARE_ALLOWED * files))
        if self.sources and (force or failed <= allowed):
            return
        first = "; ".join(str(failure) for failure in self.failures[:FAILURES_SHOWN])
        rest = f"; and {failed - FAILURES_SHOWN} more" if failed > FAILURES_SHOWN else ""
        rule = f"at most {allowed} may" if self.sources else "nothing is left to serve"
        raise TooManyFailuresError(
            f"{failed} of {files} files failed, {rule}: {first}{rest}.",
            remedy="Mend the files, or publish without them: `kb ingest --force`."
            if self.sources
            else "Mend the files, then run `kb ingest` again.",
        )


def _moved(
    removed: Mapping[str, str], added: Sequence[str], fresh: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Pair removed with added pages of the same bytes, each at most once.

    >>> _moved({"a.md": "1", "b.md": "2"}, ["c.md", "d.md"], {"c.md": "2", "d.md": "2"})
    (('b.md', 'c.md'),)
    """
    free: dict[str, list[str]] = {}
    for path in reversed(added):
        free.setdefault(fresh[path], []).append(path)
    return tuple(
        (before, free[sha256].pop()) for before, sha256 in sorted(removed.items()) if free.get(sha256)
    )


def _with_consequence(failure: Failure, kept: set[str]) -> Failure:
    """Say so where readers still get the last good revision of a failed file, or of files in that folder."""
    folder = "" if failure.path == "." else f"{failure.path}/"
    if failure.path in kept or any(path.startswith(folder) for path in kept):
        return replace(failure, reason=f"{failure.reason}; {KEPT}")
    return failure
