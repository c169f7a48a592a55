"""Load scorers by name and let them look at every record.

A scorer is made by a factory, ``module:function``, that takes the options of the suite and gives a function.
It takes a case and a record, as they stand in ``cases.jsonl`` and ``records.jsonl``, and gives a number, or
None where it does not apply. What it raises is counted and never becomes a number.
"""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.failures import BadSuiteError
from evals.metrics.model import Metric, Observation, Values
from evals.metrics.summary import ALL, slices
from evals.metrics.uncertainty import Draws

Scorer = Callable[[Mapping[str, Any], Mapping[str, Any]], float | None]
_THREADS = 4
_SHOWN_CHARS = 200


@dataclass(slots=True)
class Scored:
    """What one scorer gave."""

    values: Values = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def load_scorers(specs: Mapping[str, Any], folder: Path) -> dict[str, Scorer]:
    """Make the scorers of a suite; modules are also looked for in its ``folder``.

    Raises ``BadSuiteError`` that names the scorer and what is wrong with it.
    """
    return {name: _load(name, spec, folder) for name, spec in specs.items()}


def _load(name: str, spec: Any, folder: Path) -> Scorer:
    options = {"use": spec} if isinstance(spec, str) else dict(spec)
    place = str(options.pop("use", ""))
    module, _, function = place.partition(":")
    remedy = 'Write it as `name = "module:factory"`, or as a table with `use` and the options of the factory.'
    if not module or not function:
        raise BadSuiteError(f"The scorer {name!r} does not say what to use: {spec!r}.", remedy=remedy)
    sys.path.insert(0, str(folder))
    try:
        scorer = getattr(importlib.import_module(module), function)(**options)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise BadSuiteError(
            f"The scorer {name!r} cannot be made of {place!r}: {error}.", remedy=remedy
        ) from error
    finally:
        sys.path.remove(str(folder))
    if not callable(scorer):
        raise BadSuiteError(f"The scorer {name!r} gave {scorer!r}, which cannot be called.", remedy=remedy)
    made: Scorer = scorer
    return made


def score(scorers: Mapping[str, Scorer], observed: Sequence[Observation]) -> dict[str, Scored]:
    """Give the mean over the repeats of each case; records that ended in an error are left out."""
    return {name: _score(scorer, observed) for name, scorer in scorers.items()}


def _score(scorer: Scorer, observed: Sequence[Observation]) -> Scored:
    scored = Scored()
    jobs = [
        (
            item.case.id,
            item.case.model_dump(mode="json", exclude_defaults=True),
            record.model_dump(mode="json"),
        )
        for item in observed
        for record in item.records
        if record.error is None
    ]
    with ThreadPoolExecutor(_THREADS) as pool:
        found = list(pool.map(lambda job: _value(scorer, job[1], job[2]), jobs))
    by_case: dict[str, list[float]] = {}
    for (case, *_), value in zip(jobs, found, strict=True):
        if isinstance(value, str):
            scored.errors.append(f"{case}: {value}")
        elif value is not None:
            by_case.setdefault(case, []).append(value)
    scored.values = {case: sum(values) / len(values) for case, values in by_case.items()}
    return scored


def _value(scorer: Scorer, case: Mapping[str, Any], record: Mapping[str, Any]) -> float | str | None:
    try:
        value = scorer(case, record)
    except Exception as error:  # noqa: BLE001 - another party's code: its error is counted and shown
        return f"{type(error).__name__}: {error}"[:_SHOWN_CHARS]
    if value is None:
        return None
    return float(value) if math.isfinite(value) else f"gave {value}"


def advisory(scored: Mapping[str, Scored], observed: Sequence[Observation], *, seed: int) -> dict[str, Any]:
    """Give the content of ``advisory.json``: every scorer by slice with its interval, and its errors."""
    metrics = [Metric(name, "advisory", "higher", "A scorer of the suite.") for name in scored]
    draws = Draws(observed, seed)
    content: dict[str, Any] = {
        name: {"slices": {}, "errors": len(of.errors), "first_errors": of.errors[:3]}
        for name, of in scored.items()
    }
    for part, members in slices(observed).items():
        inside = {item.case.id for item in members}
        narrowed = {
            name: {case: value for case, value in of.values.items() if case in inside}
            for name, of in scored.items()
        }
        for name, estimate in draws.estimates(metrics, narrowed).items():
            if estimate.n or part == ALL:
                content[name]["slices"][part] = estimate.as_dict()
    return content
