"""What a comparison reads of one side: a finished run, or the baseline of a suite."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evals.cases.schema import Case
from evals.failures import RunFolderError
from evals.metrics.model import Observation, observations
from evals.records.folder import CASES, OPERATIONS, RUN, SCORES, SUMMARY, read_json, read_records
from evals.records.model import Record, dumps
from evals.unreadable import why_not_json, why_not_read

BASELINE = "baseline.json"
_JUDGED_BY = {"question", "turns", "filters", "lang", "expect", "reference", "relevant"}


@dataclass(frozen=True, slots=True)
class Told:
    """What was answered to one repeat of a case, and which expectations it broke."""

    repeat: int
    status: str
    text: str
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """One case of one side."""

    id: str
    verdict: str
    weight: float
    cluster: str
    content: str
    """Names what is asked and expected: cases of another content cannot be compared."""
    question: str
    values: dict[str, float]
    told: tuple[Told, ...]
    flaky: bool

    def as_json(self) -> str:
        """Give the case as one line of a baseline."""
        told = [[each.repeat, each.status, each.text, list(each.broken)] for each in self.told]
        fields = ("id", "verdict", "weight", "cluster", "content", "question", "values", "flaky")
        return dumps({name: getattr(self, name) for name in fields} | {"told": told})


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison."""

    folder: Path
    suite: str
    suite_hash: str
    target: dict[str, Any]
    repeat: int
    seed: int
    cases: dict[str, Scored]


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """Everything that a complete run has written."""

    folder: Path
    about: dict[str, Any]
    summary: dict[str, Any]
    operations: dict[str, Any]
    observed: list[Observation]
    side: Side
    undefined: dict[str, list[str]]
    """Cases whose value of a measure is not a number, by measure."""

    @property
    def records(self) -> list[Record]:
        """Give all records."""
        return [record for item in self.observed for record in item.records]

    @property
    def whole(self) -> bool:
        """Tell whether all cases of the suite were asked."""
        return bool(self.summary["suite"]["selected"] == self.summary["suite"]["cases"])


def read_side(folder: Path) -> Side:
    """Read a run or a baseline; raises ``RunFolderError`` for a folder that holds neither."""
    return _baseline(folder) if (folder / BASELINE).is_file() else read_run(folder).side


def read_run(folder: Path) -> FinishedRun:
    """Read a run; raises ``RunFolderError`` where it is missing, cut off or cannot be read."""
    about = read_json(folder / RUN)
    if not about.get("complete"):
        raise RunFolderError(
            f"The run in {folder} was cut off.", remedy="The same `kb eval run` command goes on with it."
        )
    summary = read_json(folder / SUMMARY)
    lines = _lines(folder / CASES)
    try:
        cases = [_case(line) for line in lines]
        observed = observations(
            cases, read_records(folder), {line["id"]: line.get("product", "") for line in lines}
        )
        scores = {line["id"]: line for line in _lines(folder / SCORES)}
        scored = {item.case.id: _scored(item, scores[item.case.id]) for item in observed}
        side = Side(
            folder,
            summary["suite"]["name"],
            summary["suite"]["hash"],
            about["target"],
            about["repeat"],
            about["seed"],
            scored,
        )
    except (KeyError, TypeError, ValidationError) as error:
        raise _unreadable(folder, error) from error
    if len(observed) != len(cases) or not cases:
        raise RunFolderError(
            f"{folder} has records of {len(observed)} of its {len(cases)} cases.",
            remedy="The same `kb eval run` command asks what is missing.",
        )
    return FinishedRun(
        folder, about, summary, read_json(folder / OPERATIONS), observed, side, _undefined(scores)
    )


def _undefined(scores: Mapping[str, dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for case, line in scores.items():
        for name, value in line["values"].items():
            if not _is_number(value):
                found.setdefault(name, []).append(case)
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _case(line: dict[str, Any]) -> Case:
    return Case.model_validate(line)


def _scored(item: Observation, line: dict[str, Any]) -> Scored:
    case = item.case
    return Scored(
        case.id,
        item.verdict,
        case.weight,
        item.cluster,
        content_hash(case),
        case.asked,
        {name: value for name, value in line["values"].items() if _is_number(value)},
        tuple(_told(record) for record in item.records),
        case.flaky,
    )


def _told(record: Record) -> Told:
    checks = record.verdict.checks if record.verdict else []
    broken = tuple(f"{check.name}: {check.detail}" for check in checks if not check.passed)
    if record.error is not None:
        return Told(record.repeat, "error", record.error.message, broken)
    reply = record.reply
    return Told(record.repeat, reply.status if reply else "", reply.text if reply else "", broken)


def content_hash(case: Case) -> str:
    """Name what a case asks and expects; labels such as tags and owner do not count."""
    content = case.model_dump(include=_JUDGED_BY, exclude_defaults=True, mode="json")
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def _lines(file: Path) -> list[dict[str, Any]]:
    found = []
    try:
        for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
            if line.strip():
                found.append(_json(line, number))
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error
    return found


def _json(line: str, number: int) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise ValueError(f"line {number} is {why_not_json(error)[1]}") from error
    return record


def _unreadable(path: Path, error: Exception) -> RunFolderError:
    return RunFolderError(
        f"{path} cannot be read: {_why(error)}.",
        remedy="It was changed by hand or comes from another release; run again into a new folder.",
    )


def _why(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else why_not_read(error)


def _baseline(folder: Path) -> Side:
    about = read_json(folder / BASELINE)
    try:
        cases = [_from_line(line) for line in _lines(folder / SCORES)]
        return Side(
            folder,
            about["suite"]["name"],
            about["suite"]["hash"],
            about["target"],
            about["repeat"],
            about["seed"],
            {case.id: case for case in cases},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunFolderError(
            f"The baseline in {folder} cannot be read: {_why(error)}.",
            remedy="`kb eval bless DIR` writes a new one.",
        ) from error


def _from_line(line: dict[str, Any]) -> Scored:
    told = tuple(
        Told(repeat, status, text, tuple(broken)) for repeat, status, text, broken in line.pop("told")
    )
    return Scored(**line, told=told)


def shared(before: Side, after: Side) -> Sequence[str]:
    """Give the cases that both sides asked and judged alike, in the order of the second."""
    return [
        name
        for name, case in after.cases.items()
        if name in before.cases and before.cases[name].content == case.content
    ]
