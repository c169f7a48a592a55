"""``kb eval gate`` and ``kb eval bless``: each rule catches what it is for, and an unchanged build passes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.cases.schema import Case
from evals.failures import BadSuiteError
from evals.gating.command import bless_command, gate_command
from evals.records.model import Record, Usage

from .finished import Answers, but, edit, failed, good, run_of, silent, suite_of
from .made import record, reply


def rules(folder: Path, capsys: pytest.CaptureFixture[str], **fields: Any) -> tuple[int, dict[str, str]]:
    """Give the exit code, and the detail of every rule that fails."""
    capsys.readouterr()
    options: dict[str, Any] = {"suite": None, "baseline": None} | fields
    code = gate_command(folder, as_json=True, **options)
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] == (code == 0)
    return code, {rule["rule"]: rule["detail"] for rule in told["rules"] if not rule["passed"]}


def blessed(tmp_path: Path, /, **config: Any) -> Path:
    suite = suite_of(tmp_path / "suite", **config)
    bless_command(run_of(suite, tmp_path / "blessed"), suite=None, as_json=False)
    return tmp_path / "suite"


def gated(tmp_path: Path, answers: Answers, **config: Any) -> Path:
    blessed(tmp_path, **config)
    return run_of(suite_of(tmp_path / "suite"), tmp_path / "run", answers)


def wrong_language(case: Case, repeat: int) -> Record:
    words = (
        "롤백하려면 `kb rollback`을 실행하세요." if case.language == "en" else "Run `kb rollback` to go back."
    )
    sentence = {"text": words, "citations": ["cit_1"], "support": "verbatim"}
    return record(case, reply(text=words, sentences=[sentence]), repeat=repeat)


def forbidden_words(case: Case, repeat: int) -> Record:
    return record(case, reply(text="Run `kb rollback` or call us."), repeat=repeat)


def shifted_quote(case: Case, repeat: int) -> Record:
    return good(case, repeat, integrity={"cit_1": "mismatch"})


def answers_anyway(case: Case, repeat: int) -> Record:
    return record(case, reply(), repeat=repeat)


def test_an_unchanged_build_passes_each_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = gated(tmp_path, good, gate={}, name="suite")

    assert [rules(folder, capsys) for _ in range(20)] == [(0, {})] * 20


@pytest.mark.parametrize(
    ("broken", "case", "rule"),
    [
        (shifted_quote, "ko-03", "never citation_integrity"),
        (forbidden_words, "en-04", "never not_contains"),
        (wrong_language, "ko-05", "never wrong_language"),
        (wrong_language, "en-06", "never wrong_language"),
        (answers_anyway, "ko-23", "never answered_must_abstain"),
        (answers_anyway, "en-22", "never answered_must_abstain"),
        (failed, "en-00", "max_error_rate"),
    ],
)
def test_one_case_is_enough_for_what_must_never_happen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], broken: Answers, case: str, rule: str
) -> None:
    code, found = rules(gated(tmp_path, but({case: broken})), capsys)

    assert code == 1
    assert list(found) == [rule]
    assert "1 of 24" in found[rule]


def test_a_significant_drop_fails_and_chance_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [case.id for case in suite_of(tmp_path / "suite").cases][:-2]
    one = gated(tmp_path, but({ids[0]: silent}))
    many = run_of(suite_of(tmp_path / "suite"), tmp_path / "many", but(dict.fromkeys(ids[:10], silent)))

    assert rules(one, capsys) == (0, {})
    code, found = rules(many, capsys)
    assert code == 1
    assert set(found) == {"no drop of pass_rate", "no drop of truthfulness"}
    # one-sided McNemar 1 / 2**10, times the two measures in which something differs
    assert "1.000 → 0.583 (n=24)" in found["no drop of pass_rate"]
    assert found["no drop of pass_rate"].endswith("p=0.002")


def test_a_page_that_cases_name_and_the_index_lacks_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = gated(tmp_path, good)
    assert rules(folder, capsys) == (0, {})

    edit(folder / "run.json", lambda about: about.update(missing_pages=["ko/other.md"]))
    assert rules(folder, capsys) == (0, {})

    edit(folder / "run.json", lambda about: about.update(missing_pages=["en/operations.md"]))
    assert rules(folder, capsys)[1] == {"never missing_page": "the index lacks en/operations.md"}


def suite_with_gate(tmp_path: Path, text: str) -> Path:
    folder = suite_of(tmp_path / "suite").folder
    (folder / "suite.toml").write_text(text, "utf-8")
    return folder


def test_floors_and_ceilings_of_all_cases_and_of_a_slice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite_with_gate(
        tmp_path,
        '[gate.floors]\npass_rate = 0.95\n"pass_rate@lang:ko" = 0.95\n'
        "[gate.ceilings]\nover_abstention = 0.05\n",
    )
    folder = run_of(suite_of(tmp_path / "suite"), tmp_path / "run", but({"ko-03": silent}))

    code, found = rules(folder, capsys)

    assert code == 1
    # 23 of 24 is .958 and passes; 11 of 12 Korean ones and 1 refusal of 22 do not
    assert found == {"pass_rate@lang:ko ≥ 0.95": "0.917 (n=12)"}


def test_what_was_not_measured_fails_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite_with_gate(
        tmp_path, '[gate.floors]\ngroundedness = 0.9\n"pass_rate@lang:fr" = 0.5\nlanguage_match = 0.5\n'
    )
    folder = run_of(suite_of(tmp_path / "suite"), tmp_path / "run")
    nan = float("nan")
    edit(
        folder / "summary.json",
        lambda content: content["metrics"]["language_match"]["slices"]["all"].update(value=nan),
    )

    code, found = rules(folder, capsys)

    assert code == 1
    assert found["groundedness ≥ 0.9"] == "has no value over n=0 cases: nothing was there to measure"
    assert found["pass_rate@lang:fr ≥ 0.5"] == "was not measured: no case of the run belongs to it"
    assert "has no value over n=24 cases" in found["language_match ≥ 0.5"]


def test_a_value_that_is_not_a_number_fails_against_the_baseline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = gated(tmp_path, good)
    lines = (folder / "scores.jsonl").read_text("utf-8").splitlines()
    lines[0] = lines[0].replace('"truthfulness":1.0', '"truthfulness":NaN')
    (folder / "scores.jsonl").write_text("\n".join(lines) + "\n", "utf-8")

    assert rules(folder, capsys) == (1, {"no drop of truthfulness": "is not a number in en-00"})


def test_budgets_of_time_and_money(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def slow(case: Case, repeat: int) -> Record:
        made = good(case, repeat)
        made.timing.seconds = 2.0
        assert made.reply is not None
        made.reply.usage = Usage(model="m", input_tokens=5)
        return made

    suite_with_gate(tmp_path, "[gate]\nmax_p95_seconds = 1.5\nmax_cost_usd = 0.1\n")
    quick = run_of(suite_of(tmp_path / "suite"), tmp_path / "quick")
    late = run_of(suite_of(tmp_path / "suite"), tmp_path / "late", slow)

    assert rules(quick, capsys) == (0, {})
    code, found = rules(late, capsys)
    assert code == 1
    assert found["max_p95_seconds"] == "2.000, allowed 1.5"
    assert "price is not known" in found["max_cost_usd"]


def test_cases_known_to_vary_decide_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = suite_of(tmp_path / "suite")
    cases = [case.model_copy(update={"flaky": case.id == "ko-03"}) for case in suite.cases]
    (suite.folder / "cases.jsonl").write_text("".join(f"{case.as_json()}\n" for case in cases), "utf-8")
    suite_with_gate(tmp_path, "[gate.floors]\npass_rate = 1.0\n")
    folder = run_of(suite_of(tmp_path / "suite"), tmp_path / "run", but({"ko-03": wrong_language}))

    assert rules(folder, capsys) == (0, {})


def test_rules_that_cannot_be_used_are_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run_of(suite_of(tmp_path / "suite"), tmp_path / "run")

    for text, message in (
        ("[gate.floors]\npass_rates = 1.0\n", "pass_rates.*Did you mean pass_rate"),
        ("[gate.floors]\nerror_rate = 1.0\n", "lower is better"),
        ("[gate]\nno_drop = ['auroc']\n[gate.floors]\n", "not a measure of single cases"),
        ("[gate]\nfloor = 1\n", "floor"),
    ):
        suite_with_gate(tmp_path, text)
        with pytest.raises(BadSuiteError, match=message):
            rules(folder, capsys, baseline=folder)


def test_a_named_drop_needs_a_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite_with_gate(tmp_path, '[gate]\nno_drop = ["pass_rate"]\n')
    folder = run_of(suite_of(tmp_path / "suite"), tmp_path / "run")

    code, found = rules(folder, capsys)

    assert code == 1
    assert "kb eval bless" in found["no drop"]
    assert rules(folder, capsys, baseline=folder) == (0, {})


def test_blessing_twice_writes_the_same_and_holds_what_names_the_build(tmp_path: Path) -> None:
    folder = blessed(tmp_path) / "baseline"
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    bless_command(tmp_path / "blessed", suite=str(tmp_path / "suite"), as_json=True)

    assert {file.name: file.read_bytes() for file in folder.iterdir()} == first
    about = json.loads(first["baseline.json"])
    assert about["suite"]["hash"] == suite_of(tmp_path / "suite").hash
    assert about["target"]["index_version"] == "v-1"
    assert about["metrics"]["pass_rate"]["value"] == 1.0


def test_a_part_and_errors_cannot_be_blessed(tmp_path: Path) -> None:
    suite = suite_of(tmp_path / "suite")
    part = run_of(suite, tmp_path / "part", cases=suite.cases[:3])
    errors = run_of(suite, tmp_path / "errors", but({"en-00": failed}))

    with pytest.raises(BadSuiteError, match="3 of the 24 cases"):
        bless_command(part, suite=None, as_json=False)
    with pytest.raises(BadSuiteError, match="http 503"):
        bless_command(errors, suite=None, as_json=False)


def test_a_suite_that_changed_since_the_run_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run_of(suite_of(tmp_path / "suite"), tmp_path / "run")
    with (tmp_path / "suite" / "cases.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "new", "question": "What else?"}\n')

    with pytest.raises(BadSuiteError, match="other cases than"):
        rules(folder, capsys)


def test_the_terminal_names_the_failing_rules_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = gated(tmp_path, but({"ko-03": shifted_quote}))
    capsys.readouterr()

    assert gate_command(folder, suite=None, baseline=None, as_json=False) == 1
    *_, rule, _, ending = capsys.readouterr().out.splitlines()
    assert rule == "FAIL    never citation_integrity: in 1 of 24 cases: ko-03"
    assert ending == "suite: 1 rule fails"
