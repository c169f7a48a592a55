"""What readiness depends on, one check for each part of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from pydantic import BaseModel, Field

from kb_server.errors import KbError

Probe = Callable[[], Awaitable[KbError | None]]
"""Gives what is wrong, or None; it is asked on the event loop and must not block it."""
_PROBE_SECONDS = 2.0


class Check(BaseModel):
    """The state of one part of the server."""

    name: str = Field(description="`index`, `encoder`, `database` or `language_model`.", examples=["index"])
    status: Literal["ok", "degraded"] = Field(
        description="`degraded`: questions are still answered, but not all is as the settings want it."
    )
    code: str = Field(default="", description="Why, else empty.", examples=["index_damaged"])
    detail: str = ""
    remedy: str = ""


class Calibration(BaseModel):
    """What confidence is estimated with, and how many wrong answers are accepted."""

    source: Literal["shipped", "file"] = Field(description="`file`: the one that the settings name.")
    id: str = Field(description="Names its content.", examples=["3fa8c1d2e4b5"])
    max_risk: float = Field(description="Share of the given answers that may be wrong.", examples=[0.2])


class HealthChecks:
    """The parts beside the index without which questions are still answered, if less well."""

    def __init__(self, probes: Mapping[str, Probe], calibration: Calibration) -> None:
        """Begin with ``probes``, by name; ``calibration`` is what the answers are decided by."""
        self._probes = dict(probes)
        self.calibration = calibration

    def register(self, name: str, probe: Probe) -> None:
        """Also ask ``probe``; what it finds degrades the server and never makes it unready."""
        self._probes[name] = probe

    async def run(self) -> list[Check]:
        """Ask all of them at once; one that does not answer in 2 s is degraded."""
        found = await asyncio.gather(*(_ask(probe) for probe in self._probes.values()))
        return [check_of(name, problem) for name, problem in zip(self._probes, found, strict=True)]


def check_of(name: str, problem: KbError | None) -> Check:
    """Describe one part."""
    if problem is None:
        return Check(name=name, status="ok")
    return Check(
        name=name, status="degraded", code=problem.code, detail=problem.message, remedy=problem.remedy
    )


async def _ask(probe: Probe) -> KbError | None:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            return await probe()
    except TimeoutError:
        return KbError(f"No answer within {_PROBE_SECONDS:g} s.", remedy="See the server's log.")
