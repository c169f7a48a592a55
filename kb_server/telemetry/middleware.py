"""Count, trace and log each request."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb_server.telemetry.metrics import Metrics
from kb_server.telemetry.observation import CURRENT, Observation
from kb_server.telemetry.tracing import NO_SPAN, Span, Tracer

_CLIENT_LEFT = 499
"""Status of a request that got no response, as nginx counts it."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NAMED = frozenset({"key", "visitor"})
_NO_ROUTE = "(none)"
_SERVER_ERROR = 500

logger = logging.getLogger("kb_server.requests")


class TelemetryMiddleware:
    """Observes requests: routes and statuses, never what the user wrote, which paths and queries may hold."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, tracer: Tracer | None) -> None:
        """Wrap ``app``; without a tracer nothing is traced."""
        self._app = app
        self._metrics = metrics
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Observe the request from its head to the end of its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        observation = Observation(self._metrics, self._tracer)
        token = CURRENT.set(observation)
        request = _Request(scope, observation)
        self._metrics.in_progress.inc()
        try:
            with self._span(scope) as span:
                try:
                    await self._app(scope, receive, request.observed(send))
                finally:
                    request.describe(span)
        finally:
            self._metrics.in_progress.dec()
            CURRENT.reset(token)
            request.count()

    def _span(self, scope: Scope) -> Any:
        if self._tracer is None:
            return NO_SPAN
        return self._tracer.request_span(_method(scope), Headers(scope=scope).get("traceparent", ""))


class _Request:
    """What is seen of one request from outside."""

    def __init__(self, scope: Scope, observation: Observation) -> None:
        self._scope = scope
        self._observation = observation
        self._began = time.perf_counter()
        self._status = _CLIENT_LEFT
        self._streams = False
        self._trace_id = ""

    def observed(self, send: Send) -> Send:
        """Give a ``send`` that remembers the status, and counts open streams."""

        async def send_observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                if Headers(raw=message.get("headers", [])).get("content-type", "").startswith("text/event"):
                    self._streams = True
                    self._observation.metrics.streams.inc()
            await send(message)

        return send_observed

    def describe(self, span: Span) -> None:
        """Say in the trace how it ended."""
        if span is NO_SPAN:
            return
        self._trace_id = span.trace_id
        span.set(
            {
                "http.request.method": _method(self._scope),
                "http.route": route_of(self._scope),
                "http.response.status_code": self._status,
                **{f"kb.{name}": value for name, value in self._facts().items()},
                **({"error.type": str(self._status)} if self._status >= _SERVER_ERROR else {}),
            }
        )

    def count(self) -> None:
        """Count it and write its line."""
        metrics, elapsed = self._observation.metrics, time.perf_counter() - self._began
        method, route = _method(self._scope), route_of(self._scope)
        if self._streams:
            metrics.streams.dec()
        metrics.requests.labels(method, route, str(self._status)).inc()
        metrics.duration.labels(method, route).observe(elapsed)
        facts = self._facts() | ({"trace_id": self._trace_id} if self._trace_id else {})
        fields = {
            "method": method,
            "route": route,
            "status": self._status,
            "duration_ms": round(elapsed * 1000, 1),
            **facts,
        }
        told = " ".join(f"{name}={value}" for name, value in facts.items() if name != "request_id")
        logger.info(
            "%s %s %d %.0f ms %s",
            method,
            route,
            self._status,
            elapsed * 1000,
            f"{facts['request_id']} {told}".strip(),
            extra={"fields": fields},
        )

    def _facts(self) -> dict[str, str]:
        """Give what the inner parts found out; ids of keys, but never a customer's."""
        state: dict[str, Any] = self._scope.get("state", {})
        caller = _shown(getattr(state.get("caller"), "id", ""))
        facts = {"request_id": str(state.get("request_id", "")), "caller": caller}
        if self._observation.problem:
            facts["problem"] = self._observation.problem
        if answer := self._observation.answer:
            facts |= {"answer": answer.status, "reason": answer.reason, "version": answer.version}
            facts["fallback"] = answer.fallback
        return {name: value for name, value in facts.items() if value or name == "request_id"}


def _shown(caller: str) -> str:
    """Give the name of a key or of a widget's site; of a person only that it is one.

    >>> _shown("key:3f9a"), _shown("visitor:s1:v7"), _shown("user:kim@example.com")
    ('key:3f9a', 'visitor:s1', 'user')
    """
    kind, *rest = caller.split(":")
    return ":".join([kind, *rest[:1]]) if kind in _NAMED else kind


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "OTHER"


def route_of(scope: Scope) -> str:
    """Give the template of the route that answered: ``/v1/documents/{doc_id}/…``, never the path itself."""
    route = scope.get("route")
    if route is not None and getattr(route, "path", None):
        return str(route.path)
    # Routes and mounts of Starlette do not say so themselves: their paths are compared.
    known = [str(getattr(other, "path", "")) for other in getattr(scope.get("app"), "routes", ())]
    parts = str(scope["path"]).split("/")
    return next(
        (path for path in known if path and parts[: path.count("/") + 1] == path.split("/")), _NO_ROUTE
    )
