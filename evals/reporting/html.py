"""A run as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.

Words of cases, answers and pages are escaped by the template engine; a policy in the page forbids scripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from evals.comparing.command import power
from evals.counting import counted
from evals.gating.command import word
from evals.metrics.model import Observation
from evals.metrics.summary import ALL, METRICS
from evals.records.model import Record, Span
from evals.reporting.attribution import KINDS, attribution
from evals.reporting.content import Content, broken, repeats
from evals.reporting.plots import histogram, judged, reliability, risk_coverage

_PASSAGES = 5
_SLICED = ("pass_rate", "ndcg_at_10", "truthfulness", "groundedness", "citation_recall", "wrong_answers")


def html(content: Content) -> str:
    """Give the page."""
    return _rendered("report.html", _view(content))


def calibration_html(view: dict[str, Any]) -> str:
    """Give the page of a calibration."""
    return _rendered("calibration.html", view)


def _rendered(template: str, view: dict[str, Any]) -> str:
    environment = Environment(
        loader=PackageLoader("evals.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(view)


def _view(content: Content) -> dict[str, Any]:
    run = content.run
    answers = judged(run.observed)
    changes = {change.name: change for change in content.comparison.changes} if content.comparison else {}
    bars = histogram(run.observed)
    return {
        "run": run,
        "content": content,
        "counted": counted,
        "word": word,
        "power": power(content.comparison) if content.comparison else "",
        "metrics": [
            (METRICS[name], value, changes.get(name))
            for name in METRICS
            if (value := run.summary["metrics"][name]["slices"].get(ALL)) and value["value"] is not None
        ],
        "sliced": _SLICED,
        "slices": list(_slices(run.summary["metrics"])),
        "risk": risk_coverage(answers),
        "reliability": reliability(answers),
        "bars": bars,
        "highest": max(1, *(bar.right + bar.wrong + bar.refused for bar in bars)),
        "attributions": _attributions(run.observed),
        "cases": [_case(item) for item in sorted(run.observed, key=lambda item: item.verdict == "pass")],
    }


def _slices(metrics: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any] | None]]]:
    for part in metrics["pass_rate"]["slices"]:
        yield part, [metrics[name]["slices"].get(part) for name in _SLICED]


def _attributions(observed: Sequence[Observation]) -> list[tuple[str, int]]:
    found = [attribution(item) for item in observed]
    return [(kind, found.count(kind)) for kind in KINDS if kind in found]


def _case(item: Observation) -> dict[str, Any]:
    record = next((each for each in item.records if not each.passed), item.records[0])
    reply = record.reply
    return {
        "case": item.case,
        "verdict": item.verdict,
        "why": attribution(item),
        "broken": broken(item),
        "repeats": repeats(item),
        "history": record.history,
        "error": record.error,
        "reply": reply,
        "citations": reply.citations if reply else [],
        "passages": [] if record.passed else _passages(record),
        "support": record.support or [],
        "seconds": record.timing.seconds,
    }


def _passages(record: Record) -> list[tuple[Span, list[tuple[str, bool]]]]:
    quotes = [str(span.get("quote", "")) for span in (record.reply.citations if record.reply else ())]
    return [(span, highlighted(str(span["text"]), quotes)) for span in (record.passages or [])[:_PASSAGES]]


def highlighted(text: str, quotes: Sequence[str]) -> list[tuple[str, bool]]:
    """Cut a text into parts, each with whether one of the quotes covers it.

    >>> highlighted("Run it. Then wait.", ["Then wait."])
    [('Run it. ', False), ('Then wait.', True)]
    """
    marked = [False] * len(text)
    for quote in filter(None, quotes):
        start = text.find(quote)
        if start >= 0:
            marked[start : start + len(quote)] = [True] * len(quote)
    parts: list[tuple[str, bool]] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or marked[at] != marked[start]:
            parts.append((text[start:at], marked[start]))
            start = at
    return parts
