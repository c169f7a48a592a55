"""Whether the rules of a gate name measures and slices that there are, before a run is paid for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evals.cases.problems import Problem, did_you_mean
from evals.cases.suite import CONFIG, GateFields, Suite
from evals.failures import BadSuiteError
from evals.metrics.summary import ALL, METRICS, PER_CASE, slices_of

_SINGLE = [metric.name for metric in PER_CASE]


def check_names(suite: Suite) -> None:
    """Raise ``BadSuiteError`` for rules that name a measure or a slice that the suite does not have."""
    problems = gate_problems(suite)
    if problems:
        raise BadSuiteError(
            f"{suite.folder / CONFIG}: {' '.join(problem.message for problem in problems)}",
            remedy="Mend the names in [gate]; `kb eval lint` shows all problems.",
        )


def gate_problems(suite: Suite, *, whole: bool = True) -> list[Problem]:
    """List the names in ``[gate]`` that nothing is measured for.

    Slices are looked for in a ``whole`` suite only: a case that could not be read may be in them.
    """
    found = [*_measures(suite.config.gate), *(_slices(suite) if whole else ())]
    return [Problem(CONFIG, "", code, message) for code, message in found]


def check_measures(fields: GateFields) -> None:
    """Raise ``BadSuiteError`` for rules that name no measure, or one of the other direction."""
    for _, message in _measures(fields):
        raise BadSuiteError(message, remedy=f"Known: {', '.join(METRICS)}.")


def _measures(fields: GateFields) -> Iterator[tuple[str, str]]:
    for table, better, names in (("floors", "higher", fields.floors), ("ceilings", "lower", fields.ceilings)):
        other = "ceilings" if table == "floors" else "floors"
        for key in names:
            name = key.partition("@")[0]
            if name not in METRICS:
                meant = did_you_mean(name, list(METRICS))
                yield "unknown_measure", f"[gate.{table}] names {name!r}, not a measure.{meant}"
            elif METRICS[name].better != better:
                what = f"[gate.{table}] names {name!r}, of which {METRICS[name].better} is better"
                yield "wrong_table", f"{what}: put it into [gate.{other}]."
    for name in fields.no_drop or ():
        if name not in _SINGLE:
            meant = did_you_mean(name, _SINGLE)
            yield "unknown_measure", f"[gate] no_drop names {name!r}, not a measure of single cases.{meant}"


def _slices(suite: Suite) -> Iterator[tuple[str, str]]:
    fields = suite.config.gate
    there = sorted({name for case in suite.cases for name in slices_of(case, suite.product_of(case))})
    for table, names in (("floors", fields.floors), ("ceilings", fields.ceilings)):
        for key in names:
            part = key.partition("@")[2]
            if part and part != ALL and part not in there:
                meant = did_you_mean(part, _near(part, there))
                yield "unknown_slice", f"[gate.{table}] names {key!r}, and no case is in {part!r}.{meant}"


def _near(part: str, there: Sequence[str]) -> list[str]:
    """Give slices of the same kind, or all where there is none."""
    kind = part.partition(":")[0] + ":"
    return [name for name in there if name.startswith(kind)] or list(there)
