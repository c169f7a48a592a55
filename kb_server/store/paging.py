"""Places in lists that are ordered by time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from kb_server.errors import InvalidRequestError

_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)
_CURSOR = re.compile(r"([0-9]{1,16})-([0-9a-z_]{1,40})")


class Place(NamedTuple):
    """The place behind one row of a list."""

    moment: datetime
    id: str


def cursor_of(place: Place) -> str:
    """Spell a place, for the next request of the list.

    >>> cursor_of(Place(datetime(2026, 1, 1, tzinfo=UTC), "fb_1"))
    '1767225600000000-fb_1'
    """
    return f"{(place.moment - _EPOCH) // _MICROSECOND}-{place.id}"


def place_of(cursor: str | None) -> Place | None:
    """Read a place; ``InvalidRequestError`` for what ``cursor_of`` has not spelled.

    >>> place_of("1767225600000000-fb_1").moment.year
    2026
    """
    if cursor is None:
        return None
    read = _CURSOR.fullmatch(cursor)
    if read is None:
        raise InvalidRequestError(
            f"after: {cursor!r} is no place in the list.", remedy="Send the `next_after` of the page before."
        )
    return Place(_EPOCH + int(read[1]) * _MICROSECOND, read[2])
