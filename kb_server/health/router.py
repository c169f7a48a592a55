"""``/healthz`` and ``/readyz``: for probes and for people who look why nothing is answered."""

from __future__ import annotations

from typing import Literal, cast

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from kb_server.errors import KbError
from kb_server.live_index import LiveIndex
from kb_server.openapi import COMMON_PROBLEMS, problems

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The process lives."""

    status: Literal["ok"] = "ok"


class Degradation(BaseModel):
    """Why the newest version is not the one that answers."""

    code: str = Field(examples=["index_damaged"])
    detail: str
    remedy: str


class Ready(BaseModel):
    """A question can be answered now."""

    status: Literal["ready"] = "ready"
    version: str = Field(description="Version of the index that answers.")
    encoder: str = Field(description="Encoder that reads the questions.", examples=["all-MiniLM-L6-v2"])
    degraded: Degradation | None = Field(
        description="Set while an older version answers because a newer one was refused, "
        "or one that was built with another encoder than the settings name."
    )


@router.get("/healthz", operation_id="healthz", responses=problems(*COMMON_PROBLEMS))
async def healthz() -> Health:
    """Tell that the process lives; says nothing about the index."""
    return Health()


@router.get("/readyz", operation_id="readyz", responses=problems(*COMMON_PROBLEMS))
async def readyz(request: Request) -> Ready:
    """Tell whether a question can be answered now, and if not, why and what to do."""
    live = cast("LiveIndex", request.app.state.live)
    readiness = live.readiness()
    if readiness.version is None or readiness.encoder_id is None:
        raise live.unavailable()
    return Ready(
        version=readiness.version,
        encoder=readiness.encoder_id,
        degraded=_degradation(readiness.problem),
    )


def _degradation(problem: KbError | None) -> Degradation | None:
    if problem is None:
        return None
    return Degradation(code=problem.code, detail=problem.message, remedy=problem.remedy)
