"""Give widgets their tokens."""

from __future__ import annotations

import secrets
import time
from functools import partial

from kb_server.access import repository, widget_tokens
from kb_server.access.keys import now
from kb_server.access.schemas import WidgetToken, WidgetTokenRequest
from kb_server.access.widget_tokens import Pass
from kb_server.errors import ForbiddenError
from kb_server.problems import printable
from kb_server.store.database import Database

_VISITOR_BYTES = 12


class WidgetService:
    """Issues tokens to pages of the origins that a widget lists."""

    def __init__(self, database: Database, *, seconds: int) -> None:
        """Sign with the secrets in ``database``, for ``seconds`` each."""
        self._database = database
        self._seconds = seconds

    async def token(self, request: WidgetTokenRequest, origin: str | None) -> WidgetToken:
        """Give a token; raises ``ForbiddenError`` for a site or an origin that is not listed."""
        look_up = partial(
            repository.look_up_site, site_id=request.site_id, previous=request.previous, moment=now()
        )
        found = await self._database.read(look_up)
        if origin is None or origin not in found.origins:
            raise ForbiddenError(
                f"No widget {printable(request.site_id, limit=64)!r} is known for the origin "
                f"{printable(origin or 'none', limit=200)!r}.",
                remedy="Operators: `kb keys create --widget --origin` lists it, `kb keys list` shows it.",
            )
        secret = found.secret
        if secret is None:
            secret = await self._database.write(partial(repository.rotate, moment=now()))
        ticket = Pass(
            site=request.site_id,
            origin=origin,
            visitor=found.visitor or secrets.token_hex(_VISITOR_BYTES),
            expires=int(time.time()) + self._seconds,
        )
        return WidgetToken(token=widget_tokens.issue(ticket, secret), expires_in=self._seconds)
