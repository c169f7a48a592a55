"""What lives as long as the server: the services behind the routes, built once and stopped in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from functools import partial

from starlette.datastructures import State
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from kb_server.access.guard import Guard
from kb_server.access.include import guard_of
from kb_server.access.widget_service import WidgetService
from kb_server.answering.confidence import confidence_of
from kb_server.answering.offering.ahead import Ahead
from kb_server.answering.service import AnsweringService, answering_service
from kb_server.chat.service import ChatService
from kb_server.chat.streams import Limits, Streams
from kb_server.conversations.service import ConversationService
from kb_server.conversations.visibility import Visibility
from kb_server.customers.service import CustomerService
from kb_server.documents.service import DocumentService
from kb_server.feedback.service import FeedbackService
from kb_server.forgetting import Forgetting
from kb_server.generation.writer import Writer, writer_of
from kb_server.grounding.checkers import checker_of
from kb_server.health.checks import Calibration, HealthChecks
from kb_server.health.figures import AheadFigures, IndexFigures, SearchProcessFigures
from kb_server.index.embedding import Encoder
from kb_server.lifecycle import Lifecycle
from kb_server.live_index import live_index_of
from kb_server.remembering import forget_all
from kb_server.search.service import SearchService
from kb_server.search_process.remote import SearchProcess
from kb_server.searcher import searcher_of
from kb_server.searching import Follower, Searching
from kb_server.settings import Settings
from kb_server.store.database import Database, open_database
from kb_server.telemetry.metrics import Metrics
from kb_server.telemetry.otel import tracer_of
from kb_server.telemetry.tracing import Tracer
from kb_server.verification.service import VerificationService


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that routes and middleware find in the state of the application, by the same names."""

    live: Follower
    database: Database
    forgetting: Forgetting
    searcher: Searching
    writer: Writer | None
    metrics: Metrics
    tracer: Tracer | None
    lifecycle: Lifecycle
    checks: HealthChecks
    guard: Guard
    widgets: WidgetService
    search: SearchService
    streams: Streams
    conversations: ConversationService
    chat: ChatService
    customers: CustomerService
    feedback: FeedbackService
    documents: DocumentService
    verification: VerificationService
    ahead: Ahead | None

    def _version(self) -> str | None:
        served = self.live.readiness().served
        return None if served is None else served.version

    def put_into(self, state: State) -> None:
        """Let routes find the services."""
        for each in fields(self):
            setattr(state, each.name, getattr(self, each.name))

    @asynccontextmanager
    async def running(self, retention_days: int) -> AsyncIterator[None]:
        """Start what works in the background, and end it with the context.

        Raises what ``Database.start`` raises.
        """
        # On a few cores the threads of BLAS wait for each other by spinning: one is several times faster.
        with threadpool_limits(limits=1):
            await self.database.start()
            background = [
                asyncio.create_task(self.database.purge_daily(retention_days)),
                asyncio.create_task(self.forgetting.follow()),
            ]
            if self.ahead is not None:
                background.append(asyncio.create_task(self.ahead.follow(self._version)))
            self.live.start()
            try:
                yield
            finally:
                await self.streams.drain(0)
                self.guard.watch.close()
                for task in background:
                    task.cancel()
                self.database.close()
                self.searcher.close()
                self.live.close()
                if self.writer is not None:
                    await self.writer.aclose()
                if self.tracer is not None:
                    await asyncio.to_thread(self.tracer.close)


def services_of(
    settings: Settings,
    *,
    encoder: Callable[[], Encoder] | None = None,
    search: SearchProcess | None = None,
) -> Services:
    """Build the services that ``settings`` ask for; nothing is loaded, connected or started yet.

    ``encoder`` loads the encoder in the background once a version needs it; by default the one that the
    settings name. With ``search`` that process loads it, and searches. Raises ``BadInputError`` for a file
    of the settings that cannot be used.
    """
    live, searcher = _searching(settings, encoder, search)
    database = open_database(settings)
    streams = _streams(settings)
    check = checker_of(settings)
    writer = writer_of(settings, check)
    conversations = ConversationService(
        database, Visibility(searcher), stores_answers=settings.store_answers, forget=streams.erase
    )
    answering = answering_service(searcher, settings, writer)
    empty_caches = partial(_empty_caches, live, answering)
    ahead = answering.ahead if search is not None and _asks_ahead(settings) else None
    return Services(
        live=live,
        database=database,
        forgetting=Forgetting(database, streams.erase_where, empty_caches),
        searcher=searcher,
        writer=writer,
        metrics=_metrics(live, searcher, ahead),
        tracer=tracer_of(settings),
        lifecycle=Lifecycle(),
        checks=_checks(settings, database, writer),
        guard=guard_of(settings, database),
        widgets=WidgetService(database, seconds=settings.widget_token_seconds),
        search=SearchService(searcher),
        streams=streams,
        conversations=conversations,
        chat=ChatService(answering, streams, conversations),
        customers=CustomerService(database, streams.erase, empty_caches),
        feedback=FeedbackService(database),
        documents=DocumentService(searcher, live.layout),
        verification=VerificationService(searcher, live.layout, check=check),
        ahead=ahead,
    )


def _searching(
    settings: Settings, encoder: Callable[[], Encoder] | None, search: SearchProcess | None
) -> tuple[Follower, Searching]:
    if search is not None:
        return search, search
    live = live_index_of(settings, encoder=encoder)
    return live, searcher_of(live, settings)


def _streams(settings: Settings) -> Streams:
    return Streams(
        Limits(settings.max_streams, settings.stream_timeout_seconds, settings.stream_send_timeout_seconds)
    )


async def _empty_caches(live: Follower, answering: AnsweringService) -> None:
    """Drop what is remembered of questions: it does not know whose they were."""
    answering.forget()
    forget_all()
    await live.forget()


def _metrics(live: Follower, searcher: Searching, ahead: Ahead | None) -> Metrics:
    metrics = Metrics()
    metrics.register(IndexFigures(live, searcher))
    if isinstance(searcher, SearchProcess):
        metrics.register(SearchProcessFigures(searcher))
    if ahead is not None:
        metrics.register(AheadFigures(live, asked=ahead.asked, is_done=ahead.is_done))
    return metrics


def _asks_ahead(settings: Settings) -> bool:
    """Tell whether headings are asked while nobody asks, which must neither be paid for nor be slow."""
    is_dear = settings.reranker is not None or settings.encoder.startswith("openai:")
    return settings.ask_ahead and not is_dear


def _checks(settings: Settings, database: Database, writer: Writer | None) -> HealthChecks:
    checks = HealthChecks({"database": database.trouble}, _calibration(settings))
    if writer is not None:
        checks.register("language_model", writer.trouble)
    return checks


def _calibration(settings: Settings) -> Calibration:
    """Name what confidence is estimated with; raises ``BadInputError`` for a file that breaks a rule."""
    return Calibration(
        source="file" if settings.confidence_file else "shipped",
        id=confidence_of(settings.confidence_file).id,
        max_risk=settings.max_risk,
    )
