"""``POST /v1/query``, ``GET /v1/streams/{answer_id}`` and ``GET /v1/suggestions``."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import Response

from kb_server.access.asking import CallerOf
from kb_server.answering.schemas import Answer, Openers, QueryRequest
from kb_server.chat.service import ChatService
from kb_server.chat.sse import RETRY, EventStreamResponse, sse
from kb_server.chat.streams import Reading
from kb_server.errors import InvalidRequestError
from kb_server.headers import IdempotencyKey
from kb_server.middleware.streams import EVENT_STREAM
from kb_server.openapi import BODY_PROBLEMS, COMMON_PROBLEMS, events_schema, problems
from kb_server.problems import printable, request_id_of

router = APIRouter(prefix="/v1", tags=["answering"])

_EVENTS = (
    "Events `passages`, `citation`, `delta`, then `answer` or `error`; each has an `id` and one JSON object "
    "as `data`. The manual's page on streaming describes them."
)
_STREAM: dict[str, Any] = {
    EVENT_STREAM: events_schema(_EVENTS, "id", "event"),
}
_RESUME_PROBLEMS = (404, 422, *COMMON_PROBLEMS)


async def _service(request: Request) -> ChatService:
    return cast("ChatService", request.app.state.chat)


ChatOf = Annotated[ChatService, Depends(_service)]


@router.post(
    "/query",
    operation_id="query",
    response_model=Answer,
    responses={200: {"content": _STREAM}, **problems(404, *BODY_PROBLEMS)},
)
async def query(
    request: Request,
    body: QueryRequest,
    service: ChatOf,
    caller: CallerOf,
    idempotency_key: IdempotencyKey = None,
) -> Answer | Response:
    """Answer a question from the docs; every sentence carries citations that anyone can check."""
    if body.stream:
        reading = await service.stream(
            body, caller, request_id=request_id_of(request.scope), idempotency_key=idempotency_key
        )
        return _events(reading)
    return await service.ask(body, caller, idempotency_key=idempotency_key)


@router.get("/suggestions", operation_id="list_suggestions", responses=problems(422, *COMMON_PROBLEMS))
async def suggestions(
    service: ChatOf,
    caller: CallerOf,
    language: Annotated[Literal["en", "ko"], Query(description="Language of the questions.")] = "en",
) -> Openers:
    """Give questions to begin a conversation with; each one has been asked and is answered by the docs."""
    return Openers(language=language, suggestions=await service.openers(language, caller))


@router.get(
    "/streams/{answer_id}",
    operation_id="resume_stream",
    response_class=Response,
    responses={
        200: {"content": _STREAM, "description": "The events that were missed."},
        **problems(*_RESUME_PROBLEMS),
    },
)
async def resume(
    answer_id: str,
    service: ChatOf,
    caller: CallerOf,
    last_event_id: Annotated[
        str | None, Header(description="The `id` of the last event that arrived.")
    ] = None,
) -> Response:
    """Go on with a streamed answer whose connection broke; kept for five minutes, for the same caller."""
    return _events(service.resume(answer_id, caller, position=_position(answer_id, last_event_id)))


def _events(reading: Reading) -> Response:
    return EventStreamResponse(reading, sse(reading.stream.answer_id), head=RETRY)


def _position(answer_id: str, last_event_id: str | None) -> int:
    """Read how many events a client has, from the id of the last one; none where it names none."""
    if not last_event_id:
        return 0
    number = last_event_id.removeprefix(f"{answer_id}.")
    if number == last_event_id or not re.fullmatch(r"[0-9]{1,9}", number):
        raise InvalidRequestError(
            f"Last-Event-ID {printable(last_event_id, limit=80)!r} is no event of {answer_id!r}.",
            remedy="Send the `id` of the last event as it came, or none to get all events.",
        )
    return int(number)
