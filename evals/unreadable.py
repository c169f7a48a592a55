"""Say in words why a file or a line could not be read."""

from __future__ import annotations

import json


def why_not_read(error: Exception) -> str:
    """Give the reason without the number and the name that Python puts around it.

    >>> why_not_read(FileNotFoundError(2, "No such file or directory", "a.json"))
    'no such file or directory'
    """
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    if isinstance(error, json.JSONDecodeError):
        line, reason = why_not_json(error)
        return f"line {line} is {reason}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return " ".join(str(error).split())


def why_not_json(error: ValueError, *, first_line: int = 1) -> tuple[int, str]:
    """Give the line of a file in which JSON goes wrong, and why; the text began in ``first_line``.

    >>> try:
    ...     json.loads('{"a" 1}')
    ... except ValueError as error:
    ...     why_not_json(error, first_line=7)
    (7, "not JSON: expecting ':' delimiter at column 6")
    """
    if not isinstance(error, json.JSONDecodeError):
        return first_line, f"not JSON: {error}"
    reason = error.msg[0].lower() + error.msg[1:]
    return first_line + error.lineno - 1, f"not JSON: {reason} at column {error.colno}"
