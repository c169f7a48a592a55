"""Show the outcome of a run on a terminal or in a pipe."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from evals.counting import counted
from evals.metrics.summary import ALL

_SHOWN = 10


def show(written: dict[str, Any], suite: str, folder: Path, *, as_json: bool) -> None:
    """Print the verdicts, the measures of all cases and the first failures; or the summary as JSON."""
    if as_json:
        sys.stdout.write(json.dumps(written, ensure_ascii=False) + "\n")
        return
    lines = [headline(written, suite), ""]
    lines += _measures(written)
    failed = written["failed"]
    if failed:
        more = f" … and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
        lines += ["", f"not passed: {', '.join(failed[:_SHOWN])}{more}"]
    lines += ["", f"records and summary: {folder}"]
    sys.stdout.write("\n".join(lines) + "\n")


def headline(written: dict[str, Any], suite: str) -> str:
    """Give the verdicts in one line."""
    counts = ", ".join(f"{count} {kind}" for kind, count in written["verdicts"].items() if count)
    rate = written["metrics"]["pass_rate"]["slices"][ALL]
    return f"{suite}: {counted(written['cases'], 'case')} ({counts}); pass rate {estimate(rate)}"


def estimate(value: dict[str, Any]) -> str:
    """Give a value with its interval and its n."""
    if value["value"] is None:
        return f"– (n={value['n']})"
    if value["low"] is None:
        return f"{value['value']:.3f} (n={value['n']})"
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}] (n={value['n']})"


def _measures(written: dict[str, Any]) -> list[str]:
    lines = []
    group = ""
    for name, metric in written["metrics"].items():
        value = metric["slices"].get(ALL)
        if not value or not value["n"]:
            continue
        if metric["group"] != group:
            group = metric["group"]
            lines.append(f"{group}")
        arrow = "" if metric["better"] == "higher" else "  lower is better"
        lines.append(f"  {name:<20} {estimate(value)}{arrow}")
    return lines
