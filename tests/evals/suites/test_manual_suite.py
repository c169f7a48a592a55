"""The suite of the manual: its cases against the pages, page by page and language by language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evals.cases.schema import Case, Place
from evals.cases.suite import load_suite, read_suite
from evals.linting.rules import lint_cases
from evals.text import plain
from tests.manual import LANGS, Page, read_manual

SUITE = Path(__file__).parents[3] / "evals" / "suites" / "manual"
PAGES = read_manual()
CASES = load_suite(SUITE).cases


def places_of(case: Case) -> list[Place]:
    cite = case.expect.cite
    return [*cite.all, *cite.any, *case.expect.retrieve.all, *case.expect.retrieve.any]


def stands_on(place: Place, page: Page) -> bool:
    """Tell whether the section and the quote of a place are on a page."""
    known = {(plain(title), anchor) for _, title, anchor in page.headings}
    title = plain(page.document.title)
    return (
        (not place.heading or plain(place.heading) in {title, *(heading for heading, _ in known)})
        and (not place.anchor or place.anchor in {anchor for _, anchor in known})
        and plain(place.quote) in plain(page.document.text)
    )


def test_the_cases_are_free_of_what_lint_finds_in_cases_alone() -> None:
    reading = read_suite(SUITE)

    assert not reading.problems
    assert not lint_cases(reading.suite.cases, reading.places)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_places_of_a_case_stand_in_the_manual(case: Case) -> None:
    for place in places_of(case):
        assert place.path in PAGES, place
        assert stands_on(place, PAGES[place.path]), place


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_manual_is_what_some_case_expects(path: str) -> None:
    assert any(place.path == path for case in CASES for place in places_of(case))


def test_both_languages_have_as_many_cases_and_many_have_no_answer() -> None:
    by_language = {lang: [case for case in CASES if case.language == lang] for lang in LANGS}
    refused = [case for case in CASES if case.answerability == "unanswerable"]

    assert len(CASES) >= 120
    assert abs(len(by_language["en"]) - len(by_language["ko"])) <= 0.1 * len(CASES)
    assert len(refused) >= 25
    assert {case.language for case in refused if case.critical} == set(LANGS)


def test_what_every_test_run_asks_is_of_both_languages_and_of_every_kind() -> None:
    fast = [case for case in CASES if "fast" in case.tags]

    assert {case.language for case in fast} == set(LANGS)
    assert {case.answerability for case in fast} >= {"answerable", "unanswerable", "clarify", "handoff"}
    assert any(case.before for case in fast)
    assert any(case.critical for case in fast)


def test_the_gate_asks_only_for_slices_that_the_fast_cases_have() -> None:
    gate = load_suite(SUITE).config.gate
    sliced = {key.partition("@")[2] for key in (*gate.floors, *gate.ceilings)} - {""}

    assert sliced == {*(f"lang:{lang}" for lang in LANGS), "tag:fast"}
    assert all(re.fullmatch(r"[a-z0-9_]+", key.partition("@")[0]) for key in gate.floors)
