"""What is wrong with cases that can be read: told from the cases alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from evals.cases.problems import Problem
from evals.cases.schema import ANSWERING, Case, Place
from evals.text import language_of, plain

_SHORTEST_LEAK = 2
"""Characters: a digit that the question holds as well proves nothing."""

Finding = tuple[str, str]
"""Code and message."""


def lint_cases(cases: Sequence[Case], places: Mapping[str, str]) -> list[Problem]:
    """List the findings of all cases; ``places`` says where each stands."""
    found = [
        Problem(places[case.id], case.id, code, message)
        for case in cases
        for check in _CHECKS
        for code, message in check(case)
    ]
    return found + list(_duplicates(cases, places))


def _duplicates(cases: Sequence[Case], places: Mapping[str, str]) -> Iterator[Problem]:
    seen: dict[str, Case] = {}
    for case in cases:
        before = [plain(turn.content) for turn in case.before]
        key = json.dumps([plain(case.asked), before, case.filters], sort_keys=True)
        if key in seen:
            other = seen[key].id
            yield Problem(
                places[case.id], case.id, "duplicate", f"It asks the same as {other!r} at {places[other]}."
            )
        seen.setdefault(key, case)


def _expects_something(case: Case) -> Iterator[Finding]:
    if not case.model_dump(exclude_defaults=True).get("expect") and not case.reference and not case.relevant:
        yield "nothing_expected", "It expects nothing: any answer passes."


def _is_in_its_language(case: Case) -> Iterator[Finding]:
    spoken = language_of(case.asked)
    if case.lang and spoken and spoken != case.lang:
        yield "language", f"It says that the question is {case.lang}, and it reads as {spoken}."


def _leaks(case: Case) -> Iterator[Finding]:
    """Find expected words that the question itself holds: an answer that only repeats it would pass."""
    asked = plain(case.asked)
    expect = case.expect
    wanted = [(f"`contains` wants {words!r}", words) for words in expect.contains]
    wanted += [(f"`contains_any` accepts {words!r}", words) for words in expect.contains_any]
    wanted += [
        (f"The fact {nugget.text!r} is found by {words!r}", words)
        for nugget in expect.nuggets
        for words in nugget.aliases
    ]
    wanted += [(f"The reference is {text!r}", text) for text in case.reference]
    for what, words in wanted:
        if len(plain(words)) >= _SHORTEST_LEAK and plain(words) in asked:
            yield "leaked_answer", f"{what}, which stands in the question."


def _contradicts(case: Case) -> Iterator[Finding]:
    yield from _contradicting_words(case)
    yield from _contradicting_places(case)
    yield from _contradicting_status(case)


def _contradicting_words(case: Case) -> Iterator[Finding]:
    expect = case.expect
    for unwanted in expect.not_contains:
        for wanted in expect.contains:
            if plain(unwanted) in plain(wanted):
                yield (
                    "contradiction",
                    f"`contains` wants {wanted!r}, and `not_contains` forbids {unwanted!r}.",
                )
        if expect.contains_any and all(plain(unwanted) in plain(words) for words in expect.contains_any):
            yield "contradiction", f"`not_contains` forbids {unwanted!r}, which is in all of `contains_any`."


def _contradicting_places(case: Case) -> Iterator[Finding]:
    cite = case.expect.cite
    for place in [*cite.all, *cite.any]:
        if any(_covers(forbidden, place) for forbidden in cite.none):
            yield "contradiction", f"{place} is to be cited and must not be cited."
    for first, second in combinations(cite.all, 2):
        if first == second:
            yield "contradiction", f"{first} stands twice in `cite.all`."


def _covers(outer: Place, inner: Place) -> bool:
    return outer.path == inner.path and (outer == inner or not (outer.anchor or outer.heading or outer.quote))


def _contradicting_status(case: Case) -> Iterator[Finding]:
    expect = case.expect
    if not expect.status or set(expect.status) & ANSWERING:
        return
    status = " or ".join(expect.status)
    for name, given in (
        ("cite.all", expect.cite.all),
        ("cite.any", expect.cite.any),
        ("nuggets", expect.nuggets),
        ("min_groundedness", expect.min_groundedness),
        ("reference", case.reference),
        ("relevant", [place for place in case.relevant if place.grade]),
    ):
        if given:
            yield "contradiction", f"The status {status} gives no answer, and `{name}` expects one."


_CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _expects_something,
    _is_in_its_language,
    _leaks,
    _contradicts,
)
