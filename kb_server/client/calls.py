"""The routes, each as what to send and what comes back: the two clients differ only in how they wait."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from kb_server.answering.schemas import Answer, QueryRequest
from kb_server.conversations.schemas import (
    ConversationEntry,
    ConversationListQuery,
    ConversationPage,
    ConversationQuery,
)
from kb_server.documents.schemas import DocumentInfo, DocumentPage, RevisionText
from kb_server.feedback.schemas import FeedbackEntry, FeedbackRequest, Rating
from kb_server.search.schemas import SearchRequest, SearchResponse
from kb_server.verification.schemas import VerifyRequest, VerifyResponse

ResultT = TypeVar("ResultT", bound=BaseModel)
Fields = dict[str, Any]

IDEMPOTENCY_KEY = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Call(Generic[ResultT]):
    """One request, and the schema of its reply."""

    result: type[ResultT]
    method: str
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: BaseModel | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes | None:
        """Give the body as JSON, only what was set in it."""
        return None if self.body is None else self.body.model_dump_json(exclude_unset=True).encode()


def _post(path: str, body: BaseModel, result: type[ResultT]) -> Call[ResultT]:
    headers = {"Content-Type": "application/json", IDEMPOTENCY_KEY: str(uuid.uuid4())}
    return Call(result, "POST", path, body=body, headers=headers)


def query(question: str | QueryRequest, fields: Fields) -> Call[Answer]:
    """Ask a question; raises ``pydantic.ValidationError`` for a field that breaks a rule."""
    return _post("/v1/query", _body(QueryRequest, "question", question, fields), Answer)


def stream(question: str | QueryRequest, fields: Fields) -> Call[Answer]:
    """Ask a question whose answer comes as events."""
    return query(question, {**fields, "stream": True})


def resume(event_id: str) -> Call[Answer]:
    """Go on behind the event with this id."""
    answer_id = quote(event_id.rpartition(".")[0], safe="")
    return Call(Answer, "GET", f"/v1/streams/{answer_id}", headers={"Last-Event-ID": event_id})


def search(text: str | SearchRequest, fields: Fields) -> Call[SearchResponse]:
    """Find passages."""
    return _post("/v1/search", _body(SearchRequest, "query", text, fields), SearchResponse)


def verify(answer: Answer | VerifyRequest) -> Call[VerifyResponse]:
    """Check an answer once more."""
    if isinstance(answer, Answer):
        answer = VerifyRequest.model_validate({"answer": answer.model_dump(mode="json")})
    return _post("/v1/verify", answer, VerifyResponse)


def documents(limit: int, after: str) -> Call[DocumentPage]:
    """List a stretch of the documents."""
    return Call(DocumentPage, "GET", "/v1/documents", query={"limit": limit, "after": after})


def document(doc_id: str) -> Call[DocumentInfo]:
    """Describe a document."""
    return Call(DocumentInfo, "GET", f"/v1/documents/{quote(doc_id, safe='')}")


def revision(doc_id: str, name: str) -> Call[RevisionText]:
    """Get the text that citations point into."""
    path = f"/v1/documents/{quote(doc_id, safe='')}/revisions/{quote(name, safe='')}"
    return Call(RevisionText, "GET", path)


def feedback(answer_id: str, rating: Rating, fields: Fields) -> Call[FeedbackEntry]:
    """Say what someone thinks of an answer or a citation."""
    given = {"answer_id": answer_id, "rating": rating, **fields}
    return _post("/v1/feedback", FeedbackRequest.model_validate(given), FeedbackEntry)


def conversations(fields: Fields) -> Call[ConversationPage]:
    """List a stretch of the conversations."""
    page = ConversationListQuery.model_validate(fields)
    return Call(ConversationPage, "GET", "/v1/conversations", query=page.model_dump(exclude_none=True))


def conversation(conversation_id: str, fields: Fields) -> Call[ConversationEntry]:
    """Get a conversation with its turns."""
    turns = ConversationQuery.model_validate(fields).model_dump(exclude_none=True)
    return Call(ConversationEntry, "GET", _conversation(conversation_id), query=turns)


def delete_conversation(conversation_id: str) -> Call[Nothing]:
    """Delete a conversation for good."""
    return Call(Nothing, "DELETE", _conversation(conversation_id))


def _conversation(conversation_id: str) -> str:
    return f"/v1/conversations/{quote(conversation_id, safe='')}"


class Nothing(BaseModel):
    """A reply without a body."""


RequestT = TypeVar("RequestT", bound=BaseModel)


def _body(kind: type[RequestT], name: str, value: str | RequestT, fields: Fields) -> RequestT:
    """Make the body of a text and further fields, or of a body and fields that replace some of it."""
    given = {name: value} if isinstance(value, str) else value.model_dump(exclude_unset=True)
    return kind.model_validate({**given, **fields})
