"""The client for programs that await their replies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self

import httpx

from kb_server.answering.schemas import Answer, QueryRequest
from kb_server.client import calls
from kb_server.client.calls import Call, ResultT
from kb_server.client.events import AnswerEvent, Decoder, StreamEvent, typed
from kb_server.client.retries import Retries
from kb_server.client.transport import (
    TIMEOUT,
    ended_early,
    pause_after,
    pause_after_break,
    request_of,
    result_of,
    settings_of,
)
from kb_server.conversations.schemas import ConversationEntry, ConversationPage
from kb_server.documents.schemas import DocumentInfo, DocumentPage, RevisionText
from kb_server.feedback.schemas import FeedbackEntry, Rating
from kb_server.search.schemas import SearchRequest, SearchResponse
from kb_server.verification.schemas import VerifyRequest, VerifyResponse


class AsyncClient:
    """Asks one kb-server. Close it, or use it as a context manager."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        timeout: httpx.Timeout | float = TIMEOUT,
        retries: Retries | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Talk to the server at ``base_url``; every reply must come within ``timeout`` seconds.

        ``transport`` stands in for the network, for proxies or certificates of your own.
        """
        url, headers, limits = settings_of(base_url, api_key, timeout)
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=limits, transport=transport)
        self._retries = retries or Retries()

    async def query(self, question: str | QueryRequest, **fields: Any) -> Answer:
        """Answer a question; ``fields`` are those of ``QueryRequest``."""
        return await self._do(calls.query(question, fields))

    async def stream(self, question: str | QueryRequest, **fields: Any) -> AsyncIterator[StreamEvent]:
        """Answer a question event by event, the last of which is an ``AnswerEvent``.

        A connection that breaks is taken up again behind the last event that arrived. Raises the ``ApiError``
        of a stream that fails.
        """
        call, breaks = calls.stream(question, fields), 0
        while True:
            async with contextlib.aclosing(await self._send(call, whole=False)) as response:
                try:
                    async for event in _events(response):
                        yield event
                        if isinstance(event, AnswerEvent):
                            return
                        call, breaks = calls.resume(event.id), 0
                    failure = ended_early(response)
                except httpx.TransportError as error:
                    failure = error
            breaks += 1
            await asyncio.sleep(pause_after_break(failure, self._retries, sent=breaks, resumable=True))

    async def search(self, query: str | SearchRequest, **fields: Any) -> SearchResponse:
        """Find passages; ``fields`` are those of ``SearchRequest``."""
        return await self._do(calls.search(query, fields))

    async def verify(self, answer: Answer | VerifyRequest) -> VerifyResponse:
        """Say what still holds of an answer."""
        return await self._do(calls.verify(answer))

    async def documents(self, *, limit: int = 100, after: str = "") -> DocumentPage:
        """List documents whose paths come behind ``after``."""
        return await self._do(calls.documents(limit, after))

    async def document(self, doc_id: str) -> DocumentInfo:
        """Describe one document."""
        return await self._do(calls.document(doc_id))

    async def revision(self, doc_id: str, revision: str) -> RevisionText:
        """Get the text that citations of ``revision`` point into."""
        return await self._do(calls.revision(doc_id, revision))

    async def feedback(self, answer_id: str, rating: Rating, **fields: Any) -> FeedbackEntry:
        """Say what someone thinks of an answer; ``fields`` are those of ``FeedbackRequest``."""
        return await self._do(calls.feedback(answer_id, rating, fields))

    async def conversations(self, **fields: Any) -> ConversationPage:
        """List conversations, the one that was used last first; ``customer_id``, ``limit`` and ``after``."""
        return await self._do(calls.conversations(fields))

    async def conversation(self, conversation_id: str, **fields: Any) -> ConversationEntry:
        """Get a conversation with its last turns; ``customer_id``, ``limit`` and ``before``."""
        return await self._do(calls.conversation(conversation_id, fields))

    async def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation, its answers and their feedback for good."""
        await self._do(calls.delete_conversation(conversation_id))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Give the client, which closes at the end of the block."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.aclose()

    async def _do(self, call: Call[ResultT]) -> ResultT:
        return result_of(call, await self._send(call, whole=True))

    async def _send(self, call: Call[ResultT], *, whole: bool) -> httpx.Response:
        """Give a good response; unless ``whole``, its body is still to be read and it has to be closed."""
        sent = 0
        while True:
            sent += 1
            try:
                response = await self._http.send(request_of(self._http, call), stream=not whole)
                if response.is_success:
                    return response
                await response.aread()
                pause = pause_after(response, self._retries, sent=sent)
            except httpx.TransportError as failure:
                pause = pause_after_break(failure, self._retries, sent=sent)
            await asyncio.sleep(pause)


async def _events(response: httpx.Response) -> AsyncIterator[StreamEvent]:
    decoder = Decoder()
    async for piece in response.aiter_bytes():
        for event in decoder.feed(piece):
            known = typed(event)
            if known is not None:
                yield known
