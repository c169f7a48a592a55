"""The edge at which an error becomes a response."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb_server.problems import problem_response, published, request_id_of


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
            await problem_response(published(error, request_id_of(scope)), scope)(scope, receive, send)
