"""The rules of a gate: each passes or fails with a reason, and none passes because nothing was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evals.cases.schema import Case
from evals.cases.suite import GateFields, SuiteConfig
from evals.comparing.comparison import FAMILY, Change, compare
from evals.comparing.sides import FinishedRun, Side
from evals.comparing.significance import ALPHA, holm, least_p
from evals.counting import counted
from evals.gating.names import check_measures
from evals.metrics.model import Observation
from evals.metrics.summary import ALL, case_values, estimates
from evals.records.model import Record

_SHOWN = 5
_MISSING_PAGE = "missing_page"
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one rule."""

    rule: str
    passed: bool
    detail: str
    """The value and the bound; of a failure, why."""
    skipped: bool = False


Outcomes = Iterator[Outcome]


def judge(run: FinishedRun, config: SuiteConfig, baseline: Side | None) -> list[Outcome]:
    """Apply all rules of a suite to a run; cases that are marked as flaky decide nothing.

    Raises ``BadSuiteError`` for rules that name what is not measured, or a baseline of another suite.
    """
    fields = config.gate
    check_measures(fields)
    gated = [item for item in run.observed if not item.case.flaky]
    return [
        *_hard_zeros(fields, gated, run.about.get("missing_pages")),
        *_error_rate(fields.max_error_rate, config.run.max_error_rate, gated),
        *_limits(fields, _slices(run, gated), run.undefined),
        *_no_drop(fields, run, baseline),
        *_budgets(fields, run),
    ]


# Hard zeros


def _hard_zeros(fields: GateFields, gated: Sequence[Observation], missing: Sequence[str] | None) -> Outcomes:
    for name in fields.hard_zeros:
        if name == _MISSING_PAGE:
            yield _no_missing_page(missing, gated)
            continue
        broken = [
            item.case.id for item in gated if any(_BREAKS[name](item.case, each) for each in item.records)
        ]
        detail = f"in {len(broken)} of {counted(len(gated), 'case')}"
        yield Outcome(f"never {name}", not broken, f"{detail}: {_listed(broken)}" if broken else detail)


def _no_missing_page(missing: Sequence[str] | None, gated: Sequence[Observation]) -> Outcome:
    """Hold the pages that cases name against the index: without one, its cases prove nothing."""
    rule = f"never {_MISSING_PAGE}"
    if missing is None:
        return Outcome(rule, passed=True, detail="which pages there are is not known", skipped=True)
    named = sorted({path for item in gated for path in item.case.pages}.intersection(missing))
    detail = f"the index lacks {_listed(named)}" if named else "the index has every page that cases name"
    return Outcome(rule, not named, detail)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _fails(check_name: str) -> Callable[[Case, Record], bool]:
    def fails(_: Case, record: Record) -> bool:
        checks = record.verdict.checks if record.verdict and record.reply else []
        return any(check.name == check_name and not check.passed for check in checks)

    return fails


def _quotes_wrongly(_: Case, record: Record) -> bool:
    return any(state != "holds" for state in (record.integrity or {}).values())


def _answers_what_must_be_refused(case: Case, record: Record) -> bool:
    must_refuse = case.critical and case.answerability == "unanswerable"
    return must_refuse and record.reply is not None and record.reply.answers


_BREAKS: Mapping[str, Callable[[Case, Record], bool]] = {
    "citation_integrity": _quotes_wrongly,
    "not_contains": _fails("not_contains"),
    "wrong_language": _fails("lang"),
    "answered_must_abstain": _answers_what_must_be_refused,
}


# Errors, floors and ceilings


def _error_rate(wanted: float | None, of_run: float, gated: Sequence[Observation]) -> Outcomes:
    allowed = of_run if wanted is None else wanted
    records = [record for item in gated for record in item.records]
    errors = sum(record.error is not None for record in records)
    passed = bool(records) and errors <= allowed * len(records) + _SLACK
    yield Outcome(
        "max_error_rate",
        passed,
        f"{errors} of {counted(len(records), 'record')} are errors, allowed {allowed:.1%}",
    )


