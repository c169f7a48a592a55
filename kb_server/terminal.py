"""What the ``kb`` command prints: JSON for programs, text for people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from kb_server.answering.schemas import Answer, AnswerCitation
from kb_server.counting import counted
from kb_server.errors import EXIT_INFRASTRUCTURE, EXIT_OK, IndexDamagedError
from kb_server.index.layout import DataLayout
from kb_server.index.manifest import Manifest
from kb_server.index.records import anchored
from kb_server.index.verification import VerificationReport
from kb_server.search.schemas import Passage, SearchResponse
from kb_server.terminal_explanation import chunk_lines, duplicate_lines, query_lines, why_not_lines
from kb_server.verification.schemas import VerifyResponse

_QUOTE_CHARACTERS = 160
_VERSION_COLUMNS = ("version", "created_at", "documents", "chunks", "encoder", "problem")


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _place(path: str, line: int, anchor: str) -> str:
    return anchored(f"{path}:{line}", anchor)


def _shortened(text: str, limit: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def show_passages(found: SearchResponse, *, as_json: bool) -> None:
    """Print the passages of a search, best first."""
    if as_json:
        typer.echo(found.model_dump_json())
        return
    console = _console()
    for typed, meant in found.expanded_terms.items():
        console.print(f"[dim]No passage has {escape(typed)!r}: searched for {escape(meant)!r}.[/dim]")
    if found.explanation is not None:
        _show_lines(console, query_lines(found.explanation))
    if not found.passages:
        console.print("No passage matches.")
    for rank, passage in enumerate(found.passages, start=1):
        _show_passage(console, rank, passage)
    if found.why_not is not None:
        _show_lines(console, why_not_lines(found.why_not))


def _show_passage(console: Console, rank: int, passage: Passage) -> None:
    heading = " › ".join((passage.title, *passage.heading_path))
    place = _place(passage.path, passage.line_start, passage.anchor)
    stages = "  ".join(f"{stage} {score:.2f}" for stage, score in passage.scores.items())
    version = f"   {', '.join(passage.versions)}" if passage.versions else ""
    console.print(f"[bold]{rank}. {escape(heading)}[/bold]")
    console.print(f"   [dim]{escape(place)}   {passage.score:.2f}  ({stages}){escape(version)}[/dim]")
    console.print(Text(f"   {_shortened(passage.text, 2 * _QUOTE_CHARACTERS)}"))
    for line in duplicate_lines(passage.duplicates):
        console.print(Text(f"   {line}", style="dim"))
    if passage.explanation is not None:
        for line in chunk_lines(passage.explanation):
            console.print(Text(f"   {line}", style="cyan"))
    console.print()


def _show_lines(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(Text(line))
    console.print()


def show_answer(question: str, answer: Answer, *, as_json: bool) -> None:
    """Print an answer with its sources."""
    if as_json:
        typer.echo(answer.model_dump_json())
        return
    console = _console()
    console.print(f"[bold]{escape(question)}[/bold]\n")
    console.print(Text(answer.text))
    console.print()
    for number, citation in enumerate(answer.citations, start=1):
        _show_citation(console, number, citation)
    for page in answer.nearest:
        console.print(
            f"[dim]  {escape(' › '.join((page.title, *page.heading_path)))}  ({escape(page.path)})[/dim]"
        )
    reason = f" ({answer.reason})" if answer.reason else ""
    writer = f", {answer.generator}" if answer.usage else ""
    failed = f", no answer of the model ({answer.fallback})" if answer.fallback else ""
    summary = f"{answer.status}{reason}, confidence {answer.confidence:.2f}{writer}{failed}"
    console.print(f"[dim]{escape(summary)}[/dim]\n")


def show_verdict(verdict: VerifyResponse, *, as_json: bool) -> None:
    """Print what holds of an answer, sentence by sentence."""
    if as_json:
        typer.echo(verdict.model_dump_json())
        return
    console = _console()
    for sentence in verdict.sentences:
        console.print(f"[bold]{sentence.support:<12}[/bold] {escape(sentence.text)}")
        for finding in sentence.findings:
            instead = f"; the source says {finding.expected}" if finding.expected else ""
            console.print(f"[dim]{'':<12} {finding.check}: {escape(finding.value + instead)}[/dim]")
    for citation in verdict.citations:
        place = (
            f"  {citation.now.path} {citation.now.char_start}:{citation.now.char_end}" if citation.now else ""
        )
        console.print(f"[dim]{citation.status:<17} {escape(citation.id + place)}[/dim]")
    console.print(f"[dim]{verdict.supported} of {verdict.claims} claims hold in {verdict.version}[/dim]")


def _show_citation(console: Console, number: int, citation: AnswerCitation) -> None:
    heading = " › ".join((citation.title, *citation.heading_path))
    place = _place(citation.path, citation.line_start, citation.anchor)
    console.print(f"[cyan]\\[{number}][/cyan] {escape(heading)}  [dim]{escape(place)}[/dim]")
    console.print(Text(f"    “{_shortened(citation.quote, _QUOTE_CHARACTERS)}”", style="dim"))


def show_versions(layout: DataLayout, *, as_json: bool) -> int:
    """Print the kept versions, newest first, and mark the served and the unreadable ones; give the exit code.

    The list is complete even where ``CURRENT`` is damaged: it is what one chooses from to mend that.
    """
    current, code = None, EXIT_OK
    try:
        current = layout.current()
    except IndexDamagedError as error:
        typer.echo(f"kb: {error.message}\n    Run `kb rollback VERSION` with a version below.", err=True)
        code = EXIT_INFRASTRUCTURE
    rows = [_version_row(layout, version, current) for version in layout.versions()]
    if as_json:
        _print_json({"current": current, "versions": rows})
        return code
    if not rows:
        _console().print("Nothing is published yet: run `kb ingest PATH`.")
        return code
    cells = [[_version_cell(row, name) for name in _VERSION_COLUMNS] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row, values in zip(rows, cells, strict=True):
        aligned = "  ".join(value.ljust(width) for value, width in zip(values, widths, strict=True))
        typer.echo(f"{'→' if row['current'] else ' '} {aligned}".rstrip())
    return code


def _version_cell(row: dict[str, Any], name: str) -> str:
    if name not in {"documents", "chunks"}:
        return str(row[name])
    return "" if row["problem"] else counted(row[name], name.removesuffix("s"))


def _version_row(layout: DataLayout, version: str, current: str | None) -> dict[str, Any]:
    row: dict[str, Any] = {"version": version, "current": version == current}
    try:
        manifest = Manifest.read(layout.version_path(version))
    except IndexDamagedError as error:
        return row | {"created_at": "", "documents": 0, "chunks": 0, "encoder": "", "problem": str(error)}
    return row | {
        "created_at": manifest.created_at,
        "documents": manifest.documents,
        "chunks": manifest.chunks,
        "encoder": manifest.encoder_id,
        "problem": "",
    }


def show_rollback(version: str, *, as_json: bool) -> None:
    """Print which version is served from now on."""
    if as_json:
        _print_json({"version": version})
        return
    _console().print(f"Serving {version} again.")


def show_check(report: VerificationReport, *, as_json: bool) -> int:
    """Print what a re-read of the published version found; give the exit code."""
    if as_json:
        _print_json(asdict(report))
    else:
        for problem in report.problems:
            typer.echo(f"{report.version}: {problem}", err=True)
        if not report.problems:
            _console().print(
                f"{report.version} is whole: {counted(report.documents, 'document')}, "
                f"{counted(report.chunks, 'chunk')}."
            )
    return EXIT_INFRASTRUCTURE if report.problems else EXIT_OK
