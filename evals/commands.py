"""``kb eval …``: measure a system by the cases of a suite.

The kb command hands in the product: an application to ask in this process, and what it is made of. This
package knows nothing of it but its public API. What a command takes stands in ``evals.options``.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import MISSING, fields
from types import GenericAlias
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import typer

from evals.options import (
    BlessOptions,
    CalibrateOptions,
    CaptureOptions,
    CompareOptions,
    GateOptions,
    GenOptions,
    ImportOptions,
    LintOptions,
    ReportOptions,
    RunOptions,
)
from evals.product import Product

TOKEN_VARIABLE = "KB_EVAL_API_KEY"  # noqa: S105 - the name of a variable
"""Holds the key that is sent as a bearer token; never shown or stored."""

Options = TypeVar("Options")


def eval_app(product: Product) -> typer.Typer:
    """Build the commands around a product."""
    app = typer.Typer(name="eval", help="Measure answers by suites of cases.", no_args_is_help=True)
    _declare(app, product, "run", RunOptions, _run)
    _declare(app, product, "lint", LintOptions, _lint)
    _declare(app, product, "compare", CompareOptions, _compare)
    _declare(app, product, "gate", GateOptions, _gate)
    _declare(app, product, "bless", BlessOptions, _bless)
    _declare(app, product, "report", ReportOptions, _report)
    _declare(app, product, "gen", GenOptions, _gen)
    _declare(app, product, "calibrate", CalibrateOptions, _calibrate)
    _declare(app, product, "capture", CaptureOptions, _capture)
    _declare(app, product, "import", ImportOptions, _import)
    return app


def _declare(
    app: typer.Typer,
    product: Product,
    name: str,
    options: type[Options],
    command: Callable[[Options, Product], int],
) -> None:
    """Add a command whose arguments and options are the fields of a class, and its help the docstring."""
    parameters = _parameters(options)
    has_token = "token" in get_type_hints(options)

    def call(**given: Any) -> None:
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
        if has_token:
            values["token"] = os.environ.get(TOKEN_VARIABLE, "")
        raise typer.Exit(command(options(**values), product))

    call.__doc__ = command.__doc__
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    app.command(name)(call)


def _parameters(options: Any) -> list[inspect.Parameter]:
    """Give a parameter for each declared field; what is given several times reaches typer as a list."""
    hints = get_type_hints(options, include_extras=True)
    found = []
    for field in fields(options):
        hint, default = hints[field.name], field.default
        if get_origin(hint) is not Annotated:
            continue
        kind, declared = get_args(hint)
        if get_origin(kind) is tuple:
            hint = Annotated[GenericAlias(list, get_args(kind)[:1]), declared]
            default = [] if default == () else default
        given = inspect.Parameter.empty if default is MISSING else default
        found.append(
            inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=given, annotation=hint)
        )
    return found


def _run(options: RunOptions, product: Product) -> int:
    """Ask every case of SUITE and measure the answers; run again, it goes on where it was cut off."""
    from evals.running.command import run_command

    return run_command(options, product)


def _lint(options: LintOptions, product: Product) -> int:
    """Find what is wrong with cases of SUITE: unknown keys, stale places, duplicates, leaked answers."""
    from evals.linting.command import lint_command

    return lint_command(options, product)


def _compare(options: CompareOptions, _: Product) -> int:
    """Compare two runs of a suite case by case; exit with 1 when one got significantly worse."""
    from evals.comparing.command import compare_command

    return compare_command(options.before, options.after, options.metrics, as_json=options.as_json)


def _gate(options: GateOptions, _: Product) -> int:
    """Hold a run against the rules of its suite and its baseline; exit with 1 when one fails."""
    from evals.gating.command import gate_command

    return gate_command(
        options.folder, suite=options.suite, baseline=options.baseline, as_json=options.as_json
    )


def _bless(options: BlessOptions, _: Product) -> int:
    """Make a run the baseline of its suite, which later runs must not fall behind."""
    from evals.gating.command import bless_command

    return bless_command(options.folder, suite=options.suite, as_json=options.as_json)


def _report(options: ReportOptions, _: Product) -> int:
    """Write reports of a run."""
    from evals.reporting.command import report_command

    return report_command(options)


def _gen(options: GenOptions, product: Product) -> int:
    """Make a suite of the pages of CORPUS, by rules and a seed: no model writes a word of it."""
    from evals.generating.command import gen_command

    return gen_command(options, product)


def _calibrate(options: CalibrateOptions, product: Product) -> int:
    """Fit confidence and the threshold of answers to runs, and set both in the configuration."""
    from evals.calibrating.command import calibrate_command

    return calibrate_command(options, product)


def _capture(options: CaptureOptions, product: Product) -> int:
    """Make cases of stored answers, with personal data masked and the trace kept."""
    from evals.capturing.command import capture_command

    return capture_command(options, product)


def _import(options: ImportOptions, _: Product) -> int:
    """Make a suite of FILE, a data set in the layout FORMAT, and name what has no place in it."""
    from evals.importing.command import import_command

    return import_command(options)
