"""What the rest of the server knows of traces: spans with attributes, or nothing at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

AttributeValue = str | bool | int | float | Sequence[str]
Attributes = Mapping[str, AttributeValue]


class Span(Protocol):
    """One step of a request."""

    @property
    def trace_id(self) -> str:
        """Name of the trace in 32 hexadecimal digits; empty where none is kept."""

    def set(self, attributes: Attributes) -> None:
        """Say more of the step."""


class Tracer(Protocol):
    """Makes spans and sends them to where the settings say."""

    @property
    def with_content(self) -> bool:
        """Whether questions, passages and answers may stand in a span."""

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[Span]:
        """Begin a step of the current request."""

    def past_span(self, name: str, attributes: Attributes, *, since: float, milliseconds: float) -> None:
        """Tell a step of the current request that began at ``since`` of ``time.perf_counter``."""

    def request_span(self, name: str, traceparent: str) -> AbstractContextManager[Span]:
        """Begin a request, within the caller's trace where ``traceparent`` names one (W3C Trace Context)."""

    def close(self) -> None:
        """Send what waits, and stop."""


class _NoSpan:
    """A span that nobody sees, and its own context manager."""

    trace_id = ""

    def set(self, attributes: Attributes) -> None:
        """Forget it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let every error pass."""


NO_SPAN = _NoSpan()
