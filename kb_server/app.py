"""The HTTP application: routes, middleware, and what lives as long as the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version as package_version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from kb_server.access.include import guard_of
from kb_server.access.router import router as access_router
from kb_server.access.widget_service import WidgetService
from kb_server.answering.service import answering_service
from kb_server.chat.router import router as chat_router
from kb_server.chat.service import ChatService
from kb_server.chat.streams import Limits, Streams
from kb_server.conversations.router import router as conversations_router
from kb_server.conversations.service import ConversationService
from kb_server.conversations.visibility import Visibility
from kb_server.customers.router import router as customers_router
from kb_server.documents.router import router as documents_router
from kb_server.documents.service import DocumentService
from kb_server.feedback.router import router as feedback_router
from kb_server.feedback.service import FeedbackService
from kb_server.generation.writer import writer_of
from kb_server.grounding.checkers import checker_of
from kb_server.health.checks import HealthChecks
from kb_server.health.figures import IndexFigures
from kb_server.health.router import router as health_router
from kb_server.index.embedding import Encoder
from kb_server.index.layout import DataLayout
from kb_server.lifecycle import Lifecycle
from kb_server.live_index import LiveIndex
from kb_server.mcp_api import endpoint as mcp
from kb_server.middleware import middleware_stack
from kb_server.openai_api.router import router as openai_router
from kb_server.openapi import with_problem_schema
from kb_server.routing import routing_error
from kb_server.search.router import router as search_router
from kb_server.search.service import SearchService
from kb_server.searcher import Searcher
from kb_server.served_encoder import encoder_choice, reranking_of
from kb_server.settings import Settings
from kb_server.store.database import open_database
from kb_server.telemetry.metrics import Metrics
from kb_server.telemetry.otel import tracer_of
from kb_server.validation import invalid_request
from kb_server.verification.router import router as verification_router
from kb_server.verification.service import VerificationService
from kb_server.web import router as web

_DESCRIPTION = (
    "Answers questions from a documentation corpus, in English and Korean, with citations that a program can "
    "check: `GET /v1/documents/{doc_id}/revisions/{revision}` gives the text, and "
    "`text[char_start:char_end] == quote`. Offsets count Unicode code points. "
    "Errors are problem details (RFC 9457) with a stable `code`."
)


class KbApp(FastAPI):
    """A FastAPI application whose OpenAPI document knows the shape of the errors."""

    def openapi(self) -> dict[str, Any]:
        """Give the OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = with_problem_schema(super().openapi())
        return self.openapi_schema


def create_app(settings: Settings, *, encoder: Callable[[], Encoder] | None = None) -> FastAPI:
    """Build the application for ``settings``.

    ``encoder`` loads the encoder in the background once a version needs it; by default the one that the
    settings name.
    """
    live = LiveIndex(
        DataLayout(settings.data_dir),
        encoder_choice(settings, encoder=encoder),
        poll_seconds=settings.poll_seconds,
        exact_scan_limit=settings.exact_scan_limit,
        reranking=reranking_of(settings),
    )
    database = open_database(settings)
    searcher = Searcher(live)
    streams = Streams(
        Limits(settings.max_streams, settings.stream_timeout_seconds, settings.stream_send_timeout_seconds)
    )
    check = checker_of(settings)
    writer = writer_of(settings, check)
    metrics = Metrics()
    metrics.register(IndexFigures(live, searcher))
    tracer = tracer_of(settings)

    @asynccontextmanager
    async def lifespan(served: FastAPI) -> AsyncIterator[None]:
        # On a few cores the threads of BLAS wait for each other by spinning: one is several times faster.
        with threadpool_limits(limits=1):
            await database.start()
            purging = asyncio.create_task(database.purge_daily(settings.retention_days))
            live.start()
            try:
                async with mcp.running(served):
                    yield
            finally:
                await streams.drain(0)
                purging.cancel()
                database.close()
                searcher.close()
                live.close()
                if writer is not None:
                    await writer.aclose()
                if tracer is not None:
                    await asyncio.to_thread(tracer.close)

    app = KbApp(
        title="kb-server",
        version=package_version("kb-server"),
        description=_DESCRIPTION,
        docs_url=None,  # both pages would load their scripts from a CDN
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=middleware_stack(settings, metrics, tracer),
        exception_handlers={RequestValidationError: invalid_request, HTTPException: routing_error},
    )
    app.state.live = live
    app.state.database = database
    app.state.lifecycle = Lifecycle()
    app.state.metrics = metrics
    app.state.checks = HealthChecks({"database": database.trouble})
    if writer is not None:
        app.state.checks.register("language_model", writer.trouble)
    app.state.guard = guard_of(settings, database)
    app.state.widgets = WidgetService(database, seconds=settings.widget_token_seconds)
    app.state.search = SearchService(searcher)
    app.state.streams = streams
    conversations = ConversationService(database, Visibility(searcher), stores_answers=settings.store_answers)
    app.state.conversations = conversations
    app.state.chat = ChatService(answering_service(searcher, settings, writer), streams, conversations)
    app.state.feedback = FeedbackService(database)
    app.state.documents = DocumentService(searcher, live.layout)
    app.state.verification = VerificationService(searcher, live.layout, check=check)
    for router in (
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
    ):
        app.include_router(router)
    mcp.include(app, settings)
    web.include(app, settings)
    return app
