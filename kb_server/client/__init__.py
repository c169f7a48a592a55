"""Ask a kb-server from Python, typed, with or without async.

>>> with Client("http://127.0.0.1:8000") as kb:  # doctest: +SKIP
...     print(kb.query("How do I roll back?").text)

Requests and replies are the schemas that the server itself is written with.
"""

from kb_server.client.asynchronous import AsyncClient
from kb_server.client.errors import (
    ApiError,
    AuthenticationError,
    ClientError,
    ConnectionFailedError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnavailableError,
)
from kb_server.client.events import AnswerEvent, CitationEvent, DeltaEvent, PassagesEvent, StreamEvent
from kb_server.client.retries import Retries
from kb_server.client.synchronous import Client

__all__ = [
    "AnswerEvent",
    "ApiError",
    "AsyncClient",
    "AuthenticationError",
    "CitationEvent",
    "Client",
    "ClientError",
    "ConnectionFailedError",
    "DeltaEvent",
    "NotFoundError",
    "PassagesEvent",
    "PermissionDeniedError",
    "RateLimitedError",
    "RequestRefusedError",
    "Retries",
    "StreamEvent",
    "UnavailableError",
]
