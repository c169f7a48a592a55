"""The route that nearly every request takes: a question that is in order is read and answered at once.

The framework works out dependencies and checks the reply against its schema for each request, which costs
more than reading the question does. What is not in order goes the framework's way, which says what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, cast

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from kb_server.answering.schemas import Answer, QueryRequest
from kb_server.chat.service import ChatService

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Ask = Callable[..., Coroutine[Any, Any, Answer | Response]]
_JSON = "application/json"
_CHECKED = "idempotency-key"


class QuestionRoute(APIRoute):
    """Calls its endpoint with the question, the service and the caller."""

    def get_route_handler(self) -> Handler:
        """Give what handles a request."""
        checked, ask = super().get_route_handler(), cast("Ask", self.endpoint)

        async def handle(request: Request) -> Response:
            body = await _question(request)
            if body is None:
                return await checked(request)
            service = cast("ChatService", request.app.state.chat)
            answer = await ask(request, body, service, request.state.caller)
            if isinstance(answer, Response):
                return answer
            return Response(answer.model_dump_json(), media_type=_JSON)

        return handle


async def _question(request: Request) -> QueryRequest | None:
    """Read the body; None where it, or a header, is still to be checked."""
    headers = request.headers
    if headers.get("content-type") != _JSON or _CHECKED in headers:
        return None
    try:
        return QueryRequest.model_validate(json.loads(await request.body()))
    except (ValueError, RecursionError):
        return None
