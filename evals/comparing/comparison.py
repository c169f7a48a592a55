"""Two runs side by side: every measure with its test, and the cases whose verdict changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evals.cases.problems import did_you_mean
from evals.comparing.sides import Scored, Side, shared
from evals.comparing.significance import (
    ALPHA,
    difference_interval,
    holm,
    least_p,
    mcnemar,
    randomisation,
    smallest_mean,
    smallest_share,
)
from evals.failures import BadSuiteError
from evals.metrics.model import Metric
from evals.metrics.summary import PER_CASE
from evals.metrics.uncertainty import rounded

FAMILY = (
    "pass_rate",
    "ndcg_at_10",
    "truthfulness",
    "groundedness",
    "citation_recall",
    "citation_precision",
    "abstain_recall",
    "language_match",
)
"""Measures that decide unless others are named: few, since every further one costs the others power."""
_METRICS = {metric.name: metric for metric in PER_CASE}


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one measure; ``difference`` is after minus before."""

    name: str
    better: str
    n: int
    before: float
    after: float
    difference: float
    low: float
    high: float
    up: int
    """Cases whose value rose."""
    down: int
    units: int
    """Independent units, such as conversations, that differ: what a test has to go by."""
    p: float
    p_drop: float
    """One-sided: that it did not get worse."""
    test: str
    adjusted: float | None
    """Holm's p over the deciding measures; None for a measure that does not decide."""
    verdict: str
    """``better``, ``worse``, ``tied`` (the interval spans 0) or ``unclear``."""
    detectable: float | None
    """Smallest difference that these cases show with 80 % power."""

    @property
    def drop(self) -> float:
        """Give how much worse it got; negative where it got better."""
        return -self.difference if self.better == "higher" else self.difference


