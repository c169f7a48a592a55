"""``/healthz``, ``/readyz`` and ``/metrics``: for probes, and for people who look why nothing is answered."""

from __future__ import annotations

from typing import Literal, cast

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from kb_server.errors import KbError
from kb_server.health.checks import Calibration, Check, HealthChecks, check_of
from kb_server.lifecycle import Lifecycle, shutting_down
from kb_server.openapi import COMMON_PROBLEMS, PROBE_PROBLEMS, Responses, problems
from kb_server.searching import Follower
from kb_server.telemetry.metrics import Metrics

_FIGURES: Responses = {200: {"content": {"text/plain": {}, "application/openmetrics-text": {}}}}

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
    calibration: Calibration = Field(description="What decides between an answer and a refusal.")
    checks: list[Check] = Field(description="The parts of the server one by one.")


class ServedIndex(BaseModel):
    """The version of the index that answers, for the program that publishes the docs."""

    version: str = Field(description="Its name, as `kb ingest --json` printed it.")
    created_at: str = Field(description="When it was built, in UTC.")
    documents: int = Field(description="Pages in it, restricted ones included.")
    chunks: int
    encoder: str = Field(description="Encoder that reads the questions.")
    degraded: Degradation | None = Field(
        description="Why the newest version is not the one that answers, as in `/readyz`."
    )


@router.get("/healthz", operation_id="healthz", responses=problems(*PROBE_PROBLEMS))
async def healthz() -> Health:
    """Tell that the process lives; says nothing about the index."""
    return Health()


@router.get("/readyz", operation_id="readyz", responses=problems(*PROBE_PROBLEMS))
async def readyz(request: Request) -> Ready:
    """Tell whether a question can be answered now, and if not, why and what to do."""
    state = request.app.state
    live = cast("Follower", state.live)
    if cast("Lifecycle", state.lifecycle).is_stopping:
        raise shutting_down()
    readiness = live.readiness()
    served = readiness.needed()
    checks = cast("HealthChecks", state.checks)
    return Ready(
        version=served.version,
        encoder=served.encoder_id,
        degraded=_degradation(readiness.problem),
        calibration=checks.calibration,
        checks=[check_of("index", readiness.problem), *await checks.run()],
    )


@router.get("/v1/index", operation_id="get_index", responses=problems(*COMMON_PROBLEMS))
async def served_index(request: Request) -> ServedIndex:
    """Tell which version is served, so that a pipeline that has published one sees when it answers."""
    readiness = cast("Follower", request.app.state.live).readiness()
    served = readiness.needed()
    return ServedIndex(
        version=served.version,
        created_at=served.created_at,
        documents=served.documents,
        chunks=served.chunks,
        encoder=served.encoder_id,
        degraded=_degradation(readiness.problem),
    )


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses=_FIGURES | problems(*COMMON_PROBLEMS),
)
async def metrics(request: Request) -> Response:
    """Give the server's figures for Prometheus; no label holds anything that a user wrote."""
    figures = cast("Metrics", request.app.state.metrics)
    body, media_type = await run_in_threadpool(figures.render, request.headers.get("accept", ""))
    return Response(body, media_type=media_type)


# Some balancers probe with HEAD, which FastAPI does not give for GET by itself.
router.add_api_route("/healthz", healthz, methods=["HEAD"], include_in_schema=False)
router.add_api_route("/readyz", readyz, methods=["HEAD"], include_in_schema=False)


def _degradation(problem: KbError | None) -> Degradation | None:
    if problem is None:
        return None
    return Degradation(code=problem.code, detail=problem.message, remedy=problem.remedy)
