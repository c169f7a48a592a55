"""``kb eval compare``: from two folders to an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from evals.comparing.comparison import FAMILY, Change, Comparison, Flip, compare
from evals.comparing.sides import Scored, read_side
from evals.counting import counted
from evals.failures import EXIT_FINDINGS, EXIT_OK

_SHOWN_FLIPS = 20
_SHOWN_CHARS = 300


def compare_command(before: Path, after: Path, metrics: Sequence[str], *, as_json: bool) -> int:
    """Print what changed from one run to another; 1 when a deciding measure got significantly worse."""
    after_side = read_side(after)
    found = compare(read_side(before), after_side, family=metrics or FAMILY, seed=after_side.seed)
    text = json.dumps(found.as_dict(), ensure_ascii=False) if as_json else "\n".join(lines(found))
    sys.stdout.write(text + "\n")
    return EXIT_FINDINGS if found.worse else EXIT_OK


def lines(found: Comparison) -> Iterator[str]:
    """Give the comparison as lines for a terminal."""
    worse = sum(flip.worse for flip in found.flips)
    yield (
        f"{found.after.suite}: {counted(len(found.cases), 'case')} in both; "
        f"{counted(worse, 'no longer passes', 'no longer pass')}, "
        f"{counted(len(found.flips) - worse, 'passes now', 'pass now')}"
    )
    for what, names in (("changed", found.changed), ("only before", found.gone), ("only after", found.new)):
        if names:
            yield f"left out, {what}: {', '.join(names)}"
    yield ""
    yield f"{'measure':<22} {'n':>5} {'before':>7} {'after':>7}  {'difference':<25} {'p':>6}  verdict"
    told = [change for change in found.changes if change.adjusted is not None or change.up or change.down]
    yield from map(_line, told)
    if len(told) < len(found.changes):
        yield f"{counted(len(found.changes) - len(told), 'other measure')} did not change in any case"
    yield ""
    yield power(found)
    for flip in found.flips[:_SHOWN_FLIPS]:
        yield from _flip(flip)
    if len(found.flips) > _SHOWN_FLIPS:
        yield f"… and {len(found.flips) - _SHOWN_FLIPS} more; --json shows all"
    yield ""
    yield "significantly worse" if found.worse else "nothing got significantly worse"


def _line(change: Change) -> str:
    gap = f"{change.difference:+.3f} [{change.low:+.3f}, {change.high:+.3f}]"
    p = change.p if change.adjusted is None else change.adjusted
    decides = "" if change.adjusted is not None else " (does not decide)"
    return (
        f"{change.name:<22} {change.n:>5} {change.before:>7.3f} {change.after:>7.3f}  {gap:<25} {p:>6.3f}  "
        f"{change.verdict}{decides}"
    )


def power(found: Comparison) -> str:
    """Say in one sentence how small a difference of the pass rate these cases can show."""
    change = next(item for item in found.changes if item.name == "pass_rate")
    if change.detectable is None:
        return "One case shows no difference."
    return (
        f"With {counted(change.n, 'case')}, a pass rate that changes by "
        f"{100 * change.detectable:.1f} points or more shows with 80 % power; a tie may hide less."
    )


def _flip(flip: Flip) -> Iterator[str]:
    yield ""
    yield f"{'worse' if flip.worse else 'better'}  {flip.id}: {flip.after.question}"
    yield f"  before  {_told(flip.before)}"
    yield f"  after   {_told(flip.after)}"
    side = flip.after if flip.worse else flip.before
    yield from (
        f"  broken  {text}" for text in dict.fromkeys(text for each in side.told for text in each.broken)
    )


def _told(case: Scored) -> str:
    told = next((each for each in case.told if each.broken), case.told[0])
    text = " ".join(told.text.split())
    shown = text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"
    return f"{case.verdict}, {told.status}: {shown}"
