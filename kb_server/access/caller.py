"""The one who asks, as every route, protocol and stage knows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a caller may do; a wider one includes the narrower ones only where it says so."""

    QUERY = "query"
    INGEST = "ingest"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller, or whoever reaches a server without keys."""

    id: str
    """Stable name for limits, logs and ownership; never the secret itself."""
    scopes: frozenset[Scope]
    audiences: frozenset[str] | None
    """Access labels whose pages may be seen beside the pages without any; None: every page."""
    customer_id: str | None = None
    """The customer that a signed user token speaks for; None: the request may name one."""


OPEN = Caller("open", frozenset(Scope), None)
"""Whoever reaches a server that has no keys: it listens on this machine's own addresses only."""

ANONYMOUS = Caller("anonymous", frozenset(), frozenset())
"""Whoever asks for what says nothing about the docs."""
