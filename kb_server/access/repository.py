"""Keys and signing secrets in the database; each function is one piece of a transaction."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from kb_server.access import widget_tokens
from kb_server.access.caller import Scope
from kb_server.access.keys import Key, Kind, id_in
from kb_server.access.widget_tokens import Secret
from kb_server.store.quick import Ask, Question, asking
from kb_server.store.tables import ApiKey, SigningSecret

_KEYS = ApiKey.__table__
_SECRETS = SigningSecret.__table__
_KEY = Question(select(_KEYS).where(_KEYS.c.id == bindparam("id")))
_ANY = Question(select(_KEYS.c.id).limit(1))
_SECRET = Question(select(_SECRETS).where(_SECRETS.c.id == bindparam("id")))
_SECRET_BYTES = 32
ROTATED_AFTER = timedelta(days=1)
KEPT_FOR = timedelta(days=8)
"""Long enough for a visitor to come back with a token of a week ago."""


class Known(NamedTuple):
    """What the database says about a credential."""

    closed: bool
    """Whether any key was ever made."""
    key: Key | None = None
    """The key, or the site of a widget's token."""
    secret: Secret | None = None
    """What the token claims to be signed with."""


class Valid(NamedTuple):
    """What of a set of credentials still lets anyone in."""

    keys: frozenset[str]
    secrets: frozenset[str]


class Site(NamedTuple):
    """What a widget's next token is made of."""

    origins: tuple[str, ...] = ()
    secret: Secret | None = None
    """What signs now; None where a new one is due."""
    visitor: str | None = None
    """Who the token before belonged to."""


def look_up(ask: Ask, credential: str) -> Known:
    """Read all that a credential needs; an empty one finds out whether any is needed."""
    key_id = id_in(credential)
    if key_id is not None:
        key = _found(ask, key_id)
        return Known(key is not None or _any(ask), key)
    secret_id = widget_tokens.secret_id(credential)
    secret = _found_secret(ask, secret_id) if secret_id else None
    said = widget_tokens.read(credential, secret) if secret else None
    site = _found(ask, said.site) if said else None
    return Known(site is not None or _any(ask), site, secret)


def look_up_site(connection: Connection, *, site_id: str, previous: str | None, moment: datetime) -> Site:
    """Read what a token for ``site_id`` needs; a site without origins where there is none."""
    site = find(connection, site_id)
    if site is None or site.kind is not Kind.WIDGET or not site.is_valid(moment):
        return Site()
    newest = newest_secret(connection)
    due = newest is None or moment - newest.created_at >= ROTATED_AFTER
    old_id = widget_tokens.secret_id(previous) if previous else None
    old = find_secret(connection, old_id) if old_id else None
    said = widget_tokens.read(previous, old) if previous and old else None
    visitor = said.visitor if said is not None and said.site == site.id else None
    return Site(site.origins, None if due else newest, visitor)


def still_valid(
    connection: Connection, *, key_ids: Collection[str], secret_ids: Collection[str], moment: datetime
) -> Valid:
    """Give those of the keys (or sites) and signing secrets that are valid at ``moment``."""
    keys = connection.execute(select(_KEYS).where(_KEYS.c.id.in_(key_ids))).all() if key_ids else ()
    named = select(_SECRETS.c.id).where(_SECRETS.c.id.in_(secret_ids))
    secrets_left = connection.execute(named).scalars().all() if secret_ids else ()
    return Valid(
        frozenset(key.id for key in map(_key, keys) if key.is_valid(moment)), frozenset(secrets_left)
    )


def find(connection: Connection, key_id: str) -> Key | None:
    """Give the key or site with the id ``key_id``, valid or not."""
    return _found(asking(connection), key_id)


def any_exists(connection: Connection) -> bool:
    """Tell whether a key was ever made: one that is revoked does not open the server again."""
    return _any(asking(connection))


def all_keys(connection: Connection) -> Sequence[Key]:
    """Give every key and site, the oldest first."""
    rows = connection.execute(select(_KEYS).order_by(_KEYS.c.created_at, _KEYS.c.id)).all()
    return [_key(row) for row in rows]


def origins(connection: Connection, moment: datetime) -> frozenset[str]:
    """Give the origins of all widgets that are valid at ``moment``."""
    rows = connection.execute(select(_KEYS).where(_KEYS.c.kind == Kind.WIDGET)).all()
    keys = [_key(row) for row in rows]
    return frozenset(origin for key in keys if key.is_valid(moment) for origin in key.origins)


def add(connection: Connection, key: Key) -> None:
    """Store a new key."""
    connection.execute(
        insert(ApiKey).values(
            id=key.id,
            kind=key.kind.value,
            name=key.name,
            secret_sha256=key.secret_sha256,
            scopes=sorted(scope.value for scope in key.scopes),
            audiences=None if key.audiences is None else sorted(key.audiences),
            origins=list(key.origins),
            limits={"rate": key.rate_limit} if key.rate_limit else None,
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_at=key.last_used_at,
        )
    )


def revoke(connection: Connection, key_id: str, moment: datetime) -> bool:
    """Make a key useless from now on; tell whether it was still valid."""
    statement = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
    return bool(connection.execute(statement.values(revoked_at=moment)).rowcount)


def note_use(connection: Connection, key_id: str, moment: datetime) -> None:
    """Remember that a key was used."""
    connection.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=moment))


def find_secret(connection: Connection, secret_id: str) -> Secret | None:
    """Give the signing secret with the id ``secret_id``."""
    return _found_secret(asking(connection), secret_id)


def newest_secret(connection: Connection) -> Secret | None:
    """Give the secret that signs now, which may be due to be replaced; None where there is none yet."""
    row = connection.execute(select(_SECRETS).order_by(_SECRETS.c.created_at.desc()).limit(1)).one_or_none()
    return _secret(row) if row is not None else None


def rotate(connection: Connection, moment: datetime, *, force: bool = False) -> Secret:
    """Give a secret to sign with: a new one where the newest is a day old, or with ``force``.

    ``force`` also forgets all others, and with them every token that they signed.
    """
    newest = newest_secret(connection)
    if newest is not None and not force and moment - newest.created_at < ROTATED_AFTER:
        return newest
    old = delete(SigningSecret)
    connection.execute(old if force else old.where(SigningSecret.created_at < moment - KEPT_FOR))
    made = Secret(secrets.token_hex(6), secrets.token_bytes(_SECRET_BYTES), moment)
    connection.execute(insert(SigningSecret).values(id=made.id, secret=made.value.hex(), created_at=moment))
    return made


def _found(ask: Ask, key_id: str) -> Key | None:
    return next(map(_key, ask(_KEY, id=key_id)), None)


def _found_secret(ask: Ask, secret_id: str) -> Secret | None:
    return next(map(_secret, ask(_SECRET, id=secret_id)), None)


def _any(ask: Ask) -> bool:
    return bool(ask(_ANY))


def _key(row: Row[Any]) -> Key:
    return Key(
        id=row.id,
        kind=Kind(row.kind),
        name=row.name,
        secret_sha256=row.secret_sha256,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        audiences=None if row.audiences is None else frozenset(row.audiences),
        origins=tuple(row.origins),
        rate_limit=(row.limits or {}).get("rate"),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


def _secret(row: Row[Any]) -> Secret:
    return Secret(row.id, bytes.fromhex(row.secret), row.created_at)
