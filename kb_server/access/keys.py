"""API keys: how one is written, and what is kept of it.

``kb_<id>_<secret>``: the id finds the row, the secret is 32 random bytes. Only the sha256 of the whole key is
stored: what has 256 random bits needs no slow hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from kb_server.access.caller import Scope

_KEY = re.compile(r"kb_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_ID_BYTES = 6
_SECRET_BYTES = 32
SITE_PREFIX = "kbw_"


class Kind(StrEnum):
    """What a row of the table lets in."""

    KEY = "key"
    """A program that holds the secret."""
    WIDGET = "widget"
    """A web page: its id is public and has no secret."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key, or of the site of a widget."""

    id: str
    kind: Kind
    name: str
    secret_sha256: str
    scopes: frozenset[Scope]
    audiences: frozenset[str] | None
    """Access labels that it may see beside public pages; None: every page."""
    origins: tuple[str, ...]
    """Origins of the web pages that may ask with it; for widgets."""
    rate_limit: str | None
    """Its own limit in place of the setting's, such as ``600/minute``."""
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Tell whether it lets anyone in at ``now``."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def new_secret() -> tuple[str, str]:
    """Give a new key as it is handed out, and its id."""
    key_id = secrets.token_hex(_ID_BYTES)
    return f"kb_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}", key_id


def new_site() -> str:
    """Give the public id of a widget."""
    return SITE_PREFIX + secrets.token_hex(_ID_BYTES)


def id_in(presented: str) -> str | None:
    """Give the id that a presented key names; None for what is no key at all.

    >>> id_in("kb_0123456789ab_" + 43 * "x"), id_in("Bearer none")
    ('0123456789ab', None)
    """
    found = _KEY.fullmatch(presented)
    return found[1] if found else None


def digest_of(presented: str) -> str:
    """Give what is stored of a key: the sha256 of its text, in hex."""
    return hashlib.sha256(presented.encode()).hexdigest()


def is_same(presented: str, key: Key) -> bool:
    """Tell whether ``presented`` is the secret of ``key``, in a time that says nothing about it."""
    return key.kind is Kind.KEY and hmac.compare_digest(digest_of(presented), key.secret_sha256)


def now() -> datetime:
    """Give the moment in UTC."""
    return datetime.now(UTC)
