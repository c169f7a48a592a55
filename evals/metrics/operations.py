"""What the answers took: seconds, attempts, tokens and money. Seconds differ from run to run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evals.metrics.uncertainty import rounded
from evals.records.model import Record

_PERCENTILES = (50, 95, 99)


def operations(records: Sequence[Record]) -> dict[str, Any]:
    """Give latency, retries and the use of the cache."""
    answered = [record for record in records if record.error is None]
    fresh = [record for record in answered if not record.timing.from_cache]
    return {
        "latency_seconds": latency([record.timing.seconds for record in answered]),
        "server_ms": _stages(answered),
        "from_cache": sum(record.timing.from_cache for record in records),
        "fresh": len(fresh),
        "requests": sum(record.timing.attempts for record in records),
        "retries": _count(retry.reason for record in records for retry in record.timing.retries),
        "waited_seconds": rounded(
            sum(retry.waited_seconds for record in records for retry in record.timing.retries)
        ),
    }


def latency(seconds: Sequence[float]) -> dict[str, float | int | None]:
    """Give mean and percentiles over all answers; kept ones count with the time that they took once."""
    if not seconds:
        return {"n": 0, "mean": None, **{f"p{percent}": None for percent in _PERCENTILES}}
    values = np.percentile(seconds, _PERCENTILES)
    named = {
        f"p{percent}": rounded(float(value)) for percent, value in zip(_PERCENTILES, values, strict=True)
    }
    return {"n": len(seconds), "mean": rounded(float(np.mean(seconds)))} | named


def _stages(records: Sequence[Record]) -> dict[str, float | None]:
    """Give the median of what the system says of each of its stages, in milliseconds."""
    stages: dict[str, list[float]] = {}
    for record in records:
        for stage, value in record.timing.server_ms.items():
            stages.setdefault(stage, []).append(value)
    return {stage: rounded(float(np.median(found))) for stage, found in sorted(stages.items())}


def usage(records: Sequence[Record]) -> dict[str, Any]:
    """Add up the tokens and the money of all answers; the money is None where a price is not known."""
    used = [record.reply.usage for record in records if record.reply and record.reply.usage]
    costs = [item.cost_usd for item in used if item.cost_usd is not None]
    return {
        "answers": len(used),
        "models": sorted({item.model for item in used}),
        "input_tokens": sum(item.input_tokens for item in used),
        "output_tokens": sum(item.output_tokens for item in used),
        "cost_usd": rounded(sum(costs)) if used and len(costs) == len(used) else None,
    }


def errors(records: Sequence[Record]) -> dict[str, int]:
    """Count the errors by kind, such as ``http 503``."""
    failures = [record.error for record in records if record.error is not None]
    return _count(f"{item.kind} {item.status}" if item.status else item.kind for item in failures)


def _count(names: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))
