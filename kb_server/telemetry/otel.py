"""The door to OpenTelemetry: spans of this server alone, sent by OTLP over HTTP."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as package_version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kb_server.errors import TracingError
from kb_server.settings import Settings
from kb_server.telemetry.tracing import Attributes, Span, Tracer

if TYPE_CHECKING:
    from opentelemetry import trace
    from opentelemetry.sdk.trace.export import SpanExporter

_SERVICE = "kb-server"
_PATH = "/v1/traces"


def tracer_of(settings: Settings) -> Tracer | None:
    """Give the tracer that the settings ask for; None where nothing is to be traced, whatever OTEL_* say.

    Raises ``TracingError`` where the packages of the extra ``otel`` are missing.
    """
    if settings.trace_url is None:
        return None
    try:
        return OtelTracer(_exporter(settings.trace_url), with_content=settings.trace_content)
    except ImportError as error:
        raise TracingError(
            f"KB_TRACE_URL needs a Python package that is missing: {error.name or error}.",
            remedy="Run `pip install 'kb-server[otel]'`, or unset KB_TRACE_URL.",
        ) from error


def _exporter(url: str) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - an extra
        OTLPSpanExporter,
    )

    # A collector's address is often given without the path of this signal.
    return OTLPSpanExporter(url if urlsplit(url).path.strip("/") else url.rstrip("/") + _PATH)


class OtelTracer:
    """Keeps to a provider of its own: a library that traces globally gets nothing from this server."""

    def __init__(self, exporter: SpanExporter, *, with_content: bool) -> None:
        """Send spans to ``exporter`` in batches; OTEL_* variables name the service, sampler and limits."""
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415 - loaded when asked for
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        defaults = Resource({SERVICE_NAME: _SERVICE, "service.version": package_version("kb-server")})
        told = Resource.create()
        named = told.attributes.get(SERVICE_NAME, "")
        resource = told.merge(defaults) if str(named).startswith("unknown_service") else defaults.merge(told)
        # Not at exit: close() sends what waits, within the time that a shutdown has.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(_SERVICE)
        self._with_content = with_content
        # Its retries say at length, and for each batch, what one line tells.
        logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)

    @property
    def with_content(self) -> bool:
        """Whether questions, passages and answers may stand in a span."""
        return self._with_content

    @contextmanager
    def span(self, name: str, attributes: Attributes) -> Iterator[Span]:
        """Begin a step of the current request; of an error only the type is kept, not its words."""
        from opentelemetry.trace import SpanKind  # noqa: PLC0415

        is_client = attributes.get("gen_ai.operation.name") == "chat"
        with self._tracer.start_as_current_span(
            name,
            kind=SpanKind.CLIENT if is_client else SpanKind.INTERNAL,
            attributes=dict(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield _Span(span)
            except BaseException as error:
                _mark_failed(span, type(error).__qualname__)
                raise

    def past_span(self, name: str, attributes: Attributes, *, since: float, milliseconds: float) -> None:
        """Tell a step of the current request that began at ``since`` of ``time.perf_counter``."""
        began = time.time_ns() - int((time.perf_counter() - since) * 1e9)
        told = self._tracer.start_span(name, attributes=dict(attributes), start_time=began)
        told.end(began + int(milliseconds * 1e6))

    @contextmanager
    def request_span(self, name: str, traceparent: str) -> Iterator[Span]:
        """Begin a request; the caller's ``tracestate`` and baggage are left out: they hold any text."""
        from opentelemetry.context import Context  # noqa: PLC0415
        from opentelemetry.trace import SpanKind  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
            TraceContextTextMapPropagator,
        )

        parent = TraceContextTextMapPropagator().extract({"traceparent": traceparent}, Context())
        with self._tracer.start_as_current_span(
            name,
            context=parent,
            kind=SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield _RequestSpan(span)

    def close(self) -> None:
        """Send what waits, and stop."""
        self._provider.shutdown()


class _Span:
    """One step, as the rest of the server sees it."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def trace_id(self) -> str:
        return format(self._span.get_span_context().trace_id, "032x")

    def set(self, attributes: Attributes) -> None:
        for name, value in attributes.items():
            self._span.set_attribute(name, value)


class _RequestSpan(_Span):
    """A request is named by its route, which is known only behind the router."""

    def set(self, attributes: Attributes) -> None:
        super().set(attributes)
        if "http.route" in attributes:
            self._span.update_name(f"{attributes['http.request.method']} {attributes['http.route']}")
        if "error.type" in attributes:
            _mark_failed(self._span, str(attributes["error.type"]))


def _mark_failed(span: trace.Span, kind: str) -> None:
    from opentelemetry.trace import StatusCode  # noqa: PLC0415

    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)
