"""Reports of a run: read back by parsers, whatever cases and answers hold."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from evals.cases.schema import Case
from evals.failures import BadSuiteError
from evals.gating.command import bless_command
from evals.options import ReportOptions
from evals.records.model import Record
from evals.reporting.command import report_command

from .finished import Answers, but, failed, good, run_of, silent, suite_of
from .made import record, reply

HOSTILE = "<script>alert(1)</script> ]]> | @all `x` \x00\x1b[31m \ud7ff [a](http://evil.example) 한국어 &amp;"


def hostile(case: Case, repeat: int) -> Record:
    return record(case, reply(text=HOSTILE), repeat=repeat)


def reported(tmp_path: Path, answers: Answers, *, repeat: int = 1) -> tuple[ET.Element, str]:
    suite = suite_of(tmp_path / "suite")
    bless_command(run_of(suite, tmp_path / "blessed"), suite=None, as_json=False)
    folder = run_of(suite, tmp_path / "run", answers, repeat=repeat)
    xml, markdown = tmp_path / "out" / "junit.xml", tmp_path / "out" / "report.md"
    assert report_command(ReportOptions(folder, junit=xml, markdown=markdown)) == 0
    return ET.parse(xml).getroot(), markdown.read_text("utf-8")  # noqa: S314 - our own file


def test_one_testcase_for_each_case_with_what_it_broke(tmp_path: Path) -> None:
    root, _ = reported(tmp_path, but({"ko-03": silent, "en-00": failed}))

    (suite,) = root.findall("testsuite")
    cases = {case.attrib["name"]: case for case in suite.findall("testcase")}
    assert list(cases) == [case.id for case in suite_of(tmp_path / "suite").cases]
    counts = {name: suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "24", "failures": "1", "errors": "1", "skipped": "0"}
    assert [len(case) for case in cases.values()].count(0) == 22
    failure, error = cases["ko-03"].find("failure"), cases["en-00"].find("error")
    assert failure is not None
    assert failure.attrib["message"].startswith("cite.any: none cited of: en/operations.md")
    assert "question: 3번 백업은 언제 실행되나요?" in (failure.text or "")
    assert "answer: [abstained] 답이 없습니다." in (failure.text or "")
    assert error is not None
    assert (error.attrib["type"], error.attrib["message"]) == ("http", "overloaded")


def test_repeats_are_folded_into_their_case(tmp_path: Path) -> None:
    def sometimes(case: Case, repeat: int) -> Record:
        return silent(case, repeat) if repeat else good(case, repeat)

    root, markdown = reported(tmp_path, but({"en-02": sometimes}), repeat=2)

    assert len(root.findall(".//testcase")) == 24
    (failure,) = root.findall(".//failure")
    assert failure.attrib["type"] == "flaky"
    assert failure.attrib["message"].startswith("passed 1 of 2 times; ")
    assert "passed 1 of 2 times" in markdown


def test_a_case_known_to_vary_is_skipped_where_it_fails(tmp_path: Path) -> None:
    suite = suite_of(tmp_path / "suite")
    cases = [case.model_copy(update={"flaky": True}) for case in suite.cases]
    folder = run_of(suite, tmp_path / "run", but({"ko-03": silent}), cases=cases)
    xml = tmp_path / "junit.xml"

    report_command(ReportOptions(folder, junit=xml))

    (skipped,) = ET.parse(xml).getroot().findall(".//skipped")  # noqa: S314 - our own file
    assert skipped.attrib["message"].startswith("known to vary; cite.any")


def test_markdown_tells_gate_measures_and_changes(tmp_path: Path) -> None:
    _, text = reported(tmp_path, but({"ko-03": silent}))

    assert text.startswith("## suite: gate open\n")
    assert "24 cases: 23 pass, 1 fail." in text
    assert r"| pass\_rate | 0.958 (0.798 to 0.993) | 24 | -0.042 (-0.125 to +0.000), tied |" in text
    assert "### Changed verdicts: 1 worse, 0 better" in text
    assert "| ko-03 | pass | fail | 3번 백업은 언제 실행되나요? |" in text


def test_words_of_an_answer_act_as_nothing(tmp_path: Path) -> None:
    root, text = reported(tmp_path, but({"ko-03": hostile}))

    (failure,) = root.findall(".//failure")
    shown = failure.text or ""
    assert "<script>alert(1)</script> ]]> | @all `x` \ufffd\ufffd[31m" in shown
    assert "한국어 &amp;" in shown
    assert r"\<script\>" in text
    assert "<script" not in text.replace(r"\<", "")
    assert "@all" not in text
    row = next(line for line in text.splitlines() if line.startswith("| ko-03 | fail"))
    assert row.replace(r"\|", "").count("|") == 5


def test_a_run_whose_suite_is_gone_is_still_reported(tmp_path: Path) -> None:
    suite = suite_of(tmp_path / "suite")
    folder = run_of(suite, tmp_path / "run")
    suite.folder.rename(tmp_path / "moved")
    file = tmp_path / "report.md"

    report_command(ReportOptions(folder, markdown=file))

    assert "The gate was not asked: There is no suite" in file.read_text("utf-8")
    report_command(ReportOptions(folder, markdown=file, suite=str(tmp_path / "moved")))
    assert "### Gate" in file.read_text("utf-8")


def test_no_report_asked_for_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadSuiteError, match="No report"):
        report_command(ReportOptions(run_of(suite_of(tmp_path / "suite"), tmp_path / "run")))
