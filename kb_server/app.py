"""The HTTP application: its routes and middleware over the services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version as package_version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from kb_server.access.router import router as access_router
from kb_server.chat.router import router as chat_router
from kb_server.conversations.router import router as conversations_router
from kb_server.customers.router import router as customers_router
from kb_server.documents.router import router as documents_router
from kb_server.feedback.router import router as feedback_router
from kb_server.health.router import router as health_router
from kb_server.index.embedding import Encoder
from kb_server.mcp_api import endpoint as mcp
from kb_server.middleware import middleware_stack
from kb_server.openai_api.router import router as openai_router
from kb_server.openapi import with_problem_schema
from kb_server.routing import routing_error
from kb_server.search.router import router as search_router
from kb_server.search_process.remote import SearchProcess
from kb_server.services import Services, services_of
from kb_server.settings import Settings
from kb_server.validation import invalid_request
from kb_server.verification.router import router as verification_router
from kb_server.web import router as web

_DESCRIPTION = (
    "Answers questions from a documentation corpus, in English and Korean, with citations that a program can "
    "check: `GET /v1/documents/{doc_id}/revisions/{revision}` gives the text, and "
    "`text[char_start:char_end] == quote`. Offsets count Unicode code points. "
    "Errors are problem details (RFC 9457) with a stable `code`."
)


_ROUTERS = (
    chat_router,
    openai_router,
    verification_router,
    search_router,
    documents_router,
    health_router,
    conversations_router,
    feedback_router,
    customers_router,
    access_router,
)


class KbApp(FastAPI):
    """A FastAPI application whose OpenAPI document knows the shape of the errors."""

    def openapi(self) -> dict[str, Any]:
        """Give the OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = with_problem_schema(super().openapi())
        return self.openapi_schema


def create_app(
    settings: Settings,
    *,
    encoder: Callable[[], Encoder] | None = None,
    search: SearchProcess | None = None,
) -> FastAPI:
    """Build the application for ``settings``.

    ``encoder`` loads the encoder in the background once a version needs it; by default the one that the
    settings name. With ``search`` that process loads it, and searches.
    """
    services = services_of(settings, encoder=encoder, search=search)
    app = KbApp(
        title="kb-server",
        version=package_version("kb-server"),
        description=_DESCRIPTION,
        docs_url=None,  # both pages would load their scripts from a CDN
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(services, settings),
        middleware=middleware_stack(settings, services.metrics, services.tracer),
        exception_handlers={RequestValidationError: invalid_request, HTTPException: routing_error},
    )
    services.put_into(app.state)
    for router in _ROUTERS:
        app.include_router(router)
    mcp.include(app, settings)
    web.include(app, settings)
    return app


def _lifespan(
    services: Services, settings: Settings
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(served: FastAPI) -> AsyncIterator[None]:
        async with services.running(settings.retention_days), mcp.running(served):
            yield

    return lifespan
