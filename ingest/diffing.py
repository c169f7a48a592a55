"""Compare the scanned files with the version that is served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ingest.report import Failure
from ingest.scanning import SourceFile


@dataclass(frozen=True, slots=True)
class Diff:
    """What an ingest has to do, as sorted paths."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    """Served before, not readable now: the last good revision stays."""

    @property
    def to_parse(self) -> tuple[str, ...]:
        """Paths whose bytes must be read again."""
        return tuple(sorted((*self.added, *self.changed)))


def diff(
    files: Iterable[SourceFile],
    failures: Iterable[Failure],
    served: Mapping[str, str],
    *,
    same_rules: bool,
) -> Diff:
    """Tell added, changed, unchanged and removed documents apart.

    ``served`` maps the path of each served document to the sha256 of its source. With ``same_rules``
    false (another parser, chunker or encoder) every document that is still there counts as changed.
    """
    current = {file.path: file.sha256 for file in files}
    failed = {failure.path for failure in failures}
    gone = [path for path in served if path not in current]
    kept = {path for path in gone if _is_covered(path, failed)}
    unchanged = {path for path, sha256 in current.items() if same_rules and served.get(path) == sha256}
    return Diff(
        added=tuple(sorted(current.keys() - served.keys())),
        changed=tuple(sorted((current.keys() & served.keys()) - unchanged)),
        unchanged=tuple(sorted(unchanged)),
        removed=tuple(sorted(set(gone) - kept)),
        kept=tuple(sorted(kept)),
    )


def _is_covered(path: str, failed: set[str]) -> bool:
    """Say whether ``path`` or a folder above it could not be read.

    >>> _is_covered("en/guide/a.md", {"en/guide"}), _is_covered("en/guide.md", {"en/guide"})
    (True, False)
    """
    parts = path.split("/")
    return "." in failed or any("/".join(parts[:depth]) in failed for depth in range(1, len(parts) + 1))
