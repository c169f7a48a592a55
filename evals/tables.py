"""Tables of measurements: values, means over sets, differences and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evals.docs_sets import Question, twins
from evals.intervals import (
    Estimate,
    difference_of_means,
    mean_over_groups,
    mean_with_interval,
    paired_difference,
)
from evals.runs import Row, cross_lingual, pooled

SINGLE_RUNS = ("lexical", "dense")
_CELL = 21


def show(rows: Sequence[Row], columns: Sequence[str], *, pool: bool = True) -> None:
    """Print mean and 95 % interval of every row, and with ``pool`` of all sets together."""
    several = pool and len({row.set for row in rows}) > 1
    _head("set", "slice", "mode", columns)
    together = pooled([*rows, *cross_lingual(rows)]) if several else []
    for row in [*rows, *together]:
        cells = [_cell(mean_with_interval(_list(row, name))) for name in columns]
        _line(row.set, row.slice, row.mode, row.n, cells)


def show_differences(rows: Sequence[Row], first: str, second: str) -> None:
    """Print ``first`` minus ``second`` of every row, paired by question, and of all sets together."""
    name = f"{first} - {second}"
    _head("set", "slice", "mode", (name,))
    together = pooled([*rows, *cross_lingual(rows)]) if len({row.set for row in rows}) > 1 else []
    for row in [*rows, *together]:
        n, difference = paired_difference(row.values.get(first, {}), row.values.get(second, {}))
        if n:
            _line(row.set, row.slice, row.mode, n, [_signed(difference)])


def show_means_over_sets(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Print the mean of the sets' means, each set counting once; n is the number of sets."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in [*rows, *cross_lingual(rows)]:
        groups.setdefault((row.slice, row.mode), []).append(row)
    if all(len(members) == 1 for members in groups.values()):
        return
    print("\nMeans over the sets, each set counting once (n: sets)")
    _head("set", "slice", "mode", columns)
    for (slice_name, mode), members in groups.items():
        cells = [_cell(mean_over_groups([_list(row, name) for row in members])) for name in columns]
        _line("MEAN", slice_name, mode, len(members), cells)


def better_single_run(rows: Sequence[Row], measure: str) -> Row | None:
    """Give the single run with the higher mean, the first one of equals; None where none has a value."""
    singles = [row for row in rows if row.mode in SINGLE_RUNS and row.values.get(measure)]
    return max(singles, key=lambda row: mean_with_interval(_list(row, measure)).mean, default=None)


def verdict(difference: Estimate) -> str:
    """Say what a difference to the better single run means.

    >>> verdict(Estimate(-0.02, -0.04, 0.01)), verdict(Estimate(0.0, -0.01, 0.01))
    ('below, within noise', 'ok')
    """
    if difference.mean >= 0:
        return "ok"
    return "below" if difference.high < 0 else "below, within noise"


def show_against_single_runs(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Print hybrid minus the better of the lexical and the dense run, per set, slice and measure."""
    hybrids = [row for row in rows if row.mode == "hybrid"]
    lines = [line for row in hybrids for line in _against(row, rows, columns)]
    if not lines:
        return
    print("\nHybrid minus the better single run, paired by question")
    print(f"{'set':<16} {'slice':<9} {'measure':<10} {'n':>5}  {'better':<8} {'difference':<23} verdict")
    for line, _ in lines:
        print(line)
    below = sum(not said.startswith("ok") for _, said in lines)
    print(f"{below} of {len(lines)} comparisons are below the better single run.")


def _against(hybrid: Row, rows: Sequence[Row], columns: Sequence[str]) -> list[tuple[str, str]]:
    peers = [row for row in rows if (row.set, row.slice) == (hybrid.set, hybrid.slice)]
    lines = []
    for name in columns:
        best = better_single_run(peers, name)
        if best is not None:
            n, difference = paired_difference(hybrid.values[name], best.values[name])
            said = verdict(difference)
            line = f"{hybrid.set:<16} {hybrid.slice:<9} {name:<10} {n:>5}  {best.mode:<8} "
            lines.append((line + f"{_signed(difference):<23} {said}", said))
    return lines


def twin_ids(sets: Iterable[tuple[str, Sequence[Question]]]) -> list[tuple[str, str]]:
    """Pair Korean and English questions about the same places, named as in pooled rows."""
    return [(f"{name}/{ko}", f"{name}/{en}") for name, questions in sets for ko, en in twins(questions)]


def show_language_gap(rows: Sequence[Row], columns: Sequence[str], pairs: Sequence[tuple[str, str]]) -> None:
    """Print Korean on Korean pages minus English on English pages, over sets that have both.

    Once over all questions, which differ between the languages, and once over ``pairs`` of questions about
    the same places; n counts the questions of both languages.
    """
    parallel = {row.set for row in rows if row.slice == "ko@ko"}
    by_key = {(row.slice, row.mode): row for row in pooled([row for row in rows if row.set in parallel])}
    modes = [mode for slice_name, mode in by_key if slice_name == "ko@ko"]
    if not modes:
        return
    print(f"\nKorean on Korean pages minus English on English pages ({', '.join(sorted(parallel))})")
    _head("questions", "", "mode", columns)
    for mode in modes:
        korean, english = by_key["ko@ko", mode], by_key["en@en", mode]
        cells = [_signed(difference_of_means(_list(korean, c), _list(english, c))) for c in columns]
        _line("all", "", mode, korean.n + english.n, cells)
        twins_of = [_twin_difference(korean, english, c, pairs) for c in columns]
        _line("twins", "", mode, 2 * max(n for n, _ in twins_of), [_signed(gap) for _, gap in twins_of])


def _twin_difference(
    korean: Row, english: Row, measure: str, pairs: Sequence[tuple[str, str]]
) -> tuple[int, Estimate]:
    ko, en = korean.values[measure], english.values[measure]
    shared = [(k, e) for k, e in pairs if k in ko and e in en]
    return paired_difference({k: ko[k] for k, _ in shared}, {k: en[e] for k, e in shared})


def _list(row: Row, measure: str) -> list[float]:
    return list(row.values.get(measure, {}).values())


def _cell(value: Estimate) -> str:
    return f"{value.mean:.3f} [{value.low:.3f},{value.high:.3f}]"


def _signed(value: Estimate) -> str:
    return f"{value.mean:+.3f} [{value.low:+.3f},{value.high:+.3f}]"


def _head(first: str, second: str, third: str, columns: Sequence[str]) -> None:
    names = "  ".join(f"{name:^{_CELL}}" for name in columns)
    print(f"{first:<16} {second:<9} {third:<9} {'n':>5}  {names}".rstrip())


def _line(first: str, second: str, third: str, n: int, cells: Sequence[str]) -> None:
    print(f"{first:<16} {second:<9} {third:<9} {n:>5}  " + "  ".join(f"{cell:<{_CELL}}" for cell in cells))
