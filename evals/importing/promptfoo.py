"""Tests of promptfoo, in YAML or CSV, as cases: deterministic checks are taken, model-graded ones named."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.cases.columns import case_of_row
from evals.cases.reading import read_yaml
from evals.failures import BadSuiteError
from evals.importing.entries import Entry, entry_of, read
from evals.importing.imported import Imported

_QUESTION = ("question", "query", "prompt", "input", "user_input")
_ALL = {"contains-all": "contains", "icontains-all": "contains", "not-contains-any": "not-contains"}


def promptfoo(file: Path) -> Imported:
    """Read a file of tests, or a configuration that holds them under ``tests``."""
    found = Imported()
    for number, test in enumerate(_tests(file, found), start=1):
        found.leave(test.fields, ("vars", "assert", "description", "metadata"), "tests.")
        case = _case(test, f"{file.stem}-{number}", found)
        if case is not None:
            found.cases.append(case)
    return found


def _tests(file: Path, found: Imported) -> Iterator[Entry]:
    if file.suffix == ".csv":
        rows = csv.DictReader(io.StringIO(read(file), newline=""))
        yield from (Entry(_of_row(row), f"{file}:{rows.line_num}") for row in rows)
        return
    content = read_yaml(file)
    if isinstance(content, dict):
        found.leave(content, ("tests", "description"))
        content = content.get("tests")
    if not isinstance(content, list):
        raise BadSuiteError(f"{file} holds no list of tests.", remedy="Name a file of promptfoo's tests.")
    yield from (entry_of(test, f"{file}, tests[{at}]") for at, test in enumerate(content))


def _of_row(row: Mapping[str, str]) -> dict[str, Any]:
    cells = {name.strip(): (value or "").strip() for name, value in row.items() if name}
    test: dict[str, Any] = {"vars": {}, "assert": [], "metadata": {}}
    for name, value in cells.items():
        if not value:
            continue
        if name.removeprefix("__expected").isdigit() or name == "__expected":
            kind, separator, rest = value.partition(":")
            known = (
                {"type": kind.strip(), "value": rest.strip()} if separator or kind.startswith("is-") else {}
            )
            test["assert"].append(known or {"type": "equals", "value": value})
        elif name.startswith("__metadata:"):
            test["metadata"][name.removeprefix("__metadata:")] = value
        elif name == "__description":
            test["description"] = value
        elif name.startswith("__"):
            test[name] = value
        else:
            test["vars"][name] = value
    return test


def _case(test: Entry, name: str, found: Imported) -> dict[str, Any] | None:
    given = test.object("vars")
    column = next((column for column in _QUESTION if given.has(column)), "")
    if not column:
        found.left_behind["tests without a variable question, query, prompt or input"] += 1
        return None
    found.leave(given.fields, (column,), "vars.")
    row = {"id": name, "question": given.text(column)}
    checks = [check for item in test.objects("assert") for check in _checks(item, found)]
    row |= {f"__expected{at}": check for at, check in enumerate(checks, start=1)}
    row |= {f"__metadata:{key}": _cell(value) for key, value in test.object("metadata").fields.items()}
    if test.has("description"):
        row["__description"] = test.text("description")
    case = case_of_row(row, name, 1)
    case.setdefault("source", {})["kind"] = "promptfoo"
    return case


def _checks(item: Entry, found: Imported) -> Iterator[str]:
    """Give a check as the columns spell it, once it is known to be one that they take."""
    found.leave(item.fields, ("type", "value"), "assert.")
    kind, value = item.text("type"), item.fields.get("value", "")
    single = _ALL.get(kind.replace("not-icontains", "not-contains"))
    parts: Sequence[Any] = value if isinstance(value, list) else [value]
    texts = [f"{single}: {part}" for part in parts] if single and isinstance(value, list) else []
    for text in texts or [f"{kind}: {_cell(value)}"]:
        try:
            case_of_row({"question": "?", "__expected": text}, "check", 1)
        except ValueError:
            found.left_behind[f"assert {kind}"] += 1
            return
        yield text


def _cell(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
