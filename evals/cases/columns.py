"""Cases as rows of a table: a column for each field, and the columns that promptfoo knows.

A column is named by the path of a field, such as ``expect.contains`` or ``filters.product``; a list is joined
by ``|``. Of promptfoo: ``__expected``, ``__expected2`` … (``type: value``), ``__description``,
``__metadata:KEY`` and ``__metadata:KEY[]``; ``__metric`` and ``__threshold`` belong to model-graded checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_QUESTION_COLUMNS = ("question", "query", "prompt", "input", "user_input")
_LISTS = {
    "tags", "reference", "relevant", "expect.status", "expect.reason", "expect.contains",
    "expect.contains_any", "expect.not_contains", "expect.regex", "expect.nuggets", "expect.cite.all",
    "expect.cite.any", "expect.cite.none", "expect.retrieve.all", "expect.retrieve.any",
}  # fmt: skip
_NUMBERS = {"weight", "expect.max_sentences", "expect.min_groundedness", "expect.retrieve.k"}
_FLAGS = {"critical", "flaky"}
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}
_EXPECTED = re.compile(r"__expected(\d*)")
_CHECK = re.compile(r"\s*(not-)?([a-z][a-z-]*)(?:\(([^)]*)\))?\s*:\s*(.*)", re.DOTALL)
_REFUSED = ["answered", "partial"], ["abstained", "handoff"]

Record = dict[str, Any]


def case_of_row(row: Mapping[str, str], file: str, line: int) -> Record:
    """Turn a row into the fields of a case; raises ``ValueError`` that names the column and the rule."""
    record: Record = {}
    for column, cell in row.items():
        value = cell.strip()
        if value:
            _set_column(record, column.strip(), value)
    for column in _QUESTION_COLUMNS:
        if column != "question" and "question" not in record and column in record:
            record["question"] = record.pop(column)
    record.setdefault("id", f"{file.rpartition('/')[2].rpartition('.')[0]}-{line}")
    return record


def _set_column(record: Record, column: str, value: str) -> None:
    if _EXPECTED.fullmatch(column):
        _expect(record.setdefault("expect", {}), value)
    elif column == "__description":
        record.setdefault("source", {})["description"] = value
    elif column.startswith("__metadata:"):
        _metadata(record, column.removeprefix("__metadata:"), value)
    elif column in {"__metric", "__threshold"}:
        raise ValueError(
            f"{column}: named metrics and thresholds belong to model-graded checks; leave it empty"
        )
    elif column.startswith("__"):
        raise ValueError(f"{column} is not a column that is understood")
    else:
        _set_field(record, column, _typed(column, value))


def _typed(column: str, value: str) -> Any:
    if column in _LISTS:
        return [item.strip() for item in value.split("|") if item.strip()]
    if column in _NUMBERS:
        return float(value) if "." in value else int(value)
    if column in _FLAGS:
        if value.lower() not in _TRUE | _FALSE:
            raise ValueError(f"{column}: must be true or false, not {value!r}")
        return value.lower() in _TRUE
    if column.startswith("filters.") and "|" in value:
        return value.split("|")
    return value


def _set_field(record: Record, column: str, value: Any) -> None:
    *parents, name = column.split(".")
    target = record
    for parent in parents:
        target = target.setdefault(parent, {})
    target[name] = value


def _metadata(record: Record, key: str, value: str) -> None:
    if key.endswith("[]"):
        values = [item.strip() for item in re.split(r"(?<!\\),", value) if item.strip()]
        record.setdefault("tags", []).extend(
            values if key == "tags[]" else [f"{key.removesuffix('[]')}={item}" for item in values]
        )
    elif key in {"owner", "lang", "product", "conversation"}:
        record[key] = value
    else:
        record.setdefault("tags", []).append(f"{key}={value}")


def _expect(expect: Record, check: str) -> None:
    """Add one of promptfoo's checks; a bare text is what the answer equals."""
    match = _CHECK.fullmatch(check)
    if match is None and check in {"is-refusal", "not-is-refusal"}:
        match = _CHECK.fullmatch(f"{check}: ")
    if match is None:
        _equals(expect, check)
        return
    negated, kind, _, value = match.groups()
    handler = _CHECKS.get(f"{negated or ''}{kind}")
    if handler is None:
        known = ", ".join(sorted(_CHECKS))
        raise ValueError(
            f"__expected: {negated or ''}{kind!s} is not a check that is understood; known: {known}"
        )
    handler(expect, value.strip())


def _append(name: str) -> Callable[[Record, str], None]:
    return lambda expect, value: expect.setdefault(name, []).append(value)


def _extend(name: str) -> Callable[[Record, str], None]:
    return lambda expect, value: expect.setdefault(name, []).extend(
        item.strip() for item in value.split(",") if item.strip()
    )


def _equals(expect: Record, value: str) -> None:
    expect.setdefault("regex", []).append(rf"^\s*{re.escape(value)}\s*$")


def _starts_with(expect: Record, value: str) -> None:
    expect.setdefault("regex", []).append(rf"^\s*{re.escape(value)}")


def _refusal(*, refused: bool) -> Callable[[Record, str], None]:
    def set_status(expect: Record, _: str) -> None:
        expect["status"] = _REFUSED[refused]

    return set_status


_CHECKS: dict[str, Callable[[Record, str], None]] = {
    "contains": _append("contains"),
    "icontains": _append("contains"),
    "contains-all": _extend("contains"),
    "icontains-all": _extend("contains"),
    "contains-any": _extend("contains_any"),
    "icontains-any": _extend("contains_any"),
    "not-contains": _append("not_contains"),
    "not-icontains": _append("not_contains"),
    "not-contains-any": _extend("not_contains"),
    "not-icontains-any": _extend("not_contains"),
    "regex": _append("regex"),
    "equals": _equals,
    "starts-with": _starts_with,
    "is-refusal": _refusal(refused=True),
    "not-is-refusal": _refusal(refused=False),
}
