"""The edge at which an error becomes a response."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb_server.errors import KbError
from kb_server.problems import problem_response, request_id_of, unexpected_problem

logger = logging.getLogger(__name__)
_SERVER_ERROR = 500


class ProblemMiddleware:
    """Renders each ``KbError`` as problem details, and any other exception as a 500 without its trace."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; an error after the response has begun is raised and closes the connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_tracked(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_tracked)
        except Exception as error:
            if started:
                raise
            await problem_response(published(error, scope), scope)(scope, receive, send)


def published(error: Exception, scope: Scope) -> KbError:
    """Give the error to show a client; what is the server's own fault goes to the log with its trace."""
    if isinstance(error, KbError) and error.status != _SERVER_ERROR:
        return error
    logger.error("request %s failed", request_id_of(scope), exc_info=error)
    return error if isinstance(error, KbError) else unexpected_problem()
