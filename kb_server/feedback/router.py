"""``POST /v1/feedback``, and the list of it for administrators."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request

from kb_server.access.asking import CallerOf
from kb_server.access.rights import AdminOf
from kb_server.feedback.schemas import (
    FeedbackEntry,
    FeedbackListQuery,
    FeedbackPage,
    FeedbackRequest,
)
from kb_server.feedback.service import FeedbackService
from kb_server.headers import IdempotencyKey
from kb_server.openapi import BODY_PROBLEMS, COMMON_PROBLEMS, problems
from kb_server.store.paging import Place, cursor_of, place_of

router = APIRouter(prefix="/v1/feedback", tags=["feedback"])


async def _service(request: Request) -> FeedbackService:
    return cast("FeedbackService", request.app.state.feedback)


Service = Annotated[FeedbackService, Depends(_service)]


@router.post("", operation_id="give_feedback", status_code=201, responses=problems(404, *BODY_PROBLEMS))
async def give_feedback(
    body: FeedbackRequest, service: Service, caller: CallerOf, idempotency_key: IdempotencyKey = None
) -> FeedbackEntry:
    """Say what someone thinks of an answer or a citation; a second time takes the place of the first."""
    return await service.add(body, caller, key=idempotency_key)


@router.get("", operation_id="list_feedback", responses=problems(403, 422, *COMMON_PROBLEMS))
async def list_feedback(
    page: Annotated[FeedbackListQuery, Query()], service: Service, _: AdminOf
) -> FeedbackPage:
    """List all feedback with the questions and answers that it is about, oldest first."""
    found = await service.page(limit=page.limit + 1, after=place_of(page.after), rating=page.rating)
    shown = found[: page.limit]
    return FeedbackPage(
        feedback=shown,
        next_after=cursor_of(Place(shown[-1].created_at, shown[-1].id)) if len(found) > page.limit else None,
    )
