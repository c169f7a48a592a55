"""How a route learns who asks."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from kb_server.access.caller import Caller


async def caller_of(request: Request) -> Caller:
    """Give who sent ``request``, as the middleware has found; fails where no middleware has looked.

    It waits for nothing, but a plain function would be sent to a thread for each request.
    """
    return cast("Caller", request.state.caller)


CallerOf = Annotated[Caller, Depends(caller_of)]
"""Parameter type of routes that need to know who asks."""
