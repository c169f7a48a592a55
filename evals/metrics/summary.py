"""All measures of a run, with intervals and slices: the same for the same records, to the byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.cases.schema import Case
from evals.metrics import abstention, answer, citations, operations, retrieval
from evals.metrics.classification import label_scores, macro_f1
from evals.metrics.model import Metric, Observation, Values, averaged
from evals.metrics.uncertainty import Draws, Estimate, rounded
from evals.records.model import SCHEMA, Record

ALL = "all"

VERDICTS = (
    Metric("pass_rate", "verdict", "higher", "All that the case expects holds.", share=True, weighted=True),
    Metric("critical_pass_rate", "verdict", "higher", "The same, of critical cases.", share=True),
    Metric("error_rate", "verdict", "lower", "There was no answer to measure.", share=True),
    Metric("flaky_rate", "verdict", "lower", "The repeats of a case differ in their verdict.", share=True),
)
PER_CASE = (
    *VERDICTS,
    *retrieval.METRICS,
    *answer.METRICS,
    *citations.METRICS,
    *abstention.METRICS,
)
METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (*PER_CASE, *(kind.metric for kind in abstention.POOLED))
}
"""Every measure by name."""


def case_values(observed: Sequence[Observation]) -> dict[str, Values]:
    """Give every measure of single cases, by measure and case."""
    return {
        **_verdicts(observed),
        **retrieval.values(observed),
        **answer.values(observed),
        **citations.values(observed),
        **abstention.values(observed),
    }


def _verdicts(observed: Sequence[Observation]) -> dict[str, Values]:
    return {
        "pass_rate": averaged(observed, lambda _, record: float(record.passed), on_error=0.0),
        "critical_pass_rate": averaged(
            observed, lambda _, record: float(record.passed), applies=lambda case: case.critical, on_error=0.0
        ),
        "error_rate": averaged(observed, lambda *_: 0.0, on_error=1.0),
        "flaky_rate": {
            item.case.id: float(item.verdict == "flaky") for item in observed if len(item.records) > 1
        },
    }


def slices(observed: Sequence[Observation]) -> dict[str, list[Observation]]:
    """Group by language, answerability, product and tag; ``all`` comes first."""
    found: dict[str, list[Observation]] = {ALL: list(observed)}
    for item in observed:
        for name in labels(item):
            found.setdefault(name, []).append(item)
    return {name: found[name] for name in sorted(found, key=lambda name: (name != ALL, name))}


def labels(item: Observation) -> list[str]:
    """Name the slices that a case is in, beside ``all``."""
    return slices_of(item.case, item.product)


def slices_of(case: Case, product: str) -> list[str]:
    """Name the slices of a case that is about a product, beside ``all``."""
    names = [f"lang:{case.language}", f"answerability:{case.answerability}"]
    names += [f"product:{product}"] if product else []
    names += ["critical:true"] if case.critical else []
    return names + [f"tag:{tag}" for tag in dict.fromkeys(case.tags)]


def estimates(
    observed: Sequence[Observation], values: Mapping[str, Values], *, seed: int
) -> dict[str, dict[str, Estimate]]:
    """Give every measure with its interval, by measure and slice; slices without a value are left out."""
    draws = Draws(observed, seed)
    pooled = abstention.PooledMeasures(observed, draws)
    found: dict[str, dict[str, Estimate]] = {name: {} for name in METRICS}
    for name, members in slices(observed).items():
        inside = {item.case.id for item in members}
        narrowed = {
            metric: {case: value for case, value in by_case.items() if case in inside}
            for metric, by_case in values.items()
        }
        of_slice = {**draws.estimates(PER_CASE, narrowed), **pooled.estimates(inside)}
        for metric, estimate in of_slice.items():
            if estimate.n or name == ALL:
                found[metric][name] = estimate
    return found


def summary(observed: Sequence[Observation], values: Mapping[str, Values], *, seed: int) -> dict[str, Any]:
    """Give the content of ``summary.json`` but for the names of suite and target."""
    records: list[Record] = [record for item in observed for record in item.records]
    verdicts = dict.fromkeys(("pass", "fail", "flaky", "error"), 0)
    for item in observed:
        verdicts[item.verdict] += 1
    pairs = _status_pairs(observed)
    return {
        "schema": SCHEMA,
        "cases": len(observed),
        "records": len(records),
        "verdicts": verdicts,
        "failed": [item.case.id for item in observed if item.verdict != "pass"],
        "metrics": {
            name: {
                "group": METRICS[name].group,
                "better": METRICS[name].better,
                "slices": {part: estimate.as_dict() for part, estimate in of_slices.items()},
            }
            for name, of_slices in estimates(observed, values, seed=seed).items()
        },
        "confusion": abstention.confusion(observed),
        "statuses": {
            "macro_f1": rounded(macro_f1(pairs)),
            "labels": {label: score._asdict() for label, score in label_scores(pairs).items()},
        },
        "errors": operations.errors(records),
        "usage": operations.usage(records),
    }


def _status_pairs(observed: Sequence[Observation]) -> list[tuple[str, str]]:
    """Pair the expected status with the one that came; one of several expected ones counts as expected."""
    pairs: list[tuple[str, str]] = []
    for item in observed:
        expected = item.case.expect.status
        for record in item.records if expected else ():
            came = record.reply.status if record.reply else "error"
            pairs.append((came if came in expected else expected[0], came))
    return pairs


def scores(observed: Sequence[Observation], values: Mapping[str, Values]) -> list[dict[str, Any]]:
    """Give a line for each case: its verdict, its slices and the value of every measure that applies."""
    return [
        {
            "id": item.case.id,
            "verdict": item.verdict,
            "weight": item.case.weight,
            "cluster": item.cluster,
            "slices": labels(item),
            "values": {
                name: rounded(by_case[item.case.id])
                for name, by_case in values.items()
                if item.case.id in by_case
            },
        }
        for item in observed
    ]
