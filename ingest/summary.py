"""The closing lines of an ingest for people: which pages changed, what to look at, what is served now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from ingest.report import IngestReport
from kb_server.counting import counted

NAMES_SHOWN = 10
"""Pages of one kind that are named; a writer changes few at a time, and JSON names all."""
SHARE_WORTH_A_WORD = 1 / 3
"""Of the pages served before; who loses more than that has rather named too few folders."""


def summary_of(report: IngestReport) -> list[str]:
    """Give the closing lines of a run for people."""
    counts = ", ".join(
        f"{getattr(report, name)} {name}" for name in ("added", "changed", "unchanged", "removed", "failed")
    )
    return [
        *_pages(report),
        f"{'Would change' if report.dry_run else 'Documents'}: {counts}.",
        *_loss(report),
        *_to_look_at(report),
        _outcome(report),
    ]


def _pages(report: IngestReport) -> list[str]:
    """Name the pages that changed; those of a first ingest only where it is tried out."""
    pages = report.pages
    first = report.added + report.failed > 0 and not (report.changed or report.unchanged or report.removed)
    arrived = {after for _, after in pages.moved}
    added = [] if first and not report.dry_run else [path for path in pages.added if path not in arrived]
    return [
        *_named("added", added),
        *_named("changed", pages.changed),
        *_named("moved", [f"{before} → {after}" for before, after in pages.moved]),
        *_named("removed", pages.gone),
    ]


def _named(what: str, names: Sequence[str]) -> list[str]:
    """Give a line for each name, and one for those above the limit.

    >>> _named("added", ["a.md"]), _named("added", [f"{i}.md" for i in range(12)])[-1]
    (['added: a.md'], 'added: and 2 more')
    """
    lines = [f"{what}: {name}" for name in names[:NAMES_SHOWN]]
    rest = len(names) - NAMES_SHOWN
    return [*lines, f"{what}: and {rest} more"] if rest > 0 else lines


def _loss(report: IngestReport) -> list[str]:
    gone = len(report.pages.gone)
    before = report.changed + report.unchanged + report.removed
    if not gone or gone <= before * SHARE_WORTH_A_WORD:
        return []
    lost = f"{gone} of {counted(before, 'page')} {'would be lost' if report.dry_run else 'lost'}"
    undo = "" if report.dry_run else "; `kb rollback` serves the version before again"
    return [f"{lost}: the paths of one command are the whole corpus{undo}."]


def _to_look_at(report: IngestReport) -> list[str]:
    lines = []
    if report.warnings:
        warnings = counted(len(report.warnings), "warning")
        lines.append(f"{warnings}: the files are served, look at them when you can.")
    if report.flagged:
        pages = len({place.path for place in report.flagged})
        lines.append(
            f"{counted(len(report.flagged), 'place')} in {counted(pages, 'document')} "
            f"{'is' if len(report.flagged) == 1 else 'are'} flagged: answers quote nothing of it."
        )
    if report.unread:
        suffixes = ", ".join(sorted({PurePosixPath(path).suffix.lower() for path in report.unread}))
        lines.append(
            f"{counted(len(report.unread), 'file')} skipped, such as {report.unread[0]}: "
            f"convert {suffixes} to Markdown, HTML or text."
        )
    return lines


def _outcome(report: IngestReport) -> str:
    held = f"{counted(report.documents, 'document')}, {counted(report.chunks, 'chunk')}"
    size = f"{held}, {report.encoded} encoded"
    if report.dry_run:
        return f"Dry run: nothing was published; {report.version or 'no version'} is served."
    if report.published:
        return f"Published {report.version}: {size}, {report.seconds:.1f} s."
    return f"Nothing to publish, {report.version} is up to date: {size}, {report.seconds:.1f} s."
