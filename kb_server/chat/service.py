"""Ask a question on behalf of a caller: what HTTP, the OpenAI protocol and MCP have in common."""

from __future__ import annotations

from kb_server.access.caller import Caller
from kb_server.answering.progress import SILENCE, Listener
from kb_server.answering.schemas import Answer, QueryRequest
from kb_server.answering.service import AnsweringService
from kb_server.chat.events import Narrator
from kb_server.chat.streams import Reading, Streams


class ChatService:
    """The one door to an answer; every protocol goes through it."""

    def __init__(self, answering: AnsweringService, streams: Streams) -> None:
        """Answer through ``answering``, and stream through ``streams``."""
        self._answering = answering
        self._streams = streams

    async def ask(
        self,
        request: QueryRequest,
        caller: Caller,
        *,
        answer_id: str | None = None,
        listener: Listener = SILENCE,
    ) -> Answer:
        """Answer ``request`` from what ``caller`` may see; raises what ``AnsweringService.answer`` raises."""
        return await self._answering.answer(
            request, audiences=caller.audiences, answer_id=answer_id, listener=listener
        )

    async def openers(self, lang: str, caller: Caller) -> list[str]:
        """Give questions in ``lang`` to begin with; raises what ``AnsweringService.openers`` raises."""
        return await self._answering.openers(lang, audiences=caller.audiences)

    async def stream(self, request: QueryRequest, caller: Caller, *, request_id: str) -> Reading:
        """Answer ``request`` as events; raises what ``ask`` and ``Streams.start`` raise before the first."""

        async def work(narrator: Narrator, answer_id: str) -> Answer:
            return await self.ask(request, caller, answer_id=answer_id, listener=narrator)

        return await self._streams.start(work, owner=caller.id, request_id=request_id)

    def resume(self, answer_id: str, caller: Caller, *, position: int) -> Reading:
        """Read an answer's events again; raises what ``Streams.resume`` raises."""
        return self._streams.resume(answer_id, owner=caller.id, position=position)
