"""``POST /v1/chat/completions`` and ``GET /v1/models``."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from starlette.responses import Response

from kb_server.access.asking import CallerOf
from kb_server.chat.router import ChatOf
from kb_server.chat.sse import EventStreamResponse
from kb_server.errors import NotFoundError
from kb_server.headers import IdempotencyKey
from kb_server.middleware.streams import EVENT_STREAM
from kb_server.openai_api.reading import query_of
from kb_server.openai_api.replies import Chunks, completion_of
from kb_server.openai_api.schemas import MODEL, ChatCompletion, ChatCompletionRequest, ModelInfo, ModelList
from kb_server.openapi import BODY_PROBLEMS, COMMON_PROBLEMS, Responses, events_schema, openai_errors
from kb_server.problems import printable, request_id_of

router = APIRouter(prefix="/v1", tags=["openai"])

_STARTED = int(time.time())
_CHUNKS = (
    "Chunks in OpenAI's form, then `[DONE]`; the last one with choices has the whole answer in `kb_server`."
)
_REPLIES: Responses = {
    200: {"content": {EVENT_STREAM: events_schema(_CHUNKS)}},
    **openai_errors(*BODY_PROBLEMS),
}


@router.post(
    "/chat/completions", operation_id="chat_completions", response_model=ChatCompletion, responses=_REPLIES
)
async def chat_completions(
    request: Request,
    body: ChatCompletionRequest,
    service: ChatOf,
    caller: CallerOf,
    idempotency_key: IdempotencyKey = None,
) -> ChatCompletion | Response:
    """Answer the last message of a conversation from the docs, in the form of OpenAI's chat completions."""
    query, created = query_of(body), int(time.time())
    if not body.stream:
        answer = await service.ask(query, caller, idempotency_key=idempotency_key)
        return completion_of(answer, created=created)
    reading = await service.stream(
        query, caller, request_id=request_id_of(request.scope), idempotency_key=idempotency_key
    )
    counts = body.stream_options is not None and bool(body.stream_options.include_usage)
    chunks = Chunks(reading.stream.answer_id, created, include_usage=counts)
    return EventStreamResponse(reading, chunks.render, head=chunks.head())


@router.get("/models", operation_id="list_models", responses=openai_errors(*COMMON_PROBLEMS))
async def list_models() -> ModelList:
    """List the one model that there is."""
    return ModelList(data=[_model()])


@router.get(
    "/models/{model_id}", operation_id="get_model", responses=openai_errors(404, 422, *COMMON_PROBLEMS)
)
async def get_model(model_id: str) -> ModelInfo:
    """Describe the model `kb-server`."""
    if model_id != MODEL:
        raise NotFoundError(
            f"There is no model {printable(model_id, limit=80)!r}.", remedy=f"The model is {MODEL!r}."
        )
    return _model()


def _model() -> ModelInfo:
    return ModelInfo(created=_STARTED)
