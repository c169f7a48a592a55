"""The suite that speed is measured with is as large as wanted, and asks nothing new."""

from __future__ import annotations

from pathlib import Path

from evals.cases.suite import load_suite
from evals.scoring_speed import repeated


def test_cases_are_repeated_under_other_names(tmp_path: Path) -> None:
    made = load_suite(repeated("manual", 500, tmp_path / "suite"))
    manual = load_suite("manual")

    assert len({case.id for case in made.cases}) == 500
    assert {case.asked_hash for case in made.cases} == {case.asked_hash for case in manual.cases}
    assert (made.name, made.corpus) == (manual.name, manual.corpus)
