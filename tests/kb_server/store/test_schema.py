"""The schema goes up and down on SQLite and PostgreSQL, and says what it cannot work with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, inspect, select, text

from kb_server.cli import run
from kb_server.errors import (
    EXIT_BAD_INPUT,
    EXIT_INFRASTRUCTURE,
    EXIT_OK,
    InvalidRequestError,
    StoreMismatchError,
    StoreUnavailableError,
)
from kb_server.settings import Settings
from kb_server.store import schema
from kb_server.store.address import database_url as address_of
from kb_server.store.address import shown
from kb_server.store.database import prepare_database
from kb_server.store.engine import open_engine, transaction
from kb_server.store.tables import Conversation, Table

NOW = datetime.now(UTC)
CONVERSATION = {"id": "c", "owner": "o", "title": "제목", "turns": 0, "created_at": NOW, "updated_at": NOW}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(address_of(Settings(database_url=database_url)), connections=2)
    yield engine
    engine.dispose()


def tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_schema_goes_up_and_down_and_up_again(engine: Engine) -> None:
    assert schema.current(engine) is None
    for _ in range(2):
        assert schema.upgrade(engine, schema.HEAD)
        assert schema.current(engine) == schema.HEAD
        assert tables(engine) == set(Table.metadata.tables)

        assert schema.downgrade(engine, "base")
        assert schema.current(engine) is None
        assert tables(engine) == set()


def test_migrated_tables_are_those_of_the_code(engine: Engine) -> None:
    schema.ensure(engine)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_head_is_the_last_migration() -> None:
    assert ScriptDirectory(str(Path(schema.__file__).parent / "migrations")).get_current_head() == schema.HEAD


def test_processes_that_start_at_once_wait_for_each_other(database_url: str) -> None:
    program = (
        "import sys; from kb_server.settings import Settings; from kb_server.store import database;"
        "database.prepare_database(Settings(database_url=sys.argv[1]))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, database_url], stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    assert [(process.communicate()[1], process.returncode) for process in started] == [("", 0)] * 2
    engine = open_engine(address_of(Settings(database_url=database_url)), connections=1)
    assert schema.current(engine) == schema.HEAD
    engine.dispose()


def test_schema_of_newer_code_is_refused_and_left_alone(engine: Engine, database_url: str) -> None:
    schema.ensure(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreMismatchError, match="'9999' is unknown to this kb-server"):
        prepare_database(Settings(database_url=database_url))
    with pytest.raises(StoreMismatchError, match="kb db upgrade"):
        schema.require(engine)
    assert schema.current(engine) == "9999"
    assert tables(engine) == set(Table.metadata.tables)


def test_schema_that_a_migration_cannot_reach_is_named(engine: Engine) -> None:
    schema.ensure(engine)

    with pytest.raises(StoreMismatchError, match="'0999' is unknown"):
        schema.downgrade(engine, "0999")


def test_kb_db_tells_and_changes_the_schema(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KB_DATABASE_URL", database_url)

    def said(*words: str) -> object:
        assert run(["db", *words, "--json"]) == EXIT_OK
        return json.loads(capsys.readouterr().out)

    where = shown(address_of(Settings()))
    assert said("current") == {"database": where, "schema": None, "wanted": schema.HEAD}
    assert said("upgrade") == {"schema": schema.HEAD, "changed": True}
    assert said("upgrade") == {"schema": schema.HEAD, "changed": False}
    assert said("current") == {"database": where, "schema": schema.HEAD, "wanted": schema.HEAD}
    assert said("downgrade", "base") == {"schema": "base", "changed": True}


def test_database_that_is_not_there_is_an_error_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"postgresql://kb:s3cret@/kb?host={tmp_path}"
    monkeypatch.setenv("KB_DATABASE_URL", url)

    with pytest.raises(StoreUnavailableError, match="cannot be used"):
        prepare_database(Settings())
    assert run(["db", "current"]) == EXIT_INFRASTRUCTURE
    said = capsys.readouterr().err
    assert "postgresql+psycopg://kb:***@/kb" in said
    assert "s3cret" not in said


def test_server_without_its_database_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KB_DATABASE_URL", f"postgresql://kb@/kb?host={tmp_path}")

    assert run(["serve", "--port", "0", "--data-dir", str(tmp_path)]) == EXIT_INFRASTRUCTURE
    assert "cannot be used" in capsys.readouterr().err


def test_file_that_is_no_database_is_an_error_and_stays(tmp_path: Path) -> None:
    (tmp_path / "app.sqlite").write_text("not a database, but long enough to be looked at\n" * 40)

    with pytest.raises(StoreUnavailableError, match="file is not a database"):
        prepare_database(Settings(data_dir=tmp_path))
    assert (tmp_path / "app.sqlite").read_text().startswith("not a database")


def test_file_of_sqlite_is_its_owners_alone(tmp_path: Path) -> None:
    prepare_database(Settings(data_dir=tmp_path / "data"))

    modes = {file.stat().st_mode & 0o777 for file in (tmp_path / "data").iterdir()}
    assert modes == {0o600}


@pytest.mark.parametrize(
    "url", ["mysql://root:s3cret@db/kb", "sqlite://", "s3cret", "postgresql://u:s3cret@h:x/d"]
)
def test_address_of_another_kind_is_refused_without_its_password(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KB_DATABASE_URL", url)

    assert run(["db", "current"]) == EXIT_BAD_INPUT
    said = capsys.readouterr().err
    assert "KB_DATABASE_URL" in said
    assert "sqlite:////path" in said
    assert "s3cret" not in said


def test_what_a_transaction_began_is_gone_when_it_fails(engine: Engine) -> None:
    schema.ensure(engine)

    def fail_after_a_row() -> None:
        with transaction(engine, writing=True) as connection:
            connection.execute(insert(Conversation), [CONVERSATION])
            raise InvalidRequestError("x")

    with pytest.raises(InvalidRequestError):
        fail_after_a_row()
    with transaction(engine, writing=False) as connection:
        assert connection.execute(select(Conversation.id)).all() == []