@dataclass(frozen=True, slots=True)
class Flip:
    """A case whose verdict changed, with both sides."""

    id: str
    before: Scored
    after: Scored

    @property
    def worse(self) -> bool:
        """Tell whether the case passed before."""
        return self.before.verdict == "pass"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole comparison."""

    before: Side
    after: Side
    cases: Sequence[str]
    changed: Sequence[str]
    """Cases that ask or expect something else now, and are left out."""
    gone: Sequence[str]
    new: Sequence[str]
    changes: Sequence[Change]
    flips: Sequence[Flip]

    @property
    def worse(self) -> bool:
        """Tell whether a deciding measure got significantly worse."""
        return any(change.verdict == "worse" for change in self.changes if change.adjusted is not None)

    def as_dict(self) -> dict[str, Any]:
        """Give the comparison for JSON."""
        return {
            "suite": self.after.suite,
            "before": {"folder": str(self.before.folder), "target": self.before.target},
            "after": {"folder": str(self.after.folder), "target": self.after.target},
            "cases": len(self.cases),
            "left_out": {"changed": list(self.changed), "gone": list(self.gone), "new": list(self.new)},
            "worse": self.worse,
            "metrics": {change.name: _rounded(asdict(change)) for change in self.changes},
            "flips": [
                {"id": flip.id, "worse": flip.worse, "before": _told(flip.before), "after": _told(flip.after)}
                for flip in self.flips
            ],
        }


def _rounded(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: rounded(value) if isinstance(value, float) else value for name, value in fields.items()}


def _told(case: Scored) -> dict[str, Any]:
    return {"verdict": case.verdict, "answers": [asdict(each) for each in case.told]}


def compare(before: Side, after: Side, *, family: Sequence[str] = FAMILY, seed: int = 0) -> Comparison:
    """Compare case by case; raises ``BadSuiteError`` for two suites, or a measure that is not known."""
    _check(before, after, family)
    cases = shared(before, after)
    if not cases:
        raise BadSuiteError(
            f"{before.folder} and {after.folder} have no case in common that asks and expects the same.",
            remedy="Run the suite again on both builds.",
        )
    pairs = [(before.cases[name], after.cases[name]) for name in cases]
    found = [change for metric in PER_CASE if (change := _change(metric, pairs, seed)) is not None]
    deciding = [change for change in found if change.name in family]
    adjusted = holm(
        {change.name: change.p for change in deciding},
        {change.name: least_p(change.units) for change in deciding},
    )
    flips = [
        Flip(name, old, new) for name, (old, new) in zip(cases, pairs, strict=True) if _flipped(old, new)
    ]
    return Comparison(
        before,
        after,
        cases,
        changed=[name for name in after.cases if name in before.cases and name not in set(cases)],
        gone=[name for name in before.cases if name not in after.cases],
        new=[name for name in after.cases if name not in before.cases],
        changes=[_decided(change, adjusted.get(change.name)) for change in found],
        flips=sorted(flips, key=lambda flip: not flip.worse),
    )


def _flipped(old: Scored, new: Scored) -> bool:
    return (old.verdict == "pass") != (new.verdict == "pass")


def _check(before: Side, after: Side, family: Sequence[str]) -> None:
    if before.suite != after.suite:
        raise BadSuiteError(
            f"{before.folder} is a run of the suite {before.suite!r} and {after.folder} of {after.suite!r}.",
            remedy="Compare two runs of one suite.",
        )
    for name in family:
        if name not in _METRICS:
            raise BadSuiteError(
                f"{name!r} is not a measure of single cases.{did_you_mean(name, list(_METRICS))}",
                remedy=f"Known: {', '.join(_METRICS)}.",
            )


def _change(metric: Metric, pairs: Sequence[tuple[Scored, Scored]], seed: int) -> Change | None:
    both = [(old, new) for old, new in pairs if metric.name in old.values and metric.name in new.values]
    if not both:
        return None
    weights = np.array([new.weight if metric.weighted else 1.0 for _, new in both])
    old = np.array([case.values[metric.name] for case, _ in both])
    new = np.array([case.values[metric.name] for _, case in both])
    sums = _by_cluster([case.cluster for _, case in both], weights, new - old)
    numerators, denominators = np.array([*sums.values()]).T
    low, high = difference_interval(numerators, denominators, seed=seed)
    sign = -1.0 if metric.better == "higher" else 1.0
    drops = (sign * (new - old)).tolist()
    flat = len(sums) == len(both) and len(set(weights.tolist())) == 1
    shares = {0.0, 1.0} >= {*old.tolist(), *new.tolist()}
    worse, better = sum(value > 0 for value in drops), sum(value < 0 for value in drops)
    exact = flat and shares
    units = (sign * numerators).tolist()
    return Change(
        metric.name,
        metric.better,
        len(both),
        before=float(old @ weights / weights.sum()),
        after=float(new @ weights / weights.sum()),
        difference=float((new - old) @ weights / weights.sum()),
        low=low,
        high=high,
        up=int((new > old).sum()),
        down=int((new < old).sum()),
        units=sum(unit != 0 for unit in units),
        p=mcnemar(worse, better) if exact else randomisation(units, seed=seed),
        p_drop=mcnemar(worse, better, one_sided=True)
        if exact
        else randomisation(units, seed=seed, one_sided=True),
        test="mcnemar" if exact else "randomisation",
        adjusted=None,
        verdict="",
        detectable=smallest_share(len(both), (worse + better) / len(both)) if exact else smallest_mean(drops),
    )


def _by_cluster(clusters: Sequence[str], weights: Any, differences: Any) -> dict[str, list[float]]:
    sums: dict[str, list[float]] = {}
    for cluster, weight, difference in zip(clusters, weights, differences, strict=True):
        unit = sums.setdefault(cluster, [0.0, 0.0])
        unit[0] += float(weight * difference)
        unit[1] += float(weight)
    return sums


def _decided(change: Change, adjusted: float | None) -> Change:
    p = change.p if adjusted is None else adjusted
    if p < ALPHA and not math.isclose(change.difference, 0.0, abs_tol=1e-12):
        verdict = "worse" if change.drop > 0 else "better"
    else:
        verdict = "tied" if change.low <= 0.0 <= change.high else "unclear"
    fields = {name: getattr(change, name) for name in Change.__slots__}
    return Change(**fields | {"adjusted": adjusted, "verdict": verdict})
