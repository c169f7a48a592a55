"""Ask a question on behalf of a caller: what HTTP, the OpenAI protocol and MCP have in common."""

from __future__ import annotations

from kb_server.access.caller import Caller
from kb_server.answering.schemas import Answer, QueryRequest
from kb_server.answering.service import AnsweringService


class ChatService:
    """The one door to an answer; every protocol goes through it."""

    def __init__(self, answering: AnsweringService) -> None:
        """Answer through ``answering``."""
        self._answering = answering

    async def ask(self, request: QueryRequest, caller: Caller) -> Answer:
        """Answer ``request`` from what ``caller`` may see; raises what ``AnsweringService.answer`` raises."""
        return await self._answering.answer(request, audiences=caller.audiences)
