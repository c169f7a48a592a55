"""Every error that a user of kb-server can see, as one tree.

KbError
├── BadInputError          the caller can mend it: HTTP 4xx, exit code 2
│   ├── InvalidRequestError      malformed question, filter, top_k …
│   ├── UnknownFilterError
│   ├── MalformedHttpError       a connection that does not speak HTTP
│   ├── MalformedJsonError       a body that is not JSON
│   ├── UnsupportedMediaTypeError
│   ├── MethodNotAllowedError
│   ├── PayloadTooLargeError
│   ├── IdempotencyError         a key that was sent with another request
│   ├── ForbiddenError           a route that needs another scope
│   ├── BodyTimeoutError         a body that trickles in
│   ├── UnauthorizedError        no key or token, or one that is not valid: HTTP 401
│   ├── RateLimitedError         too many requests of one caller: HTTP 429 with Retry-After
│   ├── UntrustedOriginError     a web page of another site that calls the server
│   ├── NotFoundError            document, revision, version, path
│   └── SourceError              corpus path or file that cannot be read as asked
├── IndexStateError        the published index cannot serve: HTTP 503, exit code 3
│   ├── StartingError            the server has just started and is still loading
│   ├── SearchProcessError       the process that searches has ended, and is started again
│   ├── IndexMissingError
│   ├── IndexDamagedError
│   └── IndexMismatchError       built with another encoder or format
├── PublishError           an ingest could not publish; the last version is untouched: exit code 3
│   ├── IngestLockedError        another ingest holds the lock
│   ├── VerificationError
│   └── TooManyFailuresError
├── StoreError             conversations, feedback and keys cannot be read or kept: HTTP 503, exit code 3
│   ├── StoreUnavailableError    the database is lost, locked, full or damaged
│   └── StoreMismatchError       its schema is not the one of this code
├── EncoderError           model missing, wrong hash, wrong dimension: HTTP 503, exit code 3
├── LanguageModelError     the client of KB_LLM cannot be loaded: exit code 3
├── TracingError           the client of KB_TRACE_URL cannot be loaded: exit code 3
├── CitationMismatchError  a quote that its revision does not contain: never sent, HTTP 500
├── AccessViolationError   a page that the asker may not see, caught on its way out: never sent, HTTP 500
├── ListenError            the address to serve on cannot be bound: exit code 3
└── OverloadedError        more work than the server accepts: HTTP 503 with Retry-After
    ├── RequestTimeoutError      one request took longer than its time limit
    ├── StreamInterruptedError   a stream that nobody read any more
    └── ShuttingDownError        the server ends, and takes on nothing new

Each message names the value and the rule; ``remedy`` names the next step.
"""

from __future__ import annotations

from typing import ClassVar

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_BAD_INPUT = 2
EXIT_INFRASTRUCTURE = 3


class KbError(Exception):
    """Base of all errors: a stable ``code``, an HTTP ``status``, an ``exit_code`` and a ``remedy``."""

    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = EXIT_INFRASTRUCTURE

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """Keep ``message`` (what is wrong, with the value) apart from ``remedy`` (what to do)."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """Message and remedy in one line, as a terminal shows it."""
        return f"{self.message} {self.remedy}".strip()


class BadInputError(KbError):
    """Something the caller sent is wrong and the caller can mend it."""

    code = "bad_input"
    title = "Bad input"
    status = 400
    exit_code = EXIT_BAD_INPUT


class InvalidRequestError(BadInputError):
    """A request field breaks a rule."""

    code = "invalid_request"
    title = "Invalid request"
    status = 422


class UnknownFilterError(BadInputError):
    """A filter key that no document in the index carries."""

    code = "unknown_filter"
    title = "Unknown filter"
    status = 422


class MalformedHttpError(BadInputError):
    """Bytes that are not a request of HTTP, or whose head is too large."""

    code = "malformed_http"
    title = "Malformed HTTP"


class MalformedJsonError(BadInputError):
    """A request body that cannot be read as JSON."""

    code = "malformed_json"
    title = "Malformed JSON"


class UnsupportedMediaTypeError(BadInputError):
    """A request body that is not declared to be JSON."""

    code = "unsupported_media_type"
    title = "Unsupported media type"
    status = 415


class MethodNotAllowedError(BadInputError):
    """A route that exists, but not for this method."""

    code = "method_not_allowed"
    title = "Method not allowed"
    status = 405


class PayloadTooLargeError(BadInputError):
    """A request body above the limit."""

    code = "payload_too_large"
    title = "Payload too large"
    status = 413


class BodyTimeoutError(BadInputError):
    """A request body that did not arrive in time."""

    code = "body_timeout"
    title = "Body timeout"
    status = 408


class NotFoundError(BadInputError):
    """A named thing does not exist."""

    code = "not_found"
    title = "Not found"
    status = 404


class UnauthorizedError(BadInputError):
    """A request without a key or token, or with one that is unknown, revoked or expired."""

    code = "unauthorized"
    title = "Unauthorized"
    status = 401

    def __init__(self, message: str, *, remedy: str = "", reason: str = "") -> None:
        """Keep the ``reason`` in the words of RFC 6750; empty where nothing was shown."""
        super().__init__(message, remedy=remedy)
        self.reason = reason


class RateLimitedError(BadInputError):
    """More requests than the limit allows; ``wait`` gives the seconds until the next one may come."""

    code = "rate_limited"
    title = "Rate limited"
    status = 429

    def __init__(self, message: str, *, remedy: str = "", wait: int = 1) -> None:
        """Keep the seconds to ``wait``."""
        super().__init__(message, remedy=remedy)
        self.wait = wait


class UntrustedOriginError(BadInputError):
    """A request that a web page of another site sent, or that came under a name that is not the server's."""

    code = "untrusted_origin"
    title = "Untrusted origin"
    status = 403


