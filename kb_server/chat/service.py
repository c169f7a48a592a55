"""Ask a question on behalf of a caller: what HTTP, the OpenAI protocol and MCP have in common."""

from __future__ import annotations

from kb_server.access.caller import Caller
from kb_server.answering.progress import SILENCE, Listener
from kb_server.answering.schemas import Answer, QueryRequest
from kb_server.answering.service import AnsweringService
from kb_server.chat.events import Narrator
from kb_server.chat.streams import Reading, Streams
from kb_server.conversations.service import ConversationService


class ChatService:
    """The one door to an answer; every protocol goes through it."""

    def __init__(
        self, answering: AnsweringService, streams: Streams, conversations: ConversationService
    ) -> None:
        """Answer through ``answering``, stream through ``streams``, and keep it in ``conversations``."""
        self._answering = answering
        self._conversations = conversations
        self._streams = streams

    async def ask(
        self,
        request: QueryRequest,
        caller: Caller,
        *,
        answer_id: str | None = None,
        listener: Listener = SILENCE,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Answer ``request`` from what ``caller`` may see, and keep both.

        The same request with the same ``idempotency_key`` gets the same answer, which then has an id of its
        own. Raises what ``AnsweringService.answer`` and ``ConversationService.begin`` raise.
        """
        asking = await self._conversations.begin(request, caller, key=idempotency_key)
        if answer_id is not None:
            self._streams.belongs_to(answer_id, asking.owner.customer_id, asking.conversation_id)
        if asking.answered is not None:
            return asking.answered
        answer = await self._answering.answer(
            asking.request, audiences=caller.audiences, answer_id=answer_id, listener=listener
        )
        return await self._conversations.finish(asking, answer)

    async def openers(self, lang: str, caller: Caller) -> list[str]:
        """Give questions in ``lang`` to begin with; raises what ``AnsweringService.openers`` raises."""
        return await self._answering.openers(lang, audiences=caller.audiences)

    async def stream(
        self, request: QueryRequest, caller: Caller, *, request_id: str, idempotency_key: str | None = None
    ) -> Reading:
        """Answer ``request`` as events; raises what ``ask`` and ``Streams.start`` raise before the first."""

        async def work(narrator: Narrator, answer_id: str) -> Answer:
            return await self.ask(
                request, caller, answer_id=answer_id, listener=narrator, idempotency_key=idempotency_key
            )

        return await self._streams.start(work, owner=caller, request_id=request_id)

    def resume(self, answer_id: str, caller: Caller, *, position: int) -> Reading:
        """Read an answer's events again; raises what ``Streams.resume`` raises.

        A caller whose rights have changed since then is another caller.
        """
        return self._streams.resume(answer_id, owner=caller, position=position)
