"""``GET /v1/conversations``, and reading and deleting one."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from kb_server.access.asking import CallerOf
from kb_server.access.rights import owner_of
from kb_server.conversations.replies import conversation_json, info_of
from kb_server.conversations.schemas import (
    ConversationEntry,
    ConversationListQuery,
    ConversationPage,
    ConversationQuery,
    OwnedBy,
)
from kb_server.conversations.service import ConversationService
from kb_server.openapi import COMMON_PROBLEMS, problems
from kb_server.requests import Identifier
from kb_server.store.paging import Place, cursor_of, place_of

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])

ConversationId = Annotated[Identifier, Path(description="Identifier of the conversation.")]


async def _service(request: Request) -> ConversationService:
    return cast("ConversationService", request.app.state.conversations)


Service = Annotated[ConversationService, Depends(_service)]


@router.get("", operation_id="list_conversations", responses=problems(422, *COMMON_PROBLEMS))
async def list_conversations(
    page: Annotated[ConversationListQuery, Query()], service: Service, caller: CallerOf
) -> ConversationPage:
    """List the caller's conversations, the one that was used last first."""
    owner = owner_of(caller, page.customer_id)
    found = await service.page(owner, limit=page.limit + 1, after=place_of(page.after))
    shown = found[: page.limit]
    return ConversationPage(
        conversations=[info_of(conversation) for conversation in shown],
        next_after=cursor_of(Place(shown[-1].updated_at, shown[-1].id)) if len(found) > page.limit else None,
    )


@router.get(
    "/{conversation_id}",
    operation_id="get_conversation",
    response_model=ConversationEntry,
    responses=problems(404, 422, *COMMON_PROBLEMS),
)
async def get_conversation(
    conversation_id: ConversationId,
    query: Annotated[ConversationQuery, Query()],
    service: Service,
    caller: CallerOf,
) -> Response:
    """Give a conversation with its last turns; each answer is the object that was sent."""
    found, turns = await service.read(
        conversation_id,
        owner_of(caller, query.customer_id),
        caller.audiences,
        last=query.limit,
        before=query.before,
    )
    return Response(conversation_json(found, turns), media_type="application/json")


@router.delete(
    "/{conversation_id}",
    operation_id="delete_conversation",
    status_code=204,
    responses=problems(404, 422, *COMMON_PROBLEMS),
)
async def delete_conversation(
    conversation_id: ConversationId,
    query: Annotated[OwnedBy, Query()],
    service: Service,
    caller: CallerOf,
) -> None:
    """Delete a conversation, its answers and their feedback for good."""
    await service.remove(conversation_id, owner_of(caller, query.customer_id))
