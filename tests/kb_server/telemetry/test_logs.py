"""Lines of the log: what stands in them, in text and JSON, and what never does."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from kb_server.errors import CitationMismatchError, InvalidRequestError
from kb_server.telemetry.logs import JsonFormatter, TextFormatter

CANARY = "canary-카나리아"
FORMATTERS = [TextFormatter(), JsonFormatter()]

each_format = pytest.mark.parametrize("formatter", FORMATTERS, ids=["text", "json"])


class Model(BaseModel):
    number: int


def record_of(logger: str, message: str, *arguments: object, failing: Callable[[], Any] | None = None) -> Any:
    error = None
    try:
        if failing is not None:
            failing()
    except Exception:  # noqa: BLE001 - any error is told
        error = sys.exc_info()
    return logging.LogRecord(logger, logging.ERROR, __file__, 7, message, arguments, error)


def refused() -> None:
    Model.model_validate({"number": CANARY})


def refuse() -> None:
    raise InvalidRequestError(f"bad field {CANARY}")


def chained() -> None:
    try:
        refuse()
    except InvalidRequestError as error:
        raise RuntimeError(CANARY) from error


def full_disk() -> None:
    raise OSError(28, "No space left on device", CANARY)


def mismatch() -> None:
    raise CitationMismatchError("The quote at 3–9 is not in the revision.")


def test_json_lines_have_the_fields_of_the_record() -> None:
    record = record_of("kb_server.requests", "ignored")
    record.fields = {"route": "/v1/query", "status": 200}
    line = json.loads(JsonFormatter().format(record))

    assert line["route"] == "/v1/query"
    assert line["status"] == 200
    assert line["level"] == "error"
    assert line["time"].endswith("+00:00")


@each_format
@pytest.mark.parametrize("failing", [refused, chained, full_disk])
def test_an_error_is_told_by_its_frames_without_what_its_message_repeats(
    formatter: logging.Formatter, failing: Callable[[], None]
) -> None:
    line = formatter.format(record_of("kb_server.middleware.errors", "request failed", failing=failing))

    assert CANARY not in line
    assert json.dumps(CANARY)[1:-1] not in line
    assert failing.__name__ in line
    assert "test_logs.py" in line


@each_format
def test_reasons_that_hold_nothing_of_a_user_are_told(formatter: logging.Formatter) -> None:
    disk = formatter.format(record_of("kb_server.live_index", "loading failed", failing=full_disk))
    ours = formatter.format(record_of("kb_server.live_index", "failed", failing=mismatch))

    assert "No space left on device" in disk
    assert "The quote at 3–9" in ours


@each_format
def test_words_of_libraries_are_left_out_and_their_place_is_told(formatter: logging.Formatter) -> None:
    line = formatter.format(record_of("mcp.server", f"Failed to validate: {CANARY} %s", CANARY))

    assert CANARY not in line
    assert "mcp.server" in line
    assert ":7" in line


@each_format
def test_an_error_takes_one_line_in_json_and_its_cause_is_named(formatter: logging.Formatter) -> None:
    line = formatter.format(record_of("kb_server.x", "failed", failing=chained))

    assert "RuntimeError" in line
    assert "caused by InvalidRequestError" in line
    assert isinstance(formatter, TextFormatter) or "\n" not in line
