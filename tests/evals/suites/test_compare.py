"""``kb eval compare``: pairs, flips with both answers, ties, and what cannot be compared."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from evals.cases.schema import Case
from evals.comparing.command import compare_command
from evals.comparing.comparison import Change, Comparison, compare
from evals.comparing.sides import read_side
from evals.failures import EXIT_BAD_INPUT, BadSuiteError, RunFolderError
from evals.records.model import Record

from .finished import Answers, but, edit, good, run_of, silent, suite_of


def compared(tmp_path: Path, after: Answers, before: Answers = good, /, *, repeat: int = 1) -> Comparison:
    suite = suite_of(tmp_path / "suite")
    first = run_of(suite, tmp_path / "before", before, repeat=repeat)
    second = run_of(suite, tmp_path / "after", after, repeat=repeat)
    return compare(read_side(first), read_side(second))


def change(found: Comparison, name: str) -> Change:
    return next(each for each in found.changes if each.name == name)


def test_the_same_answers_are_a_tie_that_says_how_little_it_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compared(tmp_path, good)

    assert {each.verdict for each in found.changes} == {"tied"}
    assert not found.flips
    assert compare_command(tmp_path / "before", tmp_path / "after", (), as_json=False) == 0
    shown = capsys.readouterr().out
    assert "nothing got significantly worse" in shown
    # 24 cases: (1.960 * sqrt(d) + .8416 * sqrt(d - d**2))**2 / d**2 = 24 at d = .296
    assert "29.6 points or more shows with 80 % power" in shown


def test_twelve_lost_cases_are_worse_and_three_may_be_chance(tmp_path: Path) -> None:
    korean = [case.id for case in suite_of(tmp_path / "suite").cases if case.language == "ko"][:-1]
    many = compared(tmp_path / "many", but(dict.fromkeys(korean, silent)))
    few = compared(tmp_path / "few", but(dict.fromkeys(korean[:3], silent)))

    lost = change(many, "pass_rate")
    assert (lost.n, lost.down, lost.up, lost.test, lost.verdict) == (24, 11, 0, "mcnemar", "worse")
    assert lost.before == 1.0
    assert lost.difference == pytest.approx(-11 / 24)
    assert lost.p == pytest.approx(2 / 2**11)
    assert lost.adjusted is not None
    assert lost.p < lost.adjusted < 0.05
    assert many.worse
    assert change(few, "pass_rate").p == pytest.approx(2 / 2**3)
    assert not few.worse


def test_better_is_no_reason_to_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(tmp_path, good, silent)

    assert change(found, "pass_rate").verdict == "better"
    assert compare_command(tmp_path / "before", tmp_path / "after", (), as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["worse"] is False
    assert told["metrics"]["pass_rate"]["up"] == 22


def test_flips_show_both_answers_and_what_broke(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(tmp_path, but({"ko-03": silent}))

    (flip,) = found.flips
    assert (flip.id, flip.worse) == ("ko-03", True)
    compare_command(tmp_path / "before", tmp_path / "after", (), as_json=False)
    shown = capsys.readouterr().out
    assert "worse  ko-03: 3번 백업은 언제 실행되나요?" in shown
    assert "before  pass, answered: `kb rollback`을 실행하세요. [1]" in shown
    assert "after   fail, abstained: 답이 없습니다." in shown
    assert "broken  contains: missing: 'kb rollback'" in shown


def test_repeats_of_a_case_count_once_and_are_tested_by_drawn_signs(tmp_path: Path) -> None:
    def sometimes(case: Case, repeat: int) -> Record:
        return silent(case, repeat) if repeat else good(case, repeat)

    found = compared(tmp_path, but({"en-00": sometimes, "en-02": sometimes}), repeat=2)

    rate = change(found, "pass_rate")
    assert (rate.n, rate.test) == (24, "randomisation")
    assert rate.difference == pytest.approx(-1 / 24)
    assert [flip.id for flip in found.flips] == ["en-00", "en-02"]
    assert found.flips[0].after.verdict == "flaky"


def test_swapped_sides_change_every_sign_and_no_p_value(tmp_path: Path) -> None:
    found = compared(tmp_path, but({"en-00": silent, "ko-03": silent}))
    swapped = compare(found.after, found.before)

    for one, other in zip(found.changes, swapped.changes, strict=True):
        assert one.difference == pytest.approx(-other.difference)
        assert one.p == pytest.approx(other.p)
        assert (one.up, one.down) == (other.down, other.up)


def test_cases_that_ask_something_else_now_are_named_and_left_out(tmp_path: Path) -> None:
    before = suite_of(tmp_path / "suite")
    first, *rest = before.cases
    edited = first.model_copy(update={"question": "Something else?"})
    after = dataclasses.replace(before, cases=(edited, *rest[:-1]))
    found = compare(
        read_side(run_of(before, tmp_path / "before")), read_side(run_of(after, tmp_path / "after"))
    )

    assert (list(found.changed), list(found.gone), len(found.cases)) == ([first.id], [rest[-1].id], 22)


def test_two_suites_and_unknown_measures_are_bad_input(tmp_path: Path) -> None:
    one = read_side(run_of(suite_of(tmp_path / "suite"), tmp_path / "one"))
    other = read_side(run_of(suite_of(tmp_path / "other"), tmp_path / "two"))

    with pytest.raises(BadSuiteError, match=r"'suite'.*'other'") as raised:
        compare(one, other)
    assert raised.value.exit_code == EXIT_BAD_INPUT
    with pytest.raises(BadSuiteError, match=r"pass_rat.*Did you mean pass_rate"):
        compare(one, one, family=["pass_rat"])


def test_a_run_that_is_missing_or_cut_off_is_bad_input(tmp_path: Path) -> None:
    folder = run_of(suite_of(tmp_path / "suite"), tmp_path / "run")

    with pytest.raises(RunFolderError, match=r"run\.json cannot be read: no such file"):
        read_side(tmp_path / "nowhere")
    edit(folder / "run.json", lambda about: about.update(complete=False))
    with pytest.raises(RunFolderError, match="cut off"):
        read_side(folder)


def test_a_run_whose_records_are_gone_is_bad_input(tmp_path: Path) -> None:
    folder = run_of(suite_of(tmp_path / "suite"), tmp_path / "run")
    kept = (folder / "records.jsonl").read_text("utf-8").splitlines(keepends=True)
    (folder / "records.jsonl").write_text("".join(kept[:5]), "utf-8")

    with pytest.raises(RunFolderError, match="records of 5 of its 24 cases"):
        read_side(folder)


def test_a_line_that_is_not_json_is_named_by_its_number(tmp_path: Path) -> None:
    folder = run_of(suite_of(tmp_path / "suite"), tmp_path / "run")
    kept = (folder / "cases.jsonl").read_text("utf-8").splitlines()
    (folder / "cases.jsonl").write_text("\n".join([kept[0], '{"id": }', *kept[2:]]), "utf-8")

    with pytest.raises(RunFolderError, match=r"cases\.jsonl cannot be read: line 2 is not JSON"):
        read_side(folder)
