"""Read cases from JSON Lines, YAML and CSV: those that can be read, and what is wrong with the others."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from evals.cases.columns import case_of_row
from evals.cases.problems import Problem, problems_of
from evals.cases.schema import Case
from evals.failures import BadSuiteError
from evals.unreadable import why_not_json, why_not_read

_MAX_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class Found:
    """The cases of one file, each with its place, and the problems of the file."""

    cases: list[tuple[str, Case]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_cases(file: Path, name: str) -> Found:
    """Read one file; ``name`` stands for it in messages, such as ``faq.jsonl:3``."""
    found = Found()
    try:
        text = _text(file)
        for place, record in _READERS[file.suffix](text, name):
            if isinstance(record, str):
                found.problems.append(Problem(place, "", "unreadable", record))
            else:
                _add(found, place, record)
    except (OSError, ValueError, yaml.YAMLError) as error:
        found.problems.append(Problem(name, "", "unreadable", why_not_read(error)))
    return found


def read_yaml(file: Path) -> Any:
    """Read the content of a YAML file; raises ``BadSuiteError`` for one that cannot be read."""
    try:
        return yaml.safe_load(_text(file))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadSuiteError(
            f"{file} cannot be read: {why_not_read(error)}.", remedy="Check format and file."
        ) from error


def _text(file: Path) -> str:
    if file.stat().st_size > _MAX_BYTES:
        raise ValueError(f"the file is larger than {_MAX_BYTES} bytes")
    return file.read_text(encoding="utf-8-sig")


def _add(found: Found, place: str, record: dict[str, Any]) -> None:
    try:
        found.cases.append((place, Case.model_validate(record)))
    except ValidationError as error:
        found.problems += problems_of(error, Case, place, str(record.get("id") or ""))


def _json_lines(text: str, name: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            record = json.loads(line, object_pairs_hook=_unique)
        except ValueError as error:
            yield place, why_not_json(error)[1]
            continue
        yield place, record if isinstance(record, dict) else "a case is a JSON object"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return record


def _yaml(text: str, name: str) -> Iterator[tuple[str, Any]]:
    tree = yaml.compose(text, Loader=yaml.SafeLoader)
    if tree is None:
        return
    nodes = _list_node(tree)
    if nodes is None:
        raise ValueError("the file must be a list of cases, or have a list under the key `cases`")
    for node in nodes.value:
        place = f"{name}:{node.start_mark.line + 1}"
        loader = yaml.SafeLoader("")
        try:
            record = loader.construct_document(node)
        finally:
            loader.dispose()
        yield place, record if isinstance(record, dict) else "a case is a mapping of keys to values"


def _list_node(tree: yaml.Node) -> yaml.SequenceNode | None:
    if isinstance(tree, yaml.MappingNode):
        tree = next((value for key, value in tree.value if key.value == "cases"), tree)
    return tree if isinstance(tree, yaml.SequenceNode) else None


def _csv(text: str, name: str) -> Iterator[tuple[str, Any]]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in rows:
            place = f"{name}:{rows.line_num}"
            if None in row:
                yield place, "the row has more cells than the header has columns"
                continue
            try:
                yield (
                    place,
                    case_of_row({key: value or "" for key, value in row.items()}, name, rows.line_num),
                )
            except ValueError as error:
                yield place, str(error)
    except csv.Error as error:
        raise ValueError(f"not CSV: {error}") from error


_READERS = {".jsonl": _json_lines, ".yaml": _yaml, ".yml": _yaml, ".csv": _csv}
