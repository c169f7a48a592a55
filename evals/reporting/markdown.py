"""A run as Markdown for a pull request: the gate, the measures, what changed and what does not pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from evals.comparing.command import power
from evals.comparing.comparison import Change, Comparison
from evals.counting import counted
from evals.gating.command import word
from evals.metrics.summary import ALL, METRICS
from evals.reporting.content import Content, broken, repeats

_VERDICTS = ("pass", "fail", "flaky", "error")
_SHOWN = 20
_SHOWN_CHARS = 300
_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~&@!])")


def markdown(content: Content) -> str:
    """Give the document; words of cases and answers never act as Markdown, HTML or mentions."""
    return "\n".join(_lines(content)) + "\n"


def _lines(content: Content) -> Iterator[str]:
    run = content.run
    yield f"## {_plain(run.side.suite)}: {_outcome(content)}"
    yield ""
    verdicts = ", ".join(f"{count} {kind}" for kind in _VERDICTS if (count := run.summary["verdicts"][kind]))
    some = "" if run.whole else f" of the {run.summary['suite']['cases']} of the suite"
    yield f"{counted(run.summary['cases'], 'case')}{some}: {verdicts}."
    yield from _gate(content)
    yield from _measures(run.summary["metrics"], content.comparison)
    if content.comparison is not None:
        yield from _flips(content.comparison)
    yield from _failures(content)
    yield from _about(content)


def _outcome(content: Content) -> str:
    if not content.outcomes:
        return "measured"
    failed = sum(not outcome.passed for outcome in content.outcomes)
    return f"gate closed, {counted(failed, 'rule fails', 'rules fail')}" if failed else "gate open"


def _gate(content: Content) -> Iterator[str]:
    if content.no_gate:
        yield from ("", f"The gate was not asked: {_plain(content.no_gate)}")
    if content.outcomes:
        rows = [
            (word(outcome), outcome.rule, outcome.detail)
            for outcome in sorted(content.outcomes, key=lambda each: each.passed)
        ]
        yield from ("", "### Gate", "", *_table(("", "Rule", "Value"), rows))


def _measures(metrics: dict[str, Any], comparison: Comparison | None) -> Iterator[str]:
    changes = {change.name: change for change in comparison.changes} if comparison else {}
    rows = [
        (name, _estimate(value), str(value["n"]), *((_change(changes.get(name)),) if comparison else ()))
        for name in METRICS
        if (value := metrics[name]["slices"].get(ALL)) and value["value"] is not None
    ]
    head = ("Measure", "Value, 95 % interval", "n", *(("Change",) if comparison else ()))
    yield from ("", "### Measures", "", *_table(head, rows))


def _estimate(value: dict[str, Any]) -> str:
    if value["low"] is None:
        return f"{value['value']:.3f}"
    return f"{value['value']:.3f} ({value['low']:.3f} to {value['high']:.3f})"


def _change(change: Change | None) -> str:
    if change is None:
        return ""
    return f"{change.difference:+.3f} ({change.low:+.3f} to {change.high:+.3f}), {change.verdict}"


def _flips(comparison: Comparison) -> Iterator[str]:
    worse = sum(flip.worse for flip in comparison.flips)
    yield from ("", f"### Changed verdicts: {worse} worse, {len(comparison.flips) - worse} better", "")
    rows = [
        (flip.id, flip.before.verdict, flip.after.verdict, flip.after.question)
        for flip in comparison.flips[:_SHOWN]
    ]
    if rows:
        yield from (*_table(("Case", "Before", "After", "Question"), rows), "")
    yield from _more(len(comparison.flips))
    yield power(comparison)


def _failures(content: Content) -> Iterator[str]:
    failed = [item for item in content.run.observed if item.verdict != "pass"]
    if not failed:
        return
    rows = [
        (item.case.id, item.verdict, item.case.asked, "; ".join(filter(None, (repeats(item), *broken(item)))))
        for item in failed[:_SHOWN]
    ]
    yield from ("", "### Not passed", "", *_table(("Case", "Verdict", "Question", "Broken"), rows), "")
    yield from _more(len(failed))


def _more(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield from (f"… and {count - _SHOWN} more.", "")


def _about(content: Content) -> Iterator[str]:
    target = content.run.about["target"]
    names = ("kind", "server_version", "build", "index_version", "corpus_hash", "encoder")
    parts = [f"suite {content.run.side.suite_hash}"]
    parts += [f"{name} {target[name]}" for name in names if target.get(name)]
    yield from ("", _plain(" · ".join(parts)))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(_plain, row))} |"


def _plain(text: str) -> str:
    short = " ".join(text.split())
    short = short if len(short) <= _SHOWN_CHARS else short[:_SHOWN_CHARS] + "…"
    # GitHub reads @name as a mention even behind a backslash; an empty comment ends the name.
    return _SIGNS.sub(r"\\\1", short).replace(r"\@", "@<!-- -->")
