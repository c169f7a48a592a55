"""What was erased lately, for the memories of every server on this database.

Whose it was is not kept: a row only lets a process tell whether a name that it has in memory is meant.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from kb_server.store.quick import Ask, Question
from kb_server.store.tables import Erasure

KEPT = timedelta(hours=1)
"""How long a server may be without its database and still find the row; after that it forgets all."""
_ROWS = Erasure.__table__
NEWEST = 200
"""Rows that a server reads once a second; where it knows none of them, it reads all."""
_ALL = Question(select(_ROWS.c.id, _ROWS.c.name_sha256, _ROWS.c.of_customer))
_NEWEST = Question(_ALL.statement.order_by(_ROWS.c.created_at.desc()).limit(NEWEST))


class Erased(NamedTuple):
    """One erasure."""

    id: str
    name_sha256: str
    of_customer: bool
    """Whether caches that know no customers must be emptied."""

    def is_of(self, name: str) -> bool:
        """Tell whether the customer or the conversation ``name`` is meant.

        >>> row = Erased("salt", _digest("salt", "김민수"), True)
        >>> row.is_of("김민수"), row.is_of("Kim")
        (True, False)
        """
        return _digest(self.id, name) == self.name_sha256


def record(connection: Connection, name: str, *, of_customer: bool) -> None:
    """Let all servers forget a customer, or a conversation, once the transaction has ended."""
    moment = datetime.now(UTC)
    purge(connection, moment)
    salt = secrets.token_hex(16)
    connection.execute(
        insert(Erasure).values(
            id=salt, name_sha256=_digest(salt, name), of_customer=of_customer, created_at=moment
        )
    )


def recent(ask: Ask, *, whole: bool = True) -> list[Erased]:
    """Give what is still kept, in no order, or the ``NEWEST`` by the clocks of those who erased."""
    rows = ask(_ALL if whole else _NEWEST)
    return [Erased(row.id, row.name_sha256, bool(row.of_customer)) for row in rows]


def purge(connection: Connection, moment: datetime) -> None:
    """Delete what every server has seen at ``moment``."""
    connection.execute(delete(Erasure).where(Erasure.created_at <= moment - KEPT))


def _digest(salt: str, name: str) -> str:
    return hashlib.sha256(f"{salt}\0{name}".encode()).hexdigest()
