"""Compare two measurements question by question: ``python -m evals.compare before.json after.json``.

Both files come from ``--json`` of ``evals.retrieval`` or ``evals.benchmark_sets``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from evals.intervals import paired_difference
from evals.runs import Row, pooled, read_rows
from evals.server import EvalError


def show(before: Sequence[Row], after: Sequence[Row], *, questions: bool) -> int:
    """Print the paired difference of every measure; give how many rows both have."""
    old = {(row.set, row.slice, row.mode): row for row in [*before, *pooled(before)]}
    shared = [
        (old[row.set, row.slice, row.mode], row)
        for row in [*after, *pooled(after)]
        if (row.set, row.slice, row.mode) in old
    ]
    head = f"{'set':<16} {'slice':<9} {'mode':<9} {'measure':<10} {'n':>5}"
    print(f"{head}  {'before':>6} {'after':>6}  {'difference':<23} up/down")
    for first, second in shared:
        for line in _lines(first, second, questions=questions):
            print(line)
    return len(shared)


def _lines(before: Row, after: Row, *, questions: bool) -> Iterator[str]:
    for measure, values in after.values.items():
        old = before.values.get(measure, {})
        both = [query_id for query_id in values if query_id in old]
        if both:
            n, gap = paired_difference(values, old)
            up = [query_id for query_id in both if values[query_id] > old[query_id]]
            down = [query_id for query_id in both if values[query_id] < old[query_id]]
            means = [sum(side[query_id] for query_id in both) / n for side in (old, values)]
            change = f"{gap.mean:+.3f} [{gap.low:+.3f},{gap.high:+.3f}]"
            yield (
                f"{after.set:<16} {after.slice:<9} {after.mode:<9} {measure:<10} {n:>5}  {means[0]:6.3f} "
                f"{means[1]:6.3f}  {change:<23} {len(up)}/{len(down)}"
            )
            if questions:
                yield from (f"    better: {query_id}" for query_id in up)
                yield from (f"    worse: {query_id}" for query_id in down)


def main() -> int:
    """Compare the two files of the command line; 3 when they share nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--modes", nargs="+", help="only these modes, such as hybrid")
    parser.add_argument("--questions", action="store_true", help="name the questions that changed")
    options = parser.parse_args()
    try:
        before, after = read_rows(options.before), read_rows(options.after)
        if options.modes:
            after = [row for row in after if row.mode in options.modes]
    except EvalError as error:
        print(f"evals: {error}", file=sys.stderr)
        return 3
    if not show(before, after, questions=options.questions):
        print(f"evals: {options.before} and {options.after} have no row in common.", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
