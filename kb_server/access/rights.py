"""Whose things a caller may touch."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends

from kb_server.access.asking import CallerOf
from kb_server.access.caller import Caller, Scope
from kb_server.errors import ForbiddenError, InvalidRequestError


class Owner(NamedTuple):
    """Whose things are meant: those of one caller, of one of its customers where one is named."""

    caller_id: str
    customer_id: str | None = None


def owner_of(caller: Caller, customer_id: str | None = None) -> Owner:
    """Give whose a thing is that ``caller`` has for ``customer_id``.

    Raises ``InvalidRequestError`` where a caller that speaks for one customer names another.
    """
    if caller.customer_id is not None and customer_id not in (None, caller.customer_id):
        raise InvalidRequestError(
            f"customer_id: the caller speaks for one customer and cannot name {customer_id!r}.",
            remedy="Leave customer_id out.",
        )
    return Owner(caller.id, caller.customer_id or customer_id)


async def admin_of(caller: CallerOf) -> Caller:
    """Give the caller; ``ForbiddenError`` where it is no administrator, or one who does not see every page.

    What these routes give was drawn from pages of any label.
    """
    if Scope.ADMIN not in caller.scopes:
        raise ForbiddenError(
            "This needs the scope 'admin', which the caller does not have.",
            remedy="Use a key with the scope 'admin'.",
        )
    if caller.audiences is not None:
        raise ForbiddenError(
            "This shows what was answered from any page, and the caller sees only some.",
            remedy="Use a key with the scope 'admin' and without audiences.",
        )
    return caller


AdminOf = Annotated[Caller, Depends(admin_of)]
"""Parameter type of routes that are for administrators only."""
