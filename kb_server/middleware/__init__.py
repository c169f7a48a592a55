"""What every request passes before it reaches a route: pure ASGI, outermost first.

request id → figures and log → response headers → origins → problems → requests in flight → who asks →
whole body → requests at work → deadline
"""

from __future__ import annotations

from starlette.middleware import Middleware

from kb_server.middleware.access import AccessMiddleware
from kb_server.middleware.body import BodyMiddleware
from kb_server.middleware.concurrency import ConcurrencyMiddleware, Places
from kb_server.middleware.cors import CorsMiddleware
from kb_server.middleware.deadline import DeadlineMiddleware
from kb_server.middleware.errors import ProblemMiddleware
from kb_server.middleware.headers import SecurityHeadersMiddleware
from kb_server.middleware.request_id import RequestIdMiddleware
from kb_server.settings import Settings
from kb_server.telemetry.metrics import Metrics
from kb_server.telemetry.middleware import TelemetryMiddleware
from kb_server.telemetry.tracing import Tracer

_RECEIVING_PER_WORKING = 2
"""Bodies that may arrive at once, for each request that is worked on: slow senders do not take the places
of the others, and their buffers stay bounded."""


def middleware_stack(
    settings: Settings, metrics: Metrics | None = None, tracer: Tracer | None = None
) -> list[Middleware]:
    """List the middleware of the server with the limits of ``settings``; requests count in ``metrics``."""
    working = Places(settings.max_concurrency)
    receiving = Places(settings.max_concurrency * _RECEIVING_PER_WORKING)
    return [
        Middleware(RequestIdMiddleware),
        Middleware(TelemetryMiddleware, metrics=metrics or Metrics(), tracer=tracer),
        Middleware(SecurityHeadersMiddleware),
        Middleware(CorsMiddleware),
        Middleware(ProblemMiddleware),
        Middleware(ConcurrencyMiddleware, places=receiving, ahead=working),
        Middleware(AccessMiddleware),
        Middleware(
            BodyMiddleware,
            max_bytes=settings.max_body_bytes,
            timeout_seconds=settings.body_timeout_seconds,
        ),
        Middleware(ConcurrencyMiddleware, places=working),
        Middleware(DeadlineMiddleware, seconds=settings.request_timeout_seconds),
    ]


__all__ = ["middleware_stack"]
