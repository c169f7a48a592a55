"""``POST /v1/query``."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request

from kb_server.access.caller import CallerOf
from kb_server.answering.schemas import Answer, QueryRequest
from kb_server.chat.service import ChatService
from kb_server.openapi import BODY_PROBLEMS, problems

router = APIRouter(prefix="/v1", tags=["answering"])


def _service(request: Request) -> ChatService:
    return cast("ChatService", request.app.state.chat)


@router.post("/query", operation_id="query", responses=problems(*BODY_PROBLEMS))
async def query(
    body: QueryRequest, service: Annotated[ChatService, Depends(_service)], caller: CallerOf
) -> Answer:
    """Answer a question from the docs; every sentence carries citations that anyone can check."""
    return await service.ask(body, caller)
