"""Bring the database to the schema of this code, or say why that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from kb_server.errors import InvalidRequestError, StoreMismatchError
from kb_server.store.address import shown
from kb_server.store.engine import transaction

HEAD = "0003"
"""The last migration; written here too, as loading the migrations takes longer than a start should."""
_MIGRATION_LOCK = 5_472_011
"""Key of the lock that PostgreSQL holds for a migration; any number that no other program takes."""
_VERSION_TABLE = "alembic_version"
_WHERE = Path(__file__).parent / "migrations"


def current(engine: Engine) -> str | None:
    """Give the revision of the database, None where it has no tables of ours."""
    with transaction(engine, writing=False) as connection:
        return _revision(connection)


def ensure(engine: Engine) -> None:
    """Migrate to ``HEAD`` unless it is there; processes that start at once wait for each other.

    Raises ``StoreMismatchError`` for a schema that only newer code knows.
    """
    upgrade(engine, HEAD)


def require(engine: Engine) -> None:
    """Raise ``StoreMismatchError`` unless the database is at ``HEAD``."""
    revision = current(engine)
    if revision != HEAD:
        raise StoreMismatchError(
            f"The database {shown(engine.url)} has the schema {revision or 'none'}, this code has {HEAD}.",
            remedy="Run `kb db upgrade`, or start the server, which does the same.",
        )


def upgrade(engine: Engine, revision: str) -> bool:
    """Migrate up to ``revision``; tell whether anything was to do."""
    with transaction(engine, writing=True) as connection:
        _wait_for_turn(connection)
        before = _revision(connection)
        if before == HEAD:
            return False
        _known(engine, before)
        _known(engine, revision)
        _run(connection, "upgrade", revision)
        return _revision(connection) != before


def downgrade(engine: Engine, revision: str) -> bool:
    """Migrate down to ``revision``, or ``base`` for no tables at all; tell whether anything was to do."""
    with transaction(engine, writing=True) as connection:
        _wait_for_turn(connection)
        before = _revision(connection)
        _known(engine, before)
        if revision != "base":
            _known(engine, revision)
        _run(connection, "downgrade", revision)
        return _revision(connection) != before


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    return found


def _wait_for_turn(connection: Connection) -> None:
    # SQLite has its one lock for writing already.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})


def _known(engine: Engine, revision: str | None) -> None:
    from alembic.script import ScriptDirectory

    names = [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]
    if revision is None or revision in names:
        return
    raise StoreMismatchError(
        f"The schema {revision!r} is unknown to this kb-server, which has {', '.join(reversed(names))}.",
        remedy=(
            f"If {shown(engine.url)} was written by a newer kb-server, run that one, or have it run "
            f"`kb db downgrade {HEAD}`."
        ),
    )


def _run(connection: Connection, command: str, revision: str) -> None:
    from alembic import command as alembic_command
    from alembic.util import CommandError

    try:
        getattr(alembic_command, command)(_config(connection), revision)
    except CommandError as error:
        raise InvalidRequestError(
            f"Cannot {command} to {revision!r}: {error}.", remedy="`kb db current` shows where it is."
        ) from error


def _config(connection: Connection | None = None) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_WHERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
