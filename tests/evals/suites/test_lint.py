"""``kb eval lint``: what would make a case lie, told with file, line and remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.failures import BadSuiteError
from evals.linting.command import lint_command
from evals.options import LintOptions, RunOptions
from evals.product import Product
from evals.running.command import run_command

from .made import write_suite

GOOD = {
    "id": "good",
    "question": "How do I get the old version back?",
    "filters": {"product": "kb"},
    "expect": {
        "status": "answered",
        "cite": {"any": ["en/operations.md", {"path": "en/operations.md", "quote": "Run kb rollback"}]},
        "contains": "rollback",
        "retrieve": {"all": ["ko/operations.md#운영", {"path": "ko/settings.md", "heading": "설정"}]},
    },
}


def gated(folder: Path, cases: list[dict[str, Any]], rules: str) -> Path:
    write_suite(folder, cases)
    (folder / "suite.toml").write_text(rules, "utf-8")
    return folder


def findings(
    folder: Path, product: Product, capsys: pytest.CaptureFixture[str], **fields: Any
) -> list[tuple[str, str]]:
    code = lint_command(LintOptions(suite=str(folder), as_json=True, **fields), product)
    found = json.loads(capsys.readouterr().out)["problems"]
    assert code == (1 if found else 0)
    return [(problem["code"], problem["message"]) for problem in found]


def test_suite_without_a_mistake_has_no_findings(
    tmp_path: Path, product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    write_suite(tmp_path, [GOOD])

    assert findings(tmp_path, product, capsys) == []
    assert lint_command(LintOptions(suite=str(tmp_path)), product) == 0
    assert "1 case, no problems" in capsys.readouterr().out


def test_suite_without_a_case_is_refused(tmp_path: Path, product: Product) -> None:
    write_suite(tmp_path, [])

    with pytest.raises(BadSuiteError, match="has no case"):
        lint_command(LintOptions(suite=str(tmp_path), offline=True), product)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"expect": {"cite": {"all": ["en/operation.md"]}}},
            ("stale_document", "Did you mean en/operations.md?"),
        ),
        (
            {"expect": {"cite": {"all": ["en/operations.md#rolback"]}}},
            ("stale_heading", "has no section #rolback"),
        ),
        (
            {"relevant": [{"path": "ko/settings.md", "heading": "설정값"}]},
            ("stale_heading", "Did you mean '설정'?"),
        ),
        (
            {"relevant": [{"path": "en/settings.md", "quote": "KB_PORT is 9"}]},
            ("stale_quote", "does not say"),
        ),
        (
            {"filters": {"produkt": "kb"}, "expect": {"lang": "en"}},
            ("unknown_filter", "Did you mean product?"),
        ),
        ({"expect": {"contains": ["Old Version"]}}, ("leaked_answer", "'Old Version'")),
        ({"expect": {"contains_any": ["rollback", "version"]}}, ("leaked_answer", "'version'")),
        ({"expect": {"nuggets": [{"text": "x", "match": ["get the"]}]}}, ("leaked_answer", "'get the'")),
        ({"expect": {"lang": "en"}, "reference": "the old version"}, ("leaked_answer", "reference")),
        (
            {"expect": {"contains": ["kb rollback"], "not_contains": ["Rollback"]}},
            ("contradiction", "forbids"),
        ),
        (
            {"expect": {"status": "abstained", "cite": {"any": ["en/settings.md"]}}},
            ("contradiction", "`cite.any`"),
        ),
        ({"expect": {"status": "clarify", "min_groundedness": 1}}, ("contradiction", "`min_groundedness`")),
        (
            {"expect": {"cite": {"all": ["en/settings.md#settings"], "none": ["en/settings.md"]}}},
            ("contradiction", "must not be cited"),
        ),
        ({"expect": {"lang": "ko"}, "lang": "ko"}, ("language", "reads as en")),
        ({"expect": {}}, ("nothing_expected", "any answer passes")),
    ],
)
def test_mistake_is_found(
    tmp_path: Path,
    product: Product,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    told: tuple[str, str],
) -> None:
    bad = {"id": "bad", "question": "How can one get the old version?"} | changes
    write_suite(tmp_path, [GOOD, bad])

    ((found, message),) = findings(tmp_path, product, capsys)
    assert found == told[0]
    assert told[1] in message


def test_same_question_twice_is_found_whatever_its_case(
    tmp_path: Path, product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    other = GOOD | {"id": "other", "question": "how do I get the  old version back?"}
    filtered = GOOD | {"id": "filtered", "filters": {"product": ["kb", "x"]}}
    write_suite(tmp_path, [GOOD, other, filtered])

    ((code, message),) = findings(tmp_path, product, capsys)
    assert (code, "'good' at cases.jsonl:1" in message) == ("duplicate", True)


def test_unreadable_cases_are_findings_and_the_rest_is_looked_at(
    tmp_path: Path, product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    write_suite(tmp_path, [GOOD | {"expekt": {}}, {"id": "x", "question": "?"}, {"id": "x", "question": "!"}])

    codes = [code for code, _ in findings(tmp_path, product, capsys, offline=True)]
    assert codes == ["unknown_key", "nothing_expected", "duplicate_id"]


def test_pages_are_not_looked_at_offline(
    tmp_path: Path, product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    write_suite(tmp_path, [GOOD | {"relevant": ["gone.md"]}])

    assert findings(tmp_path, product, capsys, offline=True) == []
    assert [code for code, _ in findings(tmp_path, product, capsys)] == ["stale_document"]


GATE = """
[gate]
no_drop = ["pass_rat"]
[gate.floors]
ndcg_at_1O = 0.7
"pass_rate@tag:rollbak" = 0.5
"pass_rate@lang:en" = 0.5
[gate.ceilings]
language_match = 0.9
"""
"""Four slips: a letter is missing, a digit is a letter, a tag is misspelt, and higher is better."""


def test_rules_of_a_gate_are_held_against_measures_and_cases(
    tmp_path: Path, product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    gated(tmp_path, [GOOD | {"tags": ["rollback"]}], GATE)

    found = findings(tmp_path, product, capsys, offline=True)

    assert [code for code, _ in found] == [
        "unknown_measure", "unknown_measure", "unknown_slice", "wrong_table",
    ]  # fmt: skip
    told = " ".join(message for _, message in found)
    for meant in ("Did you mean ndcg_at_10?", "Did you mean pass_rate?", "Did you mean tag:rollback?"):
        assert meant in told
    assert "put it into [gate.floors]" in told


def test_case_that_cannot_be_read_is_not_held_against_the_gate(
    tmp_path: Path, product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = '[gate.floors]\n"pass_rate@tag:rollback" = 0.5\n'
    gated(tmp_path, [GOOD, GOOD | {"id": "bad", "tags": ["rollback"], "expects": {}}], gate)

    assert [code for code, _ in findings(tmp_path, product, capsys, offline=True)] == ["unknown_key"]


def test_run_refuses_a_gate_that_names_no_measure_before_it_asks(tmp_path: Path, product: Product) -> None:
    suite = gated(tmp_path / "suite", [GOOD], "[gate.floors]\npas_rate = 0.5\n")
    options = RunOptions(suite=str(suite), out=tmp_path / "run")

    with pytest.raises(BadSuiteError, match=r"suite\.toml: .*'pas_rate'.*Did you mean pass_rate"):
        run_command(options, product)
    assert not (tmp_path / "run").exists()
