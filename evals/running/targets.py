"""The systems that can be asked: a kb-server in this process or behind a URL, or any OpenAI-like endpoint."""

from __future__ import annotations

import asyncio
import hashlib
import time
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from evals.failures import TargetError
from evals.records.model import Reply
from evals.running.calling import Caller, CallError, Cost

_READY_SECONDS = 120.0
_POLL_SECONDS = 0.05
_PAGE = 500
_REFUSED = {401, 403}
_CONNECTIONS = 64

AsgiApp = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent: the question with its filters, the turns before it and the suite's query fields."""

    text: str
    filters: Mapping[str, str | list[str]] = field(default_factory=dict)
    history: Sequence[Mapping[str, Any]] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Identity:
    """What is measured: part of the key of every kept answer, and of the description of a run."""

    kind: str
    """``in-process``, ``kb-server`` or ``openai``."""
    name: str
    """URL or model; empty in this process."""
    server_version: str = ""
    build: str = ""
    """Names code and settings where they are known: only then may an answer be kept for the next run."""
    index_version: str = ""
    encoder: str = ""
    corpus_hash: str = ""
    documents: int = 0
    calibration: str = ""
    """Names what confidence was estimated with."""


class Target(Protocol):
    """A system under test."""

    identity: Identity

    async def answer(self, question: Question, cost: Cost) -> tuple[Reply, dict[str, Any]]:
        """Give the reply, and what may differ from run to run: ``id``, ``timings_ms``; or ``CallError``."""


@asynccontextmanager
async def connected(
    url: str, *, app: AsgiApp | None = None, token: str = ""
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a server, or of an application in this process, whose life is its own matter."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    if app is None:
        async with httpx.AsyncClient(base_url=url, headers=headers, limits=limits) as client:
            yield client
        return
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


@dataclass(frozen=True, slots=True)
class Served:
    """What a kb-server serves."""

    identity: Identity
    paths: frozenset[str]
    """Of its pages, in NFC."""


async def ready_identity(
    caller: Caller, *, kind: str, name: str, build: str = "", server_version: str = ""
) -> Served:
    """Wait until a kb-server can answer and say what it serves; raises ``TargetError`` with its reason."""
    ready = await _wait_until_ready(caller.client, name or "The index of this process")
    try:
        pages = await documents(caller)
        if not server_version:
            described = await caller.get("/openapi.json", Cost())
            server_version = str(described.get("info", {}).get("version", ""))
    except CallError as error:
        if error.failure.status in _REFUSED:
            raise TargetError(
                f"{name or 'The server'} refuses the key: {error}",
                remedy="Put a key with the scope query into KB_EVAL_API_KEY; `kb keys create` makes one.",
            ) from error
        raise TargetError(
            f"{name or 'The server'} answers /readyz, but is not a kb-server: {error}.",
            remedy="For another system, name it by --openai-url and --model.",
        ) from error
    digest = hashlib.sha256("\n".join(f"{page['path']} {page['revision']}" for page in pages).encode())
    identity = Identity(
        kind=kind,
        name=name,
        server_version=server_version,
        build=build,
        index_version=ready["version"],
        encoder=ready.get("encoder", ""),
        corpus_hash=digest.hexdigest()[:16],
        documents=len(pages),
        calibration=ready.get("calibration", {}).get("id", ""),
    )
    return Served(identity, frozenset(unicodedata.normalize("NFC", page["path"]) for page in pages))


async def documents(caller: Caller) -> list[dict[str, Any]]:
    """List all documents of the served version in the order of their paths."""
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        params = {"limit": _PAGE} | ({"after": after} if after else {})
        page = await caller.get("/v1/documents", Cost(), **params)
        found += page["documents"]
        after = page["next_after"]
    return found


async def _wait_until_ready(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        code, message, remedy = "unreachable", "", "Start it with `kb serve`, or check the address."
        try:
            response = await client.get("/readyz", timeout=10.0)
            body: dict[str, Any] = response.json()
            if response.is_success and "version" in body:
                return body
            code, message = str(body.get("code", response.status_code)), str(body.get("detail", ""))
            remedy = str(body.get("remedy", ""))
        except (httpx.TransportError, ValueError) as error:
            message = str(error) or type(error).__name__
        if code != "starting" or time.monotonic() > deadline:
            raise TargetError(f"{name} cannot be asked ({code}): {message}", remedy=remedy)
        await asyncio.sleep(_POLL_SECONDS)
