"""Rows read on the event loop: the same as through SQLAlchemy, as of now, and without waiting."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from kb_server.access import repository
from kb_server.access.caller import Scope
from kb_server.access.keys import id_in, now
from kb_server.access.repository import Known
from kb_server.settings import Settings
from kb_server.store.database import prepare_database
from kb_server.store.once import at_once
from kb_server.store.quick import NotAtOnceError, QuickReads, asking
from tests.kb_server.access.making import key_of


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data_dir=tmp_path)
    prepare_database(made)
    return made


@pytest.fixture
def quick(settings: Settings) -> Iterator[QuickReads]:
    reads = QuickReads(settings.data_dir / "app.sqlite")
    yield reads
    reads.close()


def test_it_reads_the_rows_that_sqlalchemy_reads(settings: Settings, quick: QuickReads) -> None:
    assert not repository.look_up(quick.ask, "").closed

    for key in (key_of(settings), key_of(settings, scopes=tuple(Scope), audiences=("직원", "partners"))):
        known = repository.look_up(quick.ask, key)
        assert known == at_once(settings, partial(_through_sqlalchemy, key))
        assert known.key is not None
        assert known.closed


def test_it_sees_at_once_what_others_have_committed(settings: Settings, quick: QuickReads) -> None:
    key = key_of(settings)
    found = repository.look_up(quick.ask, key).key
    assert found is not None
    assert found.is_valid(now())

    at_once(settings, partial(repository.revoke, key_id=id_in(key) or "", moment=now()))

    found = repository.look_up(quick.ask, key).key
    assert found is not None
    assert not found.is_valid(now())


def test_it_writes_nothing_and_makes_no_file(settings: Settings, tmp_path: Path) -> None:
    with closing(QuickReads(tmp_path / "none" / "app.sqlite")) as missing, pytest.raises(NotAtOnceError):
        repository.look_up(missing.ask, "")
    assert not (tmp_path / "none").exists()
    assert not repository.look_up(QuickReads(settings.data_dir / "app.sqlite").ask, "").closed


def test_it_does_not_wait_for_a_lock(settings: Settings, quick: QuickReads) -> None:
    with closing(sqlite3.connect(settings.data_dir / "app.sqlite", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(NotAtOnceError):
            repository.look_up(quick.ask, "")
        other.execute("ROLLBACK")

    assert not repository.look_up(quick.ask, "").closed


def _through_sqlalchemy(key: str, connection: Connection) -> Known:
    return repository.look_up(asking(connection), key)
