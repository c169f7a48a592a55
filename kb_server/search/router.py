"""``POST /v1/search``."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request

from kb_server.access.asking import CallerOf
from kb_server.openapi import BODY_PROBLEMS, problems
from kb_server.search.schemas import SearchRequest, SearchResponse
from kb_server.search.service import SearchService

router = APIRouter(prefix="/v1", tags=["search"])


async def _service(request: Request) -> SearchService:
    return cast("SearchService", request.app.state.search)


@router.post("/search", operation_id="search", responses=problems(*BODY_PROBLEMS))
async def search(
    body: SearchRequest, service: Annotated[SearchService, Depends(_service)], caller: CallerOf
) -> SearchResponse:
    """Find the passages that fit a query best, by words and by meaning."""
    return await service.search(body, audiences=caller.audiences)
