"""Open what a command asks: a kb-server to ask or to check with, and another system where one is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from evals.cases.suite import Suite
from evals.failures import BadSuiteError, TargetError
from evals.product import Product
from evals.running.calling import Caller
from evals.running.index import suite_index
from evals.running.kb_server import KbServer
from evals.running.late import LateApp, keep, told
from evals.running.openai_like import OpenAiLike
from evals.running.targets import Served, Target, connected, ready_identity

_SERVED = Path("evals/served.json")


class Where(Protocol):
    """What a command says of the system to ask."""

    @property
    def url(self) -> str | None:
        """Give the address of a kb-server; None: one in this process."""

    @property
    def data_dir(self) -> Path | None:
        """Give the data folder of the one in this process; None: that of the settings."""

    @property
    def token(self) -> str:
        """Give the key to send; empty: none."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A system that is not a kb-server."""

    url: str
    model: str
    token: str


@dataclass(frozen=True, slots=True)
class Session:
    """What can be asked while it is open."""

    target: Target
    checker: KbServer | None


@asynccontextmanager
async def kb_session(
    where: Where, suite: Suite, product: Product, *, retries: int, timeout_seconds: float
) -> AsyncIterator[KbServer]:
    """Open the kb-server at a URL, or one in this process over the index of the suite."""

    def caller_of(client: httpx.AsyncClient) -> Caller:
        return Caller(client, retries=retries, timeout_seconds=timeout_seconds)

    if where.url:
        async with connected(_base(where.url), token=where.token) as client:
            caller = caller_of(client)
            yield KbServer(caller, await ready_identity(caller, kind="kb-server", name=where.url))
        return
    data_dir = suite_index(suite, product, where.data_dir)
    app = LateApp(lambda: product.app(data_dir))
    try:
        async with connected("", app=app) as client:
            caller = caller_of(client)
            yield KbServer(caller, await _served(product, data_dir, app, caller))
    finally:
        await app.close()


async def _served(product: Product, data_dir: Path | None, app: LateApp, caller: Caller) -> Served:
    """Say what is served in this process, without starting it where that is known."""
    file = product.data_dir(data_dir) / _SERVED
    build = product.build(data_dir)
    known = told(file, build, product.published(data_dir))
    if known is not None:
        return known
    await app.start()
    served = await ready_identity(
        caller, kind="in-process", name="", build=build, server_version=product.version
    )
    keep(file, served)
    return served


@asynccontextmanager
async def session(
    where: Where,
    elsewhere: Elsewhere | None,
    suite: Suite,
    product: Product,
    *,
    retries: int,
    timeout_seconds: float,
) -> AsyncIterator[Session]:
    """Open the system to measure; for another system a kb-server, if there is one, checks what it says."""
    async with AsyncExitStack() as stack:
        checker: KbServer | None = None
        opening = kb_session(where, suite, product, retries=retries, timeout_seconds=timeout_seconds)
        if elsewhere is None:
            checker = await stack.enter_async_context(opening)
            yield Session(checker, checker)
            return
        try:
            checker = await stack.enter_async_context(opening)
        except TargetError:
            if where.url or suite.corpus is not None:
                raise
        base = _base(elsewhere.url)
        client = await stack.enter_async_context(connected(base, token=elsewhere.token))
        caller = Caller(client, retries=retries, timeout_seconds=timeout_seconds)
        prices = (suite.config.run.input_price, suite.config.run.output_price)
        yield Session(OpenAiLike(caller, elsewhere.model, url=elsewhere.url, prices=prices), checker)


def _base(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise BadSuiteError(f"{url!r} is not an address.", remedy="Begin it with http:// or https://.")
    return url.rstrip("/") + "/"
