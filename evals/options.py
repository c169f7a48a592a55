"""What the ``kb eval`` commands take, as data: a field of a class is an argument or option of a command.

Fields that are annotated with ``typer.Argument`` or ``typer.Option`` are declared from here by
``evals.commands``; a ``tuple`` is given several times. The others never come from a command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer


def _optional(*names: str, about: str, **more: Any) -> Any:
    """Declare an option whose default its text tells."""
    return typer.Option(*names, help=about, show_default=False, **more)


SuiteName = Annotated[str, typer.Argument(metavar="SUITE", help="A folder, or a name in evals/suites.")]
RunFolder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished run.")]
DataDir = Annotated[
    Path | None, _optional("--data-dir", about="Folder of the index. Default: KB_DATA_DIR, else ./data.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Url = Annotated[
    str | None, _optional(about="Ask the kb-server at this address instead of one in this process.")
]
SuiteOf = Annotated[
    str | None, _optional("--suite", about="Suite of the run. Default: the one that was run.")
]
NewSuite = Annotated[Path, typer.Option(help="New folder for the suite.")]
DropCases = Annotated[bool, typer.Option("--overwrite", help="Drop the cases that --out holds.")]
Filters = Annotated[
    tuple[str, ...],
    _optional(
        "--filter",
        "-f",
        about="tag:, id:, lang:, product:, owner:, answerability:, critical:, failed:DIR or errors:DIR; "
        "! before it leaves these out.",
    ),
]
Cache = Annotated[
    bool | None,
    _optional(
        "--cache/--no-cache",
        about="Use answers given before. Default: in this process yes, behind a URL no.",
    ),
]
ForCalibration = Annotated[
    bool,
    typer.Option("--for-calibration", help="Accept any risk, so that `kb eval calibrate` sees every answer."),
]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a suite is asked; None takes what the suite says."""

    suite: SuiteName
    out: Annotated[Path, typer.Option(help="Folder for the records and the summary.")]
    url: Url = None
    openai_url: Annotated[
        str | None, _optional(about="Ask another system: the address of an OpenAI-like API.")
    ] = None
    model: Annotated[str | None, _optional(about="Model to name to --openai-url.")] = None
    filters: Filters = ()
    repeat: Annotated[int | None, _optional(about="Ask each case so often.", min=1)] = None
    concurrency: Annotated[int | None, _optional(about="Cases asked at once.", min=1)] = None
    timeout_seconds: Annotated[
        float | None, _optional("--timeout", about="Seconds for one request.", min=0.1)
    ] = None
    retries: Annotated[int | None, _optional(about="How often a request is tried again.", min=0)] = None
    cache: Cache = None
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Drop another run that --out holds.")] = False
    fail_on_failures: Annotated[
        bool, typer.Option("--fail-on-failures", help="Exit with 1 when a case fails.")
    ] = False
    for_calibration: ForCalibration = False
    data_dir: DataDir = None
    as_json: AsJson = False
    token: str = ""


@dataclass(frozen=True, slots=True)
class LintOptions:
    """What is looked at, and which pages it is held against."""

    suite: SuiteName
    url: Url = None
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not look whether pages and headings exist.")
    ] = False
    data_dir: DataDir = None
    as_json: AsJson = False
    token: str = ""


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """Two runs, and what decides between them."""

    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="Folder of a run or a baseline.")]
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="Folder of the run to judge.")]
    metrics: Annotated[
        tuple[str, ...],
        _optional("--metric", about="A measure that decides. Default: the eight main ones."),
    ] = ()
    as_json: AsJson = False


@dataclass(frozen=True, slots=True)
class GateOptions:
    """A run, and what it is held against."""

    folder: RunFolder
    suite: SuiteOf = None
    baseline: Annotated[
        Path | None, _optional(about="Baseline, or another run. Default: that of the suite.")
    ] = None
    as_json: AsJson = False


@dataclass(frozen=True, slots=True)
class BlessOptions:
    """The run that later ones are held against."""

    folder: RunFolder
    suite: SuiteOf = None
    as_json: AsJson = False


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Which reports of a run are written, and where."""

    folder: RunFolder
    html: Annotated[Path | None, _optional(about="File for a page that needs nothing else.")] = None
    junit: Annotated[Path | None, _optional(about="File for JUnit XML, for build servers.")] = None
    markdown: Annotated[Path | None, _optional("--md", about="File for Markdown, for a pull request.")] = None
    against: Annotated[
        Path | None,
        _optional(about="Baseline or run to compare with. Default: the baseline of the suite."),
    ] = None
    suite: SuiteOf = None


@dataclass(frozen=True, slots=True)
class GenOptions:
    """Which pages cases are made of, and how many."""

    out: NewSuite
    corpus: Annotated[
        Path | None,
        typer.Argument(
            metavar="CORPUS", help="Folder of pages. Default: the published index.", show_default=False
        ),
    ] = None
    kinds: Annotated[
        tuple[str, ...], _optional("--kind", about="Make only this kind; also several times.")
    ] = ()
    langs: Annotated[tuple[str, ...], _optional("--lang", about="Only pages in this language.")] = ()
    count: Annotated[int, typer.Option(min=1, help="Cases of each kind and language, at most.")] = 20
    seed: Annotated[int, typer.Option(help="Seed of all choices.")] = 0
    overwrite: DropCases = False
    url: Url = None
    data_dir: DataDir = None
    as_json: AsJson = False
    token: str = ""


@dataclass(frozen=True, slots=True)
class CalibrateOptions:
    """Runs to learn from, and where what was learnt goes."""

    runs: Annotated[
        tuple[Path, ...],
        typer.Argument(metavar="DIR...", help="Folders of runs that were made with --for-calibration."),
    ]
    out: Annotated[Path, typer.Option(help="File for the confidence.")] = Path("confidence.json")
    max_risk: Annotated[
        float | None,
        _optional(about="Also set the accepted risk. Default: that of the settings.", min=0, max=1),
    ] = None
    html: Annotated[Path | None, _optional(about="File for a page with the curves.")] = None
    markdown: Annotated[Path | None, _optional("--md", about="File for the figures in Markdown.")] = None
    apply: Annotated[bool, typer.Option("--apply/--no-apply", help="Set the file in kb.toml.")] = True
    as_json: AsJson = False


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """Which stored answers become cases, and what is masked in them."""

    out: Annotated[Path, typer.Option(help="Folder of the suite that gets the cases.")]
    conversation: Annotated[
        str | None,
        typer.Argument(
            metavar="CONVERSATION", help="Id of a stored conversation; or --thumb.", show_default=False
        ),
    ] = None
    thumb: Annotated[str | None, _optional(about="Take answers rated up or down.")] = None
    since: Annotated[str | None, _optional(about="Only answers from this date or moment on.")] = None
    mask: Annotated[tuple[str, ...], _optional(about="A name or word to mask; also several times.")] = ()
    data_dir: DataDir = None
    as_json: AsJson = False


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """A data set of another tool, and the suite that it becomes."""

    format: Annotated[str, typer.Argument(metavar="FORMAT", help="promptfoo, ragas, squad, beir or mtrag.")]
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File of that layout; a folder for beir.")]
    out: NewSuite
    overwrite: DropCases = False
    as_json: AsJson = False
