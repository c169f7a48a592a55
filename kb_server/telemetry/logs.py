"""The server's log: lines of text or JSON on the error output, without a word of what users wrote."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Literal

from kb_server.errors import BadInputError, KbError

LogFormat = Literal["text", "json"]

_OWN = ("kb_server", "ingest", "uvicorn", "alembic", "opentelemetry", "py.warnings")
"""Loggers whose words are known to hold nothing of a request."""
_WITHHELD = "(words of a library are left out: they may repeat what a user wrote)"
_MAX_CHAIN = 5


def log_to_stderr(style: LogFormat) -> None:
    """Send everything that is logged to the error output, in ``style``; earlier handlers are taken off."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    handler.addFilter(_is_worth_a_line)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    # "Started server process" and its like: the one line on stdout says it.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


class TextFormatter(logging.Formatter):
    """One line for people, and the frames of an error below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line = f"{_time(record)} {record.levelname} {record.name}: {message_of(record)}"
        error = record.exc_info[1] if record.exc_info else None
        return line if error is None else "\n".join([line, *_told(error)])


class JsonFormatter(logging.Formatter):
    """One JSON object for programs; what a record carries in ``fields`` become keys."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the object in one line."""
        entry: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        fields: dict[str, Any] | None = getattr(record, "fields", None)
        entry |= {"message": message_of(record)} if fields is None else {"message": "request", **fields}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            entry["error"] = type(error).__name__
            entry["traceback"] = _told(error)
        return json.dumps(entry, ensure_ascii=False)


def message_of(record: logging.LogRecord) -> str:
    """Give what a record says, where its logger is known to repeat nothing; else where it was written."""
    if record.name.partition(".")[0] in _OWN or record.name in _OWN:
        return record.getMessage()
    return f"{record.module}:{record.lineno} {_WITHHELD}"


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Keep the chatter of libraries out, whatever level a variable of the environment gave them."""
    if record.name == "uvicorn.error" and record.msg == "Invalid HTTP request received.":
        return False  # our own line says it with its request id
    return record.levelno >= logging.WARNING or record.name.startswith(("kb_server", "ingest"))


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _told(error: BaseException) -> list[str]:
    """Give the frames of an error and of its causes, with our own messages and those of the disk.

    Any other message may repeat what was being worked on, such as a value that pydantic refused.
    """
    lines: list[str] = []
    cause: BaseException | None = error
    for _ in range(_MAX_CHAIN):
        if cause is None:
            break
        lines += [f"{'' if cause is error else 'caused by '}{type(cause).__qualname__}{_reason(cause)}"]
        frames = traceback.extract_tb(cause.__traceback__)
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}" for frame in frames]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return lines


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f": {error.strerror}"
    if isinstance(error, KbError) and not isinstance(error, BadInputError):
        return f": {error.message}"
    return ""