def _slices(run: FinishedRun, gated: Sequence[Observation]) -> dict[str, dict[str, Any]]:
    """Give every measure by slice; measured anew where flaky cases have to be left out."""
    if len(gated) == len(run.observed):
        return {name: metric["slices"] for name, metric in run.summary["metrics"].items()}
    found = estimates(gated, case_values(gated), seed=run.side.seed)
    return {
        name: {part: each.as_dict() for part, each in of_slices.items()} for name, of_slices in found.items()
    }


def _limits(
    fields: GateFields, measured: Mapping[str, dict[str, Any]], undefined: Mapping[str, Sequence[str]]
) -> Outcomes:
    for sign, bounds in (("≥", fields.floors), ("≤", fields.ceilings)):
        for key, bound in bounds.items():
            name, _, part = key.partition("@")
            estimate = measured.get(name, {}).get(part or ALL)
            problem = _not_measured(estimate) or _not_numbers(undefined.get(name, ()))
            if problem or estimate is None:
                yield Outcome(f"{key} {sign} {bound:g}", passed=False, detail=problem)
                continue
            value = estimate["value"]
            passed = value >= bound - _SLACK if sign == "≥" else value <= bound + _SLACK
            yield Outcome(f"{key} {sign} {bound:g}", passed, f"{value:.3f} (n={estimate['n']})")


def _not_measured(estimate: Mapping[str, Any] | None) -> str:
    if estimate is None:
        return "was not measured: no case of the run belongs to it"
    value = estimate["value"]
    if value is None or not math.isfinite(value):
        return f"has no value over n={estimate['n']} cases: nothing was there to measure"
    return ""


def _not_numbers(cases: Sequence[str]) -> str:
    return f"is not a number in {_listed(cases)}" if cases else ""


# Against the baseline


def _no_drop(fields: GateFields, run: FinishedRun, baseline: Side | None) -> Outcomes:
    family = FAMILY if fields.no_drop is None else tuple(fields.no_drop)
    if not family:
        return
    if baseline is None:
        skipped = fields.no_drop is None
        detail = "there is no baseline; `kb eval bless DIR` makes this run one"
        yield Outcome("no drop", passed=skipped, detail=detail, skipped=skipped)
        return
    found = compare(_steady(baseline), _steady(run.side), family=family, seed=run.side.seed)
    changes = {change.name: change for change in found.changes}
    measured = [changes[name] for name in family if name in changes]
    adjusted = holm(
        {change.name: change.p_drop for change in measured},
        {change.name: least_p(change.units, one_sided=True) for change in measured},
    )
    for name in family:
        rule = f"no drop of {name}"
        if undefined := run.undefined.get(name):
            yield Outcome(rule, passed=False, detail=_not_numbers(undefined))
        elif name in changes:
            yield _dropped(rule, changes[name], adjusted[name], fields.tolerance)
        else:
            by_default = fields.no_drop is None and not _measured_in(found.before, name)
            yield Outcome(rule, by_default, "was not measured in both the baseline and this run", by_default)


def _measured_in(side: Side, name: str) -> bool:
    return any(name in case.values for case in side.cases.values())


def _steady(side: Side) -> Side:
    return replace(side, cases={name: case for name, case in side.cases.items() if not case.flaky})


def _dropped(rule: str, change: Change, p: float, tolerance: float) -> Outcome:
    detail = (
        f"{change.before:.3f} → {change.after:.3f} (n={change.n}), {change.difference:+.3f} "
        f"[{change.low:+.3f}, {change.high:+.3f}], p={p:.3f}"
    )
    return Outcome(rule, not (p < ALPHA and change.drop > tolerance), detail)


# Budgets


def _budgets(fields: GateFields, run: FinishedRun) -> Outcomes:
    if fields.max_p95_seconds is not None:
        seconds = run.operations["latency_seconds"]["p95"]
        yield _within("max_p95_seconds", seconds, fields.max_p95_seconds, "no answer was timed")
    if fields.max_cost_usd is not None:
        usage = run.summary["usage"]
        cost = usage["cost_usd"] if usage["answers"] else 0.0
        yield _within("max_cost_usd", cost, fields.max_cost_usd, "a price is not known; see [run]")


def _within(rule: str, value: float | None, bound: float, unknown: str) -> Outcome:
    if value is None or not math.isfinite(value):
        return Outcome(rule, passed=False, detail=unknown)
    return Outcome(rule, value <= bound, f"{value:.3f}, allowed {bound:g}")
