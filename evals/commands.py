"""``kb eval …``: measure a system by the cases of a suite.

The kb command hands in the product: an application to ask in this process, and what it is made of. This
package knows nothing of it but its public API.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from evals.product import Product

TOKEN_VARIABLE = "KB_EVAL_API_KEY"  # noqa: S105 - the name of a variable
"""Holds the key that is sent as a bearer token; never shown or stored."""

SuiteName = Annotated[str, typer.Argument(metavar="SUITE", help="A folder, or a name in evals/suites.")]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="Folder of the index. Default: KB_DATA_DIR, else ./data.", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Url = Annotated[
    str | None,
    typer.Option(
        help="Ask the kb-server at this address instead of one in this process.", show_default=False
    ),
]
RunFolder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished run.")]
SuiteOf = Annotated[
    str | None,
    typer.Option("--suite", help="Suite of the run. Default: the one that was run.", show_default=False),
]


def eval_app(product: Product) -> typer.Typer:
    """Build the commands around a product."""
    app = typer.Typer(name="eval", help="Measure answers by suites of cases.", no_args_is_help=True)
    _add_run(app, product)
    _add_lint(app, product)
    _add_compare(app)
    _add_gate(app)
    _add_bless(app)
    _add_report(app)
    _add_gen(app, product)
    _add_calibrate(app, product)
    _add_capture(app, product)
    _add_import(app)
    return app


def _add_run(app: typer.Typer, product: Product) -> None:
    @app.command()
    def run(
        suite: SuiteName,
        *,
        out: Annotated[Path, typer.Option(help="Folder for the records and the summary.")],
        url: Url = None,
        openai_url: Annotated[
            str | None,
            typer.Option(help="Ask another system: the address of an OpenAI-like API.", show_default=False),
        ] = None,
        model: Annotated[
            str | None, typer.Option(help="Model to name to --openai-url.", show_default=False)
        ] = None,
        filters: Annotated[
            list[str] | None,
            typer.Option(
                "--filter",
                "-f",
                help="tag:, id:, lang:, product:, owner:, answerability:, critical:, failed:DIR or "
                "errors:DIR; ! before it leaves these out.",
                show_default=False,
            ),
        ] = None,
        repeat: Annotated[
            int | None, typer.Option(min=1, help="Ask each case so often.", show_default=False)
        ] = None,
        concurrency: Annotated[
            int | None, typer.Option(min=1, help="Cases asked at once.", show_default=False)
        ] = None,
        timeout: Annotated[
            float | None, typer.Option(min=0.1, help="Seconds for one request.", show_default=False)
        ] = None,
        retries: Annotated[
            int | None, typer.Option(min=0, help="How often a request is tried again.", show_default=False)
        ] = None,
        cache: Annotated[
            bool | None,
            typer.Option(
                "--cache/--no-cache",
                help="Use answers given before. Default: in this process yes, behind a URL no.",
                show_default=False,
            ),
        ] = None,
        overwrite: Annotated[
            bool, typer.Option("--overwrite", help="Drop another run that --out holds.")
        ] = False,
        fail_on_failures: Annotated[
            bool, typer.Option("--fail-on-failures", help="Exit with 1 when a case fails.")
        ] = False,
        for_calibration: Annotated[
            bool,
            typer.Option(
                "--for-calibration", help="Accept any risk, so that `kb eval calibrate` sees every answer."
            ),
        ] = False,
        data_dir: DataDir = None,
        as_json: AsJson = False,
    ) -> None:
        """Ask every case of SUITE and measure the answers; run again, it goes on where it was cut off."""
        from evals.running.command import RunOptions, run_command

        options = RunOptions(
            suite=suite,
            out=out,
            url=url,
            openai_url=openai_url,
            model=model,
            filters=tuple(filters or ()),
            repeat=repeat,
            concurrency=concurrency,
            timeout_seconds=timeout,
            retries=retries,
            cache=cache,
            overwrite=overwrite,
            fail_on_failures=fail_on_failures,
            for_calibration=for_calibration,
            data_dir=data_dir,
            token=os.environ.get(TOKEN_VARIABLE, ""),
            as_json=as_json,
        )
        raise typer.Exit(run_command(options, product))


def _add_lint(app: typer.Typer, product: Product) -> None:
    @app.command()
    def lint(
        suite: SuiteName,
        *,
        url: Url = None,
        offline: Annotated[
            bool, typer.Option("--offline", help="Do not look whether pages and headings exist.")
        ] = False,
        data_dir: DataDir = None,
        as_json: AsJson = False,
    ) -> None:
        """Find what is wrong with cases of SUITE: unknown keys, stale places, duplicates, leaked answers."""
        from evals.linting.command import LintOptions, lint_command

        options = LintOptions(
            suite=suite,
            url=url,
            offline=offline,
            data_dir=data_dir,
            token=os.environ.get(TOKEN_VARIABLE, ""),
            as_json=as_json,
        )
        raise typer.Exit(lint_command(options, product))


def _add_compare(app: typer.Typer) -> None:
    @app.command()
    def compare(
        before: Annotated[Path, typer.Argument(metavar="BEFORE", help="Folder of a run or a baseline.")],
        after: Annotated[Path, typer.Argument(metavar="AFTER", help="Folder of the run to judge.")],
        *,
        metrics: Annotated[
            list[str] | None,
            typer.Option(
                "--metric", help="A measure that decides. Default: the eight main ones.", show_default=False
            ),
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        """Compare two runs of a suite case by case; exit with 1 when one got significantly worse."""
        from evals.comparing.command import compare_command

        raise typer.Exit(compare_command(before, after, metrics or (), as_json=as_json))


def _add_gate(app: typer.Typer) -> None:
    @app.command()
    def gate(
        folder: RunFolder,
        *,
        suite: SuiteOf = None,
        baseline: Annotated[
            Path | None,
            typer.Option(help="Baseline, or another run. Default: that of the suite.", show_default=False),
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        """Hold a run against the rules of its suite and its baseline; exit with 1 when one fails."""
        from evals.gating.command import gate_command

        raise typer.Exit(gate_command(folder, suite=suite, baseline=baseline, as_json=as_json))


def _add_bless(app: typer.Typer) -> None:
    @app.command()
    def bless(folder: RunFolder, *, suite: SuiteOf = None, as_json: AsJson = False) -> None:
        """Make a run the baseline of its suite, which later runs must not fall behind."""
        from evals.gating.command import bless_command

        raise typer.Exit(bless_command(folder, suite=suite, as_json=as_json))


def _add_report(app: typer.Typer) -> None:
    @app.command()
    def report(
        folder: RunFolder,
        *,
        html: Annotated[
            Path | None, typer.Option(help="File for a page that needs nothing else.", show_default=False)
        ] = None,
        junit: Annotated[
            Path | None, typer.Option(help="File for JUnit XML, for build servers.", show_default=False)
        ] = None,
        markdown: Annotated[
            Path | None,
            typer.Option("--md", help="File for Markdown, for a pull request.", show_default=False),
        ] = None,
        against: Annotated[
            Path | None,
            typer.Option(
                help="Baseline or run to compare with. Default: the baseline of the suite.",
                show_default=False,
            ),
        ] = None,
        suite: SuiteOf = None,
    ) -> None:
        """Write reports of a run."""
        from evals.reporting.command import ReportOptions, report_command

        options = ReportOptions(
            folder, html=html, junit=junit, markdown=markdown, against=against, suite=suite
        )
        raise typer.Exit(report_command(options))


def _add_gen(app: typer.Typer, product: Product) -> None:
    @app.command()
    def gen(
        corpus: Annotated[
            Path | None,
            typer.Argument(
                metavar="CORPUS", help="Folder of pages. Default: the published index.", show_default=False
            ),
        ] = None,
        *,
        out: Annotated[Path, typer.Option(help="New folder for the suite.")],
        kinds: Annotated[
            list[str] | None,
            typer.Option("--kind", help="Make only this kind; also several times.", show_default=False),
        ] = None,
        langs: Annotated[
            list[str] | None,
            typer.Option("--lang", help="Only pages in this language.", show_default=False),
        ] = None,
        count: Annotated[int, typer.Option(min=1, help="Cases of each kind and language, at most.")] = 20,
        seed: Annotated[int, typer.Option(help="Seed of all choices.")] = 0,
        overwrite: Annotated[
            bool, typer.Option("--overwrite", help="Drop the cases that --out holds.")
        ] = False,
        url: Url = None,
        data_dir: DataDir = None,
        as_json: AsJson = False,
    ) -> None:
        """Make a suite of the pages of CORPUS, by rules and a seed: no model writes a word of it."""
        from evals.generating.command import GenOptions, gen_command

        options = GenOptions(
            out=out,
            corpus=corpus,
            kinds=tuple(kinds or ()),
            langs=tuple(langs or ()),
            count=count,
            seed=seed,
            overwrite=overwrite,
            url=url,
            data_dir=data_dir,
            token=os.environ.get(TOKEN_VARIABLE, ""),
            as_json=as_json,
        )
        raise typer.Exit(gen_command(options, product))


def _add_calibrate(app: typer.Typer, product: Product) -> None:
    @app.command()
    def calibrate(
        runs: Annotated[
            list[Path],
            typer.Argument(metavar="DIR...", help="Folders of runs that were made with --for-calibration."),
        ],
        *,
        out: Annotated[Path, typer.Option(help="File for the confidence.")] = Path("confidence.json"),
        max_risk: Annotated[
            float | None,
            typer.Option(
                min=0,
                max=1,
                help="Also set the accepted risk. Default: that of the settings.",
                show_default=False,
            ),
        ] = None,
        html: Annotated[
            Path | None, typer.Option(help="File for a page with the curves.", show_default=False)
        ] = None,
        markdown: Annotated[
            Path | None, typer.Option("--md", help="File for the figures in Markdown.", show_default=False)
        ] = None,
        apply: Annotated[bool, typer.Option("--apply/--no-apply", help="Set the file in kb.toml.")] = True,
        as_json: AsJson = False,
    ) -> None:
        """Fit confidence and the threshold of answers to runs, and set both in the configuration."""
        from evals.calibrating.command import CalibrateOptions, calibrate_command

        options = CalibrateOptions(
            runs=tuple(runs),
            out=out,
            max_risk=max_risk,
            html=html,
            markdown=markdown,
            apply=apply,
            as_json=as_json,
        )
        raise typer.Exit(calibrate_command(options, product))


def _add_capture(app: typer.Typer, product: Product) -> None:
    @app.command()
    def capture(
        conversation: Annotated[
            str | None,
            typer.Argument(
                metavar="CONVERSATION", help="Id of a stored conversation; or --thumb.", show_default=False
            ),
        ] = None,
        *,
        out: Annotated[Path, typer.Option(help="Folder of the suite that gets the cases.")],
        thumb: Annotated[
            str | None, typer.Option(help="Take answers rated up or down.", show_default=False)
        ] = None,
        since: Annotated[
            str | None, typer.Option(help="Only answers from this date or moment on.", show_default=False)
        ] = None,
        mask: Annotated[
            list[str] | None,
            typer.Option(help="A name or word to mask; also several times.", show_default=False),
        ] = None,
        data_dir: DataDir = None,
        as_json: AsJson = False,
    ) -> None:
        """Make cases of stored answers, with personal data masked and the trace kept."""
        from evals.capturing.command import CaptureOptions, capture_command

        options = CaptureOptions(
            out=out,
            conversation=conversation,
            thumb=thumb,
            since=since,
            mask=tuple(mask or ()),
            data_dir=data_dir,
            as_json=as_json,
        )
        raise typer.Exit(capture_command(options, product))


def _add_import(app: typer.Typer) -> None:
    @app.command("import")
    def import_(
        layout: Annotated[
            str, typer.Argument(metavar="FORMAT", help="promptfoo, ragas, squad, beir or mtrag.")
        ],
        file: Annotated[Path, typer.Argument(metavar="FILE", help="File of that layout; a folder for beir.")],
        *,
        out: Annotated[Path, typer.Option(help="New folder for the suite.")],
        overwrite: Annotated[
            bool, typer.Option("--overwrite", help="Drop the cases that --out holds.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        """Make a suite of FILE, a data set in the layout FORMAT, and name what has no place in it."""
        from evals.importing.command import ImportOptions, import_command

        options = ImportOptions(layout, file, out, overwrite=overwrite, as_json=as_json)
        raise typer.Exit(import_command(options))
