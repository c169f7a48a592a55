"""The manual answers: the fast cases of its suite pass the gate, and so do the questions of its examples."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kb_server import errors
from kb_server.cli import run

from .manual import LANGS, read_manual

ROOT = Path(__file__).parents[1]
SUITE = ROOT / "evals" / "suites" / "manual"
PAGES = read_manual()

# Together, so that the manual is ingested and asked once.
pytestmark = [pytest.mark.model, pytest.mark.xdist_group("manual")]


@dataclass(frozen=True)
class Asked:
    """A run of the fast cases, and the options that ask the index it was made from."""

    results: Path
    data_dir: Path

    @property
    def index(self) -> list[str]:
        (folder,) = (self.data_dir / "evals" / "indexes").iterdir()
        return ["--data-dir", str(folder), "--json"]


def ask_fast_cases(results: Path, data_dir: Path, *more: str) -> None:
    options = ["--filter", "tag:fast", *more, "--data-dir", str(data_dir), "--json"]
    assert run(["eval", "run", str(SUITE), "--out", str(results), *options]) == errors.EXIT_OK


def gate(results: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, Any]]]:
    """Give the exit code of the gate, and what became of each of its rules."""
    capsys.readouterr()
    code = run(["eval", "gate", str(results), "--json"])
    return code, {rule["rule"]: rule for rule in json.loads(capsys.readouterr().out)["rules"]}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Ingest the manual once, and ask the fast cases."""
    folder = tmp_path_factory.mktemp("manual")
    ask_fast_cases(folder / "results", folder / "data")
    return Asked(folder / "results", folder / "data")


def test_the_fast_cases_pass_the_gate(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    code, rules = gate(asked.results, capsys)

    assert code == errors.EXIT_OK, [rule for rule in rules.values() if not rule["passed"]]
    assert not any(rule["skipped"] for rule in rules.values())


def test_a_build_that_answers_whatever_is_asked_does_not_pass(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KB_MAX_RISK", "1")
    ask_fast_cases(tmp_path / "results", asked.data_dir, "--filter", "answerability:unanswerable")

    code, rules = gate(tmp_path / "results", capsys)

    assert code == errors.EXIT_FINDINGS
    assert not rules["never answered_must_abstain"]["passed"]
    assert not rules["abstain_recall ≥ 0.7"]["passed"]


@pytest.mark.parametrize("lang", LANGS)
def test_the_questions_of_the_examples_are_answered_by_the_manual(
    asked: Asked, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asking = re.compile(r'(?:\bquery\(|\bstream\(|kb ask |"question": |\.invoke\()"([^"]+)"')
    names = ("quickstart", "clients", "typescript", "mcp", "langchain")
    shown = [PAGES[f"{lang}/{name}.md"] for name in names]
    questions = {
        question
        for page in shown
        for _, body in page.code_blocks
        for question in asking.findall(body)
        if "history" not in body or f'"question": "{question}"' not in body
    }

    assert questions
    for question in questions:
        capsys.readouterr()
        assert run(["ask", question, *asked.index]) == errors.EXIT_OK
        assert json.loads(capsys.readouterr().out)["status"] == "answered", question


def test_the_questions_of_the_demo_are_answered_by_the_quick_start(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = re.findall(r'kb ask "([^"]+)"', (ROOT / "Makefile").read_text(encoding="utf-8"))

    assert len(questions) == len(LANGS)
    for question, lang in zip(questions, LANGS, strict=True):
        capsys.readouterr()
        assert run(["ask", question, *asked.index]) == errors.EXIT_OK
        answer = json.loads(capsys.readouterr().out)
        assert answer["status"] == "answered"
        assert answer["citations"][0]["path"] == f"{lang}/quickstart.md"
        assert "kb ingest" in answer["text"]
