"""The address of the database: what ``KB_DATABASE_URL`` may be, and where SQLite keeps its file."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from kb_server.errors import InvalidRequestError
from kb_server.settings import Settings

FILE_NAME = "app.sqlite"
_POSTGRES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_SQLITE = frozenset({"sqlite", "sqlite+pysqlite"})


def database_url(settings: Settings) -> URL:
    """Give the address that ``settings`` name, by default ``app.sqlite`` in the data folder.

    Raises ``InvalidRequestError`` for anything that is neither a file of SQLite nor PostgreSQL.
    """
    if settings.database_url is None:
        return URL.create("sqlite", database=str(settings.data_dir / FILE_NAME))
    try:
        url = make_url(settings.database_url.get_secret_value())
    except (ArgumentError, ValueError) as error:
        raise _unfit("is not an address") from error
    if url.drivername in _POSTGRES:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in _SQLITE:
        raise _unfit(f"begins with {url.drivername!r}")
    if url.database in (None, "", ":memory:"):
        raise _unfit("names no file")
    return url.set(drivername="sqlite")


def sqlite_file(url: URL) -> Path | None:
    """Give the file of a SQLite database, None for another one."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def shown(url: URL) -> str:
    """Give the address as messages may show it, without its password."""
    return url.set(query={}).render_as_string(hide_password=True)


def _unfit(what: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"KB_DATABASE_URL {what}.",
        remedy="Use sqlite:////path/to/app.sqlite or postgresql://user:password@host/database.",
    )
