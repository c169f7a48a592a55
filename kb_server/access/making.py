"""Make a key of what somebody wants, or say what is wrong with the wish."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from kb_server.access.caller import Scope
from kb_server.access.keys import Key, Kind, digest_of, new_secret, new_site, now
from kb_server.access_settings import RATE, origin_of
from kb_server.errors import InvalidRequestError
from kb_server.index.labels import PUBLIC, label_of

_MAX_NAME_CHARS = 200
_MAX_LABEL_CHARS = 200


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What a key is to be."""

    name: str
    scopes: tuple[Scope, ...] = ()
    """None of them: ``query``."""
    audiences: tuple[str, ...] = ()
    all_audiences: bool = False
    lifetime: timedelta | None = None
    rate_limit: str | None = None
    origins: tuple[str, ...] = ()
    widget: bool = False


def make(wish: KeyWish) -> tuple[Key, str]:
    """Give the key to be stored, and what its holder is shown once; raises ``InvalidRequestError``."""
    _check(wish)
    shown, key_id = new_secret()
    if wish.widget:
        shown = key_id = new_site()
    moment = now()
    key = Key(
        id=key_id,
        kind=Kind.WIDGET if wish.widget else Kind.KEY,
        name=wish.name.strip(),
        secret_sha256="" if wish.widget else digest_of(shown),
        scopes=_scopes(wish),
        audiences=None if wish.all_audiences else _labels(wish),
        origins=_origins(wish),
        rate_limit=wish.rate_limit,
        created_at=moment,
        expires_at=None if wish.lifetime is None else moment + wish.lifetime,
        revoked_at=None,
        last_used_at=None,
    )
    return key, shown


def _check(wish: KeyWish) -> None:
    if not 1 <= len(wish.name.strip()) <= _MAX_NAME_CHARS or not wish.name.isprintable():
        raise InvalidRequestError(
            f"--name {wish.name[:40]!r} must be a text of 1 to {_MAX_NAME_CHARS} characters in one line.",
            remedy="Say what the key is for: --name 'shop backend'.",
        )
    if wish.all_audiences and wish.audiences:
        raise InvalidRequestError(
            "--all-audiences and --audience say different things.", remedy="Leave one of them out."
        )
    if wish.rate_limit is not None and not re.fullmatch(RATE, wish.rate_limit):
        raise InvalidRequestError(
            f"--rate-limit {wish.rate_limit[:40]!r} is no limit.", remedy="Write it like 600/minute."
        )
    if wish.widget:
        _check_widget(wish)
    elif wish.origins:
        raise InvalidRequestError("--origin is for widgets.", remedy="Add --widget, or leave it out.")


def _check_widget(wish: KeyWish) -> None:
    if not wish.origins:
        raise InvalidRequestError(
            "A widget needs the origins of its pages.", remedy="Add --origin https://shop.example."
        )
    if wish.all_audiences or set(wish.scopes) - {Scope.QUERY}:
        raise InvalidRequestError(
            "A widget is public: it can have the scope query alone, and not every page.",
            remedy="Leave --all-audiences and other scopes out; name labels with --audience.",
        )


def _scopes(wish: KeyWish) -> frozenset[Scope]:
    """Give the scopes; whoever administers may do everything else as well."""
    wanted = frozenset(wish.scopes) or frozenset({Scope.QUERY})
    return frozenset(Scope) if Scope.ADMIN in wanted else wanted


def _labels(wish: KeyWish) -> frozenset[str]:
    labels = frozenset(map(label_of, wish.audiences))
    bad = next((label for label in labels if not 1 <= len(label) <= _MAX_LABEL_CHARS or "," in label), None)
    if bad is not None:
        raise InvalidRequestError(
            f"--audience {bad[:40]!r} is no label.", remedy="Name one label for each --audience."
        )
    return labels - {PUBLIC}


def _origins(wish: KeyWish) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(map(origin_of, wish.origins)))
    except ValueError as error:
        raise InvalidRequestError(f"--origin {error}.", remedy="Repeat --origin for each origin.") from error
