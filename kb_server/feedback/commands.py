"""``kb feedback``: take what people think of answers to where it is worked on."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from kb_server.command_line import DataDir
from kb_server.store.commands import opened

app = typer.Typer(help="Export what people think of answers.", no_args_is_help=True)


@app.callback()
def _feedback() -> None:
    """Keep `export` a command of its own while it is the only one."""


@app.command()
def export(
    *,
    out: Annotated[
        Path | None, typer.Option(help="File to write; default: the output.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print all feedback with its question and answer, one JSON object a line, oldest first."""
    from kb_server.feedback import repository
    from kb_server.store.engine import transaction

    with contextlib.ExitStack() as stack:
        file = stack.enter_context(out.open("w", encoding="utf-8")) if out else sys.stdout
        engine = stack.enter_context(opened(data_dir, ready=True))
        connection = stack.enter_context(transaction(engine, writing=False))
        for entry in repository.everything(connection):
            file.write(entry.model_dump_json() + "\n")
