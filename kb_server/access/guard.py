"""Who asks, and may they: what every request of every protocol passes, once."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from starlette.datastructures import Headers
from starlette.types import Scope as AsgiScope

from kb_server.access import repository, widget_tokens
from kb_server.access.caller import ANONYMOUS, OPEN, Caller, Scope
from kb_server.access.credentials import client_address, is_own_page, looks_signed, presented
from kb_server.access.keys import Key, Kind, id_in, is_same, now
from kb_server.access.limits import Quota, RateLimits
from kb_server.access.lookups import KeyLookups
from kb_server.access.origins import origin_check
from kb_server.access.policy import TOKENS, needed_scope
from kb_server.access.repository import Known
from kb_server.access.standing import Grounds, Watch
from kb_server.errors import ForbiddenError, KbError, UnauthorizedError
from kb_server.settings import Settings
from kb_server.store.database import Database

if TYPE_CHECKING:
    from kb_server.access.user_tokens import Person, UserTokens

logger = logging.getLogger(__name__)
_NOTED_EVERY = timedelta(minutes=1)
_ORIGINS_FOR_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Admission:
    """Who is let in, and what is left of their rate; None where it is not counted."""

    caller: Caller
    quota: Quota | None = None
    unknown_at: str | None = None
    """Address of who asks for what needs no key: nothing else is known of them."""
    grounds: Grounds | None = None
    """What let them in; None where nobody was asked for anything."""


class _Found(NamedTuple):
    caller: Caller
    rate: str
    is_public: bool
    """Whether anybody may have got the credential, so that their address counts too."""
    grounds: Grounds
    key: Key | None = None


class Guard:
    """Lets requests in, or raises why not."""

    def __init__(self, database: Database, settings: Settings, users: UserTokens | None) -> None:
        """Look keys up in ``database`` on each request, so that one that is revoked is refused at once."""
        self._database = database
        self._keys = KeyLookups(database)
        self._settings = settings
        self._users = users
        self.watch = Watch(database)
        self._limits = RateLimits()
        self._trusted = settings.proxy_networks()
        self._origin_check = origin_check(settings)
        self._origins: tuple[float, frozenset[str]] = (0.0, frozenset())
        self._notes: set[asyncio.Task[None]] = set()
        self._noted: dict[str, datetime] = {}

    async def admit(self, scope: AsgiScope) -> Admission:
        """Let the request in.

        Raises ``UnauthorizedError``, ``ForbiddenError`` for a scope or an origin that does not fit,
        ``UntrustedOriginError`` for a foreign name of a server without keys, ``RateLimitedError``, and
        ``StoreUnavailableError`` where the keys cannot be read.
        """
        needed = needed_scope(scope["path"])
        headers = Headers(scope=scope)
        address = client_address(scope, headers, self._trusted)
        if needed is None:
            return Admission(ANONYMOUS, unknown_at=address)
        try:
            found = await self._find(headers)
        except (UnauthorizedError, ForbiddenError):
            await self.count_address(address)
            raise
        if found is None:
            # Who may ask without a key sits at this machine: a page that took its address over does not.
            self._origin_check.check_host(headers)
            return Admission(OPEN)
        quota = await self._limits.take(found.caller.id, found.rate)
        if found.is_public:
            await self.count_address(address)
        if needed not in found.caller.scopes:
            raise ForbiddenError(
                f"This needs the scope {needed.value!r}, and the key has {_spelled(found.caller)}.",
                remedy="Use a key that has it: `kb keys create --scope` makes one.",
            )
        if found.key is not None:
            self._note_use(found.key)
        return Admission(found.caller, quota, grounds=found.grounds)

    async def count_address(self, address: str) -> None:
        """Count one request from ``address`` that shows no secret; raises ``RateLimitedError``."""
        await self._limits.take(f"address:{address}", self._settings.ip_rate_limit)

    def address_of(self, scope: AsgiScope) -> str:
        """Give where a request comes from, as the limits count it."""
        return client_address(scope, Headers(scope=scope), self._trusted)

    async def origins(self) -> frozenset[str]:
        """Give the origins whose pages may read answers: those of the settings and of all widgets."""
        read_at, known = self._origins
        if time.monotonic() - read_at > _ORIGINS_FOR_SECONDS:
            known = await self._read_origins(known)
        return known.union(self._settings.cors_origins)

    async def _read_origins(self, known: frozenset[str]) -> frozenset[str]:
        """Read the origins of widgets; what was known goes on to hold while the database is away."""
        try:
            found = await self._database.read(partial(repository.origins, moment=now()))
        except KbError as error:
            logger.warning("the origins of widgets cannot be read: %s", error.code)
            return known
        self._origins = (time.monotonic(), found)
        return found

    async def _find(self, headers: Headers) -> _Found | None:
        """Give who the credential stands for; None where the server is open to all who reach it."""
        shown = presented(headers)
        credential = shown[0] if len(shown) == 1 else None
        known = await self._keys.look_up(credential or "")
        if not (known.closed or self._settings.require_keys or self._users is not None):
            return None
        if credential is None:
            raise UnauthorizedError(
                "The request shows two different keys." if shown else "This server answers who shows a key.",
                remedy="Send one, as Authorization: Bearer or as X-API-Key; `kb keys create` makes one.",
                reason="invalid_request" if shown else "",
            )
        if credential.startswith(widget_tokens.PREFIX):
            return self._visitor(credential, known, headers)
        if self._users is not None and id_in(credential) is None and looks_signed(credential):
            return self._person(self._users.person(credential))
        return self._program(credential, known)

    def _person(self, person: Person) -> _Found:
        grounds = Grounds(expires=person.expires)
        return _Found(person.caller, self._settings.person_rate_limit, is_public=True, grounds=grounds)

    def _program(self, credential: str, known: Known) -> _Found:
        key = known.key
        if key is None or not is_same(credential, key) or not key.is_valid(now()):
            raise UnauthorizedError(
                "The key is unknown, revoked or expired.",
                remedy="`kb keys list` shows the keys that are valid.",
                reason="invalid_token",
            )
        caller = Caller(f"key:{key.id}", key.scopes, key.audiences)
        rate = key.rate_limit or self._settings.rate_limit
        return _Found(caller, rate, is_public=False, grounds=Grounds(key_id=key.id), key=key)

    def _visitor(self, token: str, known: Known, headers: Headers) -> _Found:
        site, said = known.key, widget_tokens.read(token, known.secret) if known.secret else None
        usable = site is not None and site.kind is Kind.WIDGET and site.is_valid(now())
        if said is None or site is None or not usable or said.expires <= time.time():
            raise UnauthorizedError(
                "The widget's token is unknown or has expired, or its site was revoked.",
                remedy=f"Ask {TOKENS} for a new one.",
                reason="invalid_token",
            )
        origin = headers.get("origin")
        fits = is_own_page(headers, said.origin) if origin is None else origin == said.origin
        if not fits or said.origin not in site.origins:
            raise ForbiddenError(
                "The widget's token belongs to a page of another origin.",
                remedy="Operators: `kb keys create --widget --origin` lists the origins.",
            )
        return _Found(
            visitor_of(site, said.visitor),
            site.rate_limit or self._settings.person_rate_limit,
            is_public=True,
            grounds=Grounds(site.id, known.secret.id if known.secret else None, said.expires),
            key=site,
        )

    def _note_use(self, key: Key) -> None:
        """Write down that ``key`` was used, now and then and without making the request wait."""
        moment = now()
        noted = self._noted.get(key.id) or key.last_used_at
        if noted is not None and moment - noted < _NOTED_EVERY:
            return
        self._noted[key.id] = moment
        task = asyncio.create_task(self._write_use(key.id, moment))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _write_use(self, key_id: str, moment: datetime) -> None:
        try:
            await self._database.write(partial(repository.note_use, key_id=key_id, moment=moment))
        except KbError as error:
            logger.warning("the last use of key %s was not noted: %s", key_id, error.code)


def visitor_of(site: Key, visitor: str) -> Caller:
    """Give the caller that a visitor of a widget is: nobody but this visitor owns what they asked."""
    return Caller(
        id=f"visitor:{site.id}:{visitor}",
        scopes=frozenset({Scope.QUERY}),
        audiences=site.audiences or frozenset(),
        customer_id=f"visitor:{visitor}",
    )


def _spelled(caller: Caller) -> str:
    return ", ".join(sorted(repr(scope.value) for scope in caller.scopes)) or "none"