class IdempotencyError(BadInputError):
    """An Idempotency-Key that was sent with another request before."""

    code = "idempotency_key_reused"
    title = "Idempotency key reused"
    status = 422


class ForbiddenError(BadInputError):
    """A caller without the scope that the route needs."""

    code = "forbidden"
    title = "Forbidden"
    status = 403


class SourceError(BadInputError):
    """A corpus path that cannot be ingested."""

    code = "bad_source"
    title = "Bad source"


class IndexStateError(KbError):
    """The published index cannot answer."""

    code = "index_unavailable"
    title = "Index unavailable"
    status = 503


class StartingError(IndexStateError):
    """The encoder or the first version is still being loaded."""

    code = "starting"
    title = "Starting"


class SearchProcessError(IndexStateError):
    """The process that searches has ended, and is being started again."""

    code = "search_process_ended"
    title = "Search process ended"


class IndexMissingError(IndexStateError):
    """Nothing has been published yet."""

    code = "index_missing"
    title = "No index"


class IndexDamagedError(IndexStateError):
    """A file of the version is missing or its content does not match the manifest."""

    code = "index_damaged"
    title = "Index damaged"


class IndexMismatchError(IndexStateError):
    """The version was built with another encoder, dimension or format."""

    code = "index_mismatch"
    title = "Index mismatch"


class PublishError(KbError):
    """An ingest stopped before it published; the last published version is untouched."""

    code = "publish_failed"
    title = "Publish failed"


class IngestLockedError(PublishError):
    """Another ingest holds the lock of this data directory."""

    code = "ingest_locked"
    title = "Ingest locked"


class VerificationError(PublishError):
    """The freshly built version failed a check."""

    code = "verification_failed"
    title = "Verification failed"


class TooManyFailuresError(PublishError):
    """More files failed than a publish may leave behind."""

    code = "too_many_failures"
    title = "Too many failed files"
    exit_code = EXIT_FINDINGS


class StoreError(KbError):
    """The database cannot do its part."""

    code = "store_failed"
    title = "Store failed"
    status = 503


class StoreUnavailableError(StoreError):
    """The database is lost, locked, full or damaged."""

    code = "store_unavailable"
    title = "Store unavailable"


class StoreMismatchError(StoreError):
    """The database has a schema that this code does not work with."""

    code = "store_mismatch"
    title = "Store mismatch"


class EncoderError(KbError):
    """The encoder cannot be loaded or does not fit."""

    code = "encoder_unavailable"
    title = "Encoder unavailable"
    status = 503


class LanguageModelError(KbError):
    """The language model of the settings cannot be set up; one that fails to answer is no error."""

    code = "language_model_unavailable"
    title = "Language model unavailable"
    status = 503


class TracingError(KbError):
    """The client that sends traces cannot be set up; one that cannot send them is no error."""

    code = "tracing_unavailable"
    title = "Tracing unavailable"
    status = 503


class CitationMismatchError(KbError):
    """A citation whose quote is not what its revision says at that place."""

    code = "citation_mismatch"
    title = "Citation mismatch"


class AccessViolationError(KbError):
    """A page that its labels keep from the asker was about to be sent."""

    code = "access_violation"
    title = "Access violation"


class ListenError(KbError):
    """An address or port that the server cannot listen on."""

    code = "cannot_listen"
    title = "Cannot listen"


class OverloadedError(KbError):
    """More work than the server accepts at once."""

    code = "overloaded"
    title = "Overloaded"
    status = 503


class RequestTimeoutError(OverloadedError):
    """A request that was given up after its time limit."""

    code = "request_timeout"
    title = "Request timeout"


class StreamInterruptedError(OverloadedError):
    """A stream whose answer was given up because nobody read it."""

    code = "stream_interrupted"
    title = "Stream interrupted"


class ShuttingDownError(OverloadedError):
    """A server that is about to end."""

    code = "shutting_down"
    title = "Shutting down"
