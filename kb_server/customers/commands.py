"""``kb customers``: answer the privacy requests of one customer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kb_server.command_line import AsJson, DataDir
from kb_server.counting import counted
from kb_server.store.commands import opened

app = typer.Typer(help="Hand over or erase what is kept of one customer.", no_args_is_help=True)

CustomerName = Annotated[str, typer.Argument(help="The customer, as the questions named it.")]


@app.command()
def export(
    customer_id: CustomerName,
    *,
    out: Annotated[
        Path | None, typer.Option(help="File to write; default: the output.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print all that is kept of CUSTOMER_ID as one JSON object."""
    from kb_server.customers import repository
    from kb_server.store.engine import transaction

    with opened(data_dir, ready=True) as engine, transaction(engine, writing=False) as connection:
        kept = repository.export(connection, customer_id).model_dump_json(indent=2)
    if out is None:
        typer.echo(kept)
    else:
        out.write_text(kept + "\n", encoding="utf-8")


@app.command()
def erase(
    customer_id: CustomerName,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Erase all that is kept of CUSTOMER_ID, from the files of the database too."""
    from kb_server.customers import repository
    from kb_server.store.engine import transaction
    from kb_server.store.scrubbing import scrub

    if not yes:
        typer.confirm(f"Erase all that is kept of {customer_id!r}?", abort=True)
    with opened(data_dir, ready=True) as engine:
        with transaction(engine, writing=True) as connection:
            done = repository.erase(connection, customer_id)
        scrub(engine)
    if as_json:
        typer.echo(done.model_dump_json())
    else:
        typer.echo(
            f"Erased {counted(done.conversations, 'conversation')}, {counted(done.answers, 'answer')}, "
            f"{counted(done.feedback, 'piece of feedback', 'pieces of feedback')}."
        )
