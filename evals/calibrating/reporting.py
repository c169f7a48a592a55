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


_TITLES = {
    "en": ("English", "English questions, answered from English pages"),
    "ko": ("Korean", "Korean questions, answered from Korean pages"),
    "cross": ("across", "Questions answered from pages in the other language"),
}
_OUTCOMES = {
    "fitted": ("fitted", "The confidence and the threshold are new."),
    "threshold": ("new threshold", "The confidence stays, and the threshold is new"),
    "kept": ("tried", "All stays as it was"),
}


def _kind(fit: Fit) -> dict[str, Any]:
    after, said = _OUTCOMES[fit.outcome]
    name, title = _TITLES.get(fit.kind, (fit.kind, fit.kind))
    return {
        "fit": fit,
        "name": name,
        "title": title,
        "after": after,
        "said": f"{said}: {fit.why}." if fit.why else said,
        "plots": {name: _plot(points) for name, points in _named(fit).items()},
    }


def _named(fit: Fit) -> dict[str, Sequence[tuple[float, float]]]:
    """Name what is plotted; a confidence that stays is plotted once."""
    points = fit.points or {}
    if not points or points["before"] == points["after"]:
        return {"": points["before"]} if points else {}
    return {" before": points["before"], " of the new confidence, held out": points["after"]}


def _plot(points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    answers = sorted((Judged(sure, bool(right)) for sure, right in points), key=lambda each: -each.confidence)
    return {"risk": risk_coverage(answers), "reliability": reliability(answers)}
