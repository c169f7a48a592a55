"""Suites made of evaluation data: cases name its pages by path, and the table tells languages apart."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from evals import quality
from evals.cases.suite import load_suite
from evals.quality_suites import SUITES, Budget, DataSuite, docs_suite, write_suite
from evals.quality_tables import Row, as_records, markdown, means, rows_of
from evals.server import EvalError

from .suites.finished import run_of, suite_of
from .suites.made import record, refusal, reply

QUESTIONS: list[dict[str, Any]] = [
    {"id": "a", "question": "How do I roll back?", "lang": "en", "relevant": [{"path": "en/operations.md"}]},
    {"id": "b", "question": "이전 버전으로 되돌리려면?", "lang": "ko", "relevant": [{"path": "ko/운영.md"}]},
    {"id": "c", "question": "What does it cost?", "lang": "en", "answerable": False, "relevant": []},
    {"id": "d", "question": "가격은 얼마인가요?", "lang": "ko", "answerable": False, "relevant": []},
    {
        "id": "e",
        "question": "포트는 무엇인가요?",
        "lang": "ko",
        "relevant": [{"path": "en/ports.md"}, {"path": "en/other.md", "alt": True}],
        "answer_contains": ["8000"],
        "tags": ["cross_lingual"],
    },
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "docs" / "billing"
    (folder / "corpus").mkdir(parents=True)
    lines = [json.dumps({"answerable": True, "tags": []} | each, ensure_ascii=False) for each in QUESTIONS]
    (folder / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "data"


def test_questions_become_cases_that_cite_a_right_page_or_refuse(data: Path, tmp_path: Path) -> None:
    made = docs_suite(data, "billing", Budget())
    suite = load_suite(write_suite(made, tmp_path / "suite"))
    cases = {case.id: case for case in suite.cases}

    assert suite.corpus == data / "docs" / "billing" / "corpus"
    assert [case.answerability for case in cases.values()] == ["answerable"] * 2 + ["unanswerable"] * 2 + [
        "answerable"
    ]
    assert [case.tags for case in cases.values()] == [["en"], ["ko"], ["en"], ["ko"], ["ko-en"]]
    assert [place.path for place in cases["e"].places] == ["en/ports.md", "en/other.md"]
    assert (cases["b"].expect.lang, cases["e"].expect.lang) == ("ko", "en")
    assert cases["e"].expect.nuggets[0].weight == "okay"
    assert suite.config.gate.hard_zeros == ["citation_integrity", "missing_page"]


def test_a_small_sample_has_every_kind_of_question_and_is_the_same_each_time(data: Path) -> None:
    drawn = [docs_suite(data, "billing", Budget(questions=4, seed=1)).cases for _ in range(2)]

    assert drawn[0] == drawn[1]
    assert {(case.tags[0], case.answerability) for case in drawn[0]} == {
        (lang, kind) for lang in ("en", "ko") for kind in ("answerable", "unanswerable")
    } | {("ko-en", "answerable")}


def test_a_set_that_is_missing_is_named(data: Path) -> None:
    with pytest.raises(EvalError, match="obsidian is missing"):
        SUITES["obsidian"](data, data, Budget())


def test_without_data_the_command_says_how_to_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KB_EVAL_DATA", raising=False)
    monkeypatch.setattr(sys, "argv", ["evals.quality", "--work", str(tmp_path / "work"), "--quick"])

    assert quality.main() == 2
    assert "set KB_EVAL_DATA" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def rows(data: Path, tmp_path: Path) -> list[Row]:
    """Answer the English questions from the right page, refuse the others."""
    made = docs_suite(data, "billing", Budget())
    suite = load_suite(write_suite(DataSuite("billing", made.corpus, made.cases), tmp_path / "suite"))
    run = run_of(
        suite_of(tmp_path / "suite"),
        tmp_path / "run",
        lambda case, repeat: record(
            case, reply() if case.tags == ["en"] else refusal(), repeat=repeat, passages=[]
        ),
    )
    assert suite.cases
    return rows_of("billing", run, any_place=True)


def test_languages_are_apart_and_every_value_has_its_n(data: Path, tmp_path: Path) -> None:
    found = {row.lang: row for row in rows(data, tmp_path)}

    assert list(found) == ["en", "ko", "ko-en"]
    cited, refused = (
        {lang: row.cells.get(name) for lang, row in found.items()}
        for name in ("cites_right_place", "abstain_recall")
    )
    assert [cell and (cell.value, cell.n) for cell in cited.values()] == [(1.0, 1), (0.0, 1), (0.0, 1)]
    assert [cell and (cell.value, cell.n) for cell in refused.values()] == [(0.0, 1), (1.0, 1), None]
    assert not any("ndcg_at_10" in row.cells for row in found.values())


def test_the_table_and_the_records_say_the_same(data: Path, tmp_path: Path) -> None:
    found = rows(data, tmp_path)
    text = markdown(found, ["A note."])

    assert text.startswith("A note.\n")
    assert "| billing | ko | .00 [.00, .79] n=1 |" in text
    told = next(each for each in as_records(found) if each["questions"] == "ko")
    assert told["measures"]["abstain_recall"]["value"] == 1.0


def test_each_set_counts_once_in_a_mean_and_not_with_a_single_answer() -> None:
    members = [
        Row("obsidian", "ko", {}, {"success_at_1": [1.0] * 15, "wrong_answers": [0.0] * 15}),
        Row("portone", "ko", {}, {"success_at_1": [0.0] * 5, "wrong_answers": [1.0]}),
        Row("squad_v2_dev", "ko", {}, {"success_at_1": [0.0] * 5}),
        Row("frigate", "en", {}, {"success_at_1": [1.0] * 5}),
    ]

    (mean,) = means(members, ("obsidian", "portone", "frigate"), "docs")
    assert (mean.lang, mean.cells["success_at_1"].value, mean.cells["success_at_1"].n) == ("ko", 0.5, 20)
    assert (mean.cells["wrong_answers"].value, mean.cells["wrong_answers"].n) == (0.0, 15)
