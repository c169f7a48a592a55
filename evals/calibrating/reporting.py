"""What a calibration did, as Markdown and as points of plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evals.calibrating.fitting import Fit, Measured
from evals.reporting.plots import Judged, reliability, risk_coverage

_COLUMNS = (
    ("log_loss", "log loss"),
    ("brier", "Brier"),
    ("ece", "calibration error"),
    ("auroc", "AUROC"),
    ("answer_from", "answered from"),
    ("coverage", "given"),
    ("risk", "wrong of these"),
)


def markdown(content: dict[str, Any], fits: Sequence[Fit]) -> str:
    """Give the calibration as Markdown."""
    return "\n".join(_lines(content, fits)) + "\n"


def _lines(content: dict[str, Any], fits: Sequence[Fit]) -> Iterator[str]:
    yield "# Calibration"
    yield ""
    yield (
        f"Of {', '.join(content['suites'])}; accepted risk {content['max_risk']:g}; "
        f"from {content['from']} to {content['id']}. Figures of the new confidence are held out by folds."
    )
    yield ""
    yield "| Kind | Answers | Right | | " + " | ".join(title for _, title in _COLUMNS) + " |"
    yield "| --- " * (4 + len(_COLUMNS)) + "|"
    for fit in fits:
        if fit.before is None or fit.after is None:
            yield f"| {fit.kind} | {fit.answers} | {fit.right} | kept: {fit.why} |" + " |" * len(_COLUMNS)
            continue
        yield f"| {fit.kind} | {fit.answers} | {fit.right} | before | {_cells(fit.before)} |"
        yield f"| | | | {fit.outcome} | {_cells(fit.after)} |"
    for fit in fits:
        if fit.curve and fit.outcome != "kept":
            yield ""
            yield f"## {fit.kind}"
            yield ""
            yield "| Accepted risk | Answered from | Given |"
            yield "| --- | --- | --- |"
            for point in fit.curve:
                yield f"| {point['max_risk']:g} | {point['answer_from']:.4f} | {point['coverage']:.0%} |"


def _cells(measured: Measured) -> str:
    return " | ".join(told(measured, name) for name, _ in _COLUMNS)


def told(measured: Measured, name: str) -> str:
    """Give one figure for a table, the risk with its interval."""
    value = getattr(measured, name)
    if value is None:
        return "–"
    if name == "risk":
        return f"{value:.3f} ({measured.risk_low:.3f} to {measured.risk_high:.3f})"
    return f"{value:.3f}"


def view(content: dict[str, Any], fits: Sequence[Fit]) -> dict[str, Any]:
    """Give what the page shows: the figures, and the points of two plots for each kind."""
    return {"content": content, "columns": _COLUMNS, "told": told, "kinds": [_kind(fit) for fit in fits]}


def _kind(fit: Fit) -> dict[str, Any]:
    plots = {}
    for name, points in (fit.points or {}).items():
        answers = sorted(
            (Judged(sure, bool(right)) for sure, right in points), key=lambda each: -each.confidence
        )
        plots[name] = {"risk": risk_coverage(answers), "reliability": reliability(answers)}
    return {"fit": fit, "plots": plots}
