"""Which cases of a suite are run: by tag, id, language, product, owner, or what failed in an earlier run."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from evals.cases.problems import did_you_mean
from evals.cases.schema import Case
from evals.cases.suite import Suite
from evals.failures import BadSuiteError
from evals.records.folder import read_records

KEYS = ("id", "tag", "lang", "product", "owner", "answerability", "critical", "failed", "errors")
_FORM = re.compile(r"(!?)([a-z]+)\s*[:=]\s*(.+)")

Test = Callable[[Case], bool]


def select(suite: Suite, filters: Sequence[str]) -> tuple[Case, ...]:
    """Give the cases that meet the filters: all keys, any value of each; ``!`` before one leaves cases out.

    Raises ``BadSuiteError`` for a filter that cannot be read, and where no case is left.
    """
    wanted: dict[str, list[Test]] = {}
    unwanted: list[Test] = []
    for text in filters:
        negated, key, test = _parse(suite, text)
        if negated:
            unwanted.append(test)
        else:
            wanted.setdefault(key, []).append(test)
    chosen = tuple(
        case
        for case in suite.cases
        if all(any(test(case) for test in tests) for tests in wanted.values())
        and not any(test(case) for test in unwanted)
    )
    if not chosen:
        raise BadSuiteError(
            f"No case of {suite.name!r} meets {' '.join(filters)!r}.",
            remedy="Without --filter, every case is run.",
        )
    return chosen


def _parse(suite: Suite, text: str) -> tuple[bool, str, Test]:
    match = _FORM.fullmatch(text.strip())
    if match is None or match[2] not in KEYS:
        known = ", ".join(f"{key}:…" for key in KEYS)
        hint = did_you_mean(match[2], KEYS) if match else ""
        raise BadSuiteError(f"{text!r} is not a filter.{hint}", remedy=f"Known filters: {known}.")
    return bool(match[1]), match[2], _test(suite, match[2], match[3].strip())


def _test(suite: Suite, key: str, value: str) -> Test:
    if key in {"failed", "errors"}:
        return _of_run(Path(value), errors_only=key == "errors")
    if key == "critical":
        return lambda case: case.critical == (value.lower() in {"true", "yes", "1"})
    return lambda case: any(fnmatch.fnmatchcase(item, value) for item in _values(suite, case, key))


def _values(suite: Suite, case: Case, key: str) -> Sequence[str]:
    labels: dict[str, Sequence[str]] = {
        "id": [case.id],
        "tag": case.tags,
        "lang": [case.language],
        "product": [suite.product_of(case)],
        "owner": [case.owner],
        "answerability": [case.answerability],
    }
    return labels[key]


def _of_run(folder: Path, *, errors_only: bool) -> Test:
    records = read_records(folder)
    if not records:
        raise BadSuiteError(
            f"{folder} holds no records of a run.", remedy="Name the --out folder of an earlier run."
        )
    failed = {
        record.case_id
        for record in records
        if (record.error is not None if errors_only else not record.passed)
    }
    return lambda case: case.id in failed
