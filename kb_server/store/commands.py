"""``kb db``: the schema of the database, by hand."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from kb_server.command_line import AsJson, DataDir, load_settings
from kb_server.counting import counted

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

app = typer.Typer(help="Look after the database of conversations, feedback and keys.", no_args_is_help=True)


@contextlib.contextmanager
def opened(data_dir: Path | None, *, ready: bool = False) -> Iterator[Engine]:
    """Give the database of the settings for one command; ``ready`` wants the schema of this code."""
    from kb_server.store import schema
    from kb_server.store.address import database_url
    from kb_server.store.engine import open_engine

    engine = open_engine(database_url(load_settings(data_dir=data_dir)), connections=1)
    try:
        if ready:
            schema.require(engine)
        yield engine
    finally:
        engine.dispose()


@app.command()
def current(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show the schema that the database has, and the one that this kb-server wants."""
    from kb_server.store import schema
    from kb_server.store.address import shown

    with opened(data_dir) as engine:
        found, where = schema.current(engine), shown(engine.url)
    if as_json:
        typer.echo(json.dumps({"database": where, "schema": found, "wanted": schema.HEAD}))
        return
    state = "up to date" if found == schema.HEAD else f"this kb-server wants {schema.HEAD}"
    typer.echo(f"{where}: schema {found or 'none'}, {state}")


@app.command()
def upgrade(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Migrate the database to the schema of this kb-server; `kb serve` does the same at its start."""
    from kb_server.store import schema

    with opened(data_dir) as engine:
        changed = schema.upgrade(engine, schema.HEAD)
    _tell(schema.HEAD, changed=changed, as_json=as_json)


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="Schema to go back to, or `base` for no tables at all.")],
    *,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Migrate the database back to REVISION for an older kb-server; what only newer tables hold is lost."""
    from kb_server.store import schema

    with opened(data_dir) as engine:
        changed = schema.downgrade(engine, revision)
    _tell(revision, changed=changed, as_json=as_json)


@app.command()
def purge(
    *,
    days: Annotated[
        int | None,
        typer.Option(min=1, help="How long is kept. Default: KB_RETENTION_DAYS.", show_default=False),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Delete conversations and answers that nobody used for long; `kb serve` does the same every day."""
    from kb_server.store.retention import purge as purge_older

    kept_days = load_settings(data_dir=data_dir).retention_days if days is None else days
    with opened(data_dir, ready=True) as engine:
        removed = purge_older(engine, kept_days)
    typer.echo(
        json.dumps({"removed": removed})
        if as_json
        else f"Deleted {counted(removed, 'conversation or answer', 'conversations and answers')}."
    )


def _tell(revision: str, *, changed: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"schema": revision, "changed": changed}))
    else:
        typer.echo(f"The database {'now has' if changed else 'already has'} the schema {revision}.")
