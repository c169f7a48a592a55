"""``kb eval lint``: what would make a case lie, told with file, line and remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.failures import BadSuiteError
from evals.linting.command import lint_command
from evals.options import LintOptions
from evals.product import Product

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
    assert "1 cases, no problems" in capsys.readouterr().out


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
