"""The client that blocks until the reply is there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
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


class Client:
    """Asks one kb-server; safe to share between threads. Close it, or use it as a context manager."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        timeout: httpx.Timeout | float = TIMEOUT,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Talk to the server at ``base_url``; every reply must come within ``timeout`` seconds.

        ``transport`` stands in for the network, for proxies or certificates of your own.
        """
        url, headers, limits = settings_of(base_url, api_key, timeout)
        self._http = httpx.Client(base_url=url, headers=headers, timeout=limits, transport=transport)
        self._retries = retries or Retries()

    def query(self, question: str | QueryRequest, **fields: Any) -> Answer:
        """Answer a question; ``fields`` are those of ``QueryRequest``."""
        return self._do(calls.query(question, fields))

    def stream(self, question: str | QueryRequest, **fields: Any) -> Iterator[StreamEvent]:
        """Answer a question event by event, the last of which is an ``AnswerEvent``.

        A connection that breaks is taken up again behind the last event that arrived. Raises the ``ApiError``
        of a stream that fails.
        """
        call, breaks = calls.stream(question, fields), 0
        while True:
            with contextlib.closing(self._send(call, whole=False)) as response:
                try:
                    for event in _events(response):
                        yield event
                        if isinstance(event, AnswerEvent):
                            return
                        call, breaks = calls.resume(event.id), 0
                    failure = ended_early(response)
                except httpx.TransportError as error:
                    failure = error
            breaks += 1
            time.sleep(pause_after_break(failure, self._retries, sent=breaks, resumable=True))

    def search(self, query: str | SearchRequest, **fields: Any) -> SearchResponse:
        """Find passages; ``fields`` are those of ``SearchRequest``."""
        return self._do(calls.search(query, fields))

    def verify(self, answer: Answer | VerifyRequest) -> VerifyResponse:
        """Say what still holds of an answer."""
        return self._do(calls.verify(answer))

    def documents(self, *, limit: int = 100, after: str = "") -> DocumentPage:
        """List documents whose paths come behind ``after``."""
        return self._do(calls.documents(limit, after))

    def document(self, doc_id: str) -> DocumentInfo:
        """Describe one document."""
        return self._do(calls.document(doc_id))

    def revision(self, doc_id: str, revision: str) -> RevisionText:
        """Get the text that citations of ``revision`` point into."""
        return self._do(calls.revision(doc_id, revision))

    def feedback(self, answer_id: str, rating: Rating, **fields: Any) -> FeedbackEntry:
        """Say what someone thinks of an answer; ``fields`` are those of ``FeedbackRequest``."""
        return self._do(calls.feedback(answer_id, rating, fields))

    def conversations(self, **fields: Any) -> ConversationPage:
        """List conversations, the one that was used last first; ``customer_id``, ``limit`` and ``after``."""
        return self._do(calls.conversations(fields))

    def conversation(self, conversation_id: str, **fields: Any) -> ConversationEntry:
        """Get a conversation with its last turns; ``customer_id``, ``limit`` and ``before``."""
        return self._do(calls.conversation(conversation_id, fields))

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation, its answers and their feedback for good."""
        self._do(calls.delete_conversation(conversation_id))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Give the client, which closes at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def _do(self, call: Call[ResultT]) -> ResultT:
        return result_of(call, self._send(call, whole=True))

    def _send(self, call: Call[ResultT], *, whole: bool) -> httpx.Response:
        """Give a good response; unless ``whole``, its body is still to be read and it has to be closed."""
        sent = 0
        while True:
            sent += 1
            try:
                response = self._http.send(request_of(self._http, call), stream=not whole)
                if response.is_success:
                    return response
                response.read()
                pause = pause_after(response, self._retries, sent=sent)
            except httpx.TransportError as failure:
                pause = pause_after_break(failure, self._retries, sent=sent)
            time.sleep(pause)


def _events(response: httpx.Response) -> Iterator[StreamEvent]:
    decoder = Decoder()
    for piece in response.iter_bytes():
        for event in decoder.feed(piece):
            known = typed(event)
            if known is not None:
                yield known
