"""Tell a stream of events from other responses: it is long by intent, and limited by other means."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Message

EVENT_STREAM = "text/event-stream"
ABORT = "kb_server.abort"
"""ASGI extension: its ``close`` drops the connection without waiting for the other side."""


def begins_stream(message: Message) -> bool:
    """Tell whether ``message`` begins a response that is a stream of events."""
    if message["type"] != "http.response.start":
        return False
    return Headers(raw=list(message["headers"])).get("content-type", "").startswith(EVENT_STREAM)
