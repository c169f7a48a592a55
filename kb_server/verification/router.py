"""``POST /v1/verify``."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request

from kb_server.access.asking import CallerOf
from kb_server.openapi import BODY_PROBLEMS, problems
from kb_server.verification.schemas import VerifyRequest, VerifyResponse
from kb_server.verification.service import VerificationService

router = APIRouter(prefix="/v1", tags=["verification"])


async def _service(request: Request) -> VerificationService:
    return cast("VerificationService", request.app.state.verification)


@router.post("/verify", operation_id="verify", responses=problems(*BODY_PROBLEMS))
async def verify(
    body: VerifyRequest, service: Annotated[VerificationService, Depends(_service)], caller: CallerOf
) -> VerifyResponse:
    """Check an answer, of this server or of any other writer, against the docs as they are now."""
    return await service.verify(body, audiences=caller.audiences)
