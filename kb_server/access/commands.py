"""``kb keys``: who may ask."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kb_server.access.caller import Scope
from kb_server.command_line import AsJson, DataDir, load_settings
from kb_server.errors import InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from kb_server.access.keys import Key

app = typer.Typer(help="Make, list and revoke the keys of those who may ask.", no_args_is_help=True)

_DURATION = re.compile(r"([1-9]\d{0,4})([hd])")
_UNITS = {"h": "hours", "d": "days"}


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="What the key is for, to tell it from others.")],
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What it may do; repeat for several. `admin` includes the others. Default: query."),
    ] = None,
    audience: Annotated[
        list[str] | None,
        typer.Option(help="Access label whose pages it may see beside public ones; repeat for several."),
    ] = None,
    all_audiences: Annotated[bool, typer.Option("--all-audiences", help="See every page.")] = False,
    expires: Annotated[
        str | None, typer.Option(help="Lifetime such as 12h or 90d. Default: for ever.", show_default=False)
    ] = None,
    rate_limit: Annotated[
        str | None,
        typer.Option(help="Its own limit, such as 600/minute.", show_default=False),
    ] = None,
    widget: Annotated[bool, typer.Option("--widget", help="Make a public id for web pages.")] = False,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="With --widget: origin of the pages, such as https://shop.example; repeatable."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it once; the server only keeps its hash."""
    from kb_server.access import repository
    from kb_server.access.making import KeyWish, make
    from kb_server.store.once import at_once

    wish = KeyWish(
        name=name,
        scopes=tuple(scope or ()),
        audiences=tuple(audience or ()),
        all_audiences=all_audiences,
        lifetime=_lifetime(expires),
        rate_limit=rate_limit,
        origins=tuple(origin or ()),
        widget=widget,
    )
    key, shown = make(wish)
    at_once(load_settings(data_dir=data_dir), partial(repository.add, key=key))
    if as_json:
        typer.echo(json.dumps({"key": shown, **_described(key)}, ensure_ascii=False))
        return
    typer.echo(shown)
    told = "It is public: put it into the pages of its origins." if widget else "It is shown this once."
    typer.echo(f"{told} `kb keys revoke {key.id}` ends it at once.", err=True)


@app.command("list")
def list_keys(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List all keys, the revoked and expired ones included."""
    from kb_server.access import repository
    from kb_server.store.once import at_once

    keys = [_described(key) for key in at_once(load_settings(data_dir=data_dir), repository.all_keys)]
    if as_json:
        typer.echo(json.dumps({"keys": keys}, ensure_ascii=False))
        return
    for key in keys:
        seen = "all pages" if key["audiences"] is None else ", ".join(["public", *key["audiences"]])
        used = key["last_used_at"] or "never"
        can = ", ".join(key["scopes"])
        where = f"  {' '.join(key['origins'])}" if key["origins"] else ""
        typer.echo(f"{key['id']}  {key['state']:<8} {key['name']}  [{can}]  sees {seen}  used {used}{where}")
    if not keys:
        typer.echo("There are no keys: whoever reaches the server may ask.")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="Id of the key, as `kb keys list` shows it.")],
    *,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """End a key or widget at once, on every running server."""
    from kb_server.access import repository
    from kb_server.access.keys import id_in, now
    from kb_server.store.once import at_once

    wanted = id_in(key_id) or key_id
    settings = load_settings(data_dir=data_dir)
    changed = at_once(settings, partial(repository.revoke, key_id=wanted, moment=now()))
    if not changed and at_once(settings, partial(repository.find, key_id=wanted)) is None:
        raise NotFoundError(f"There is no key {wanted[:80]!r}.", remedy="`kb keys list` shows them all.")
    if as_json:
        typer.echo(json.dumps({"id": wanted, "changed": changed}))
    else:
        typer.echo(f"The key {wanted} {'is' if changed else 'was already'} revoked.")


@app.command()
def rotate(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Replace what widget tokens are signed with: all tokens end, and widgets ask for new ones."""
    from kb_server.access import repository
    from kb_server.access.keys import now
    from kb_server.store.once import at_once

    settings = load_settings(data_dir=data_dir)
    at_once(settings, partial(repository.rotate, moment=now(), force=True))
    typer.echo(json.dumps({"rotated": True}) if as_json else "All widget tokens have ended.")


def _lifetime(text: str | None) -> timedelta | None:
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        raise InvalidRequestError(
            f"--expires {text[:40]!r} is no lifetime.", remedy="Write hours or days, such as 12h or 90d."
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _described(key: Key) -> dict[str, Any]:
    from kb_server.access.keys import now

    moment = now()
    state = "valid" if key.is_valid(moment) else "revoked" if key.revoked_at else "expired"
    return {
        "id": key.id,
        "kind": key.kind.value,
        "name": key.name,
        "state": state,
        "scopes": sorted(scope.value for scope in key.scopes),
        "audiences": None if key.audiences is None else sorted(key.audiences),
        "origins": list(key.origins),
        "rate_limit": key.rate_limit,
        "created_at": key.created_at.isoformat(),
        "expires_at": _moment(key.expires_at),
        "revoked_at": _moment(key.revoked_at),
        "last_used_at": _moment(key.last_used_at),
    }


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat(timespec="seconds")
