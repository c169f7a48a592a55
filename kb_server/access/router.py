"""``POST /v1/widget/tokens``."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Request

from kb_server.access.guard import Guard
from kb_server.access.policy import TOKENS
from kb_server.access.schemas import WidgetToken, WidgetTokenRequest
from kb_server.access.widget_service import WidgetService
from kb_server.openapi import BODY_PROBLEMS, problems

router = APIRouter(tags=["access"])


async def _service(request: Request) -> WidgetService:
    return cast("WidgetService", request.app.state.widgets)


@router.post(TOKENS, operation_id="create_widget_token", responses=problems(*BODY_PROBLEMS))
async def create_widget_token(
    body: WidgetTokenRequest,
    request: Request,
    service: Annotated[WidgetService, Depends(_service)],
    origin: Annotated[str | None, Header(description="Sent by browsers.")] = None,
) -> WidgetToken:
    """Exchange the public id of a widget for a token that lasts some minutes, on the widget's own pages."""
    guard = cast("Guard", request.app.state.guard)
    await guard.count_address(guard.address_of(request.scope))
    return await service.token(body, origin)
