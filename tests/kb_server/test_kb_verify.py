"""``kb verify``: what ``kb ask`` printed is checked again, before and after the docs change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .workplace import Workplace

pytestmark = pytest.mark.model

QUESTION = "When do backups run?"


def test_an_answer_holds_until_its_page_changes(tmp_path: Path) -> None:
    workplace = Workplace(tmp_path)
    workplace.ingest()
    asked = workplace.here("ask", "--json", QUESTION)
    (tmp_path / "answer.json").write_text(asked.stdout, encoding="utf-8")
    verified = workplace.here("verify", "answer.json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "verbatim" in verified.stdout
    assert "1 of 1 claims hold" in verified.stdout

    (tmp_path / "docs" / "en" / "backup.md").write_text("# Backup\n\nBackups run every night at 03:00.\n")
    workplace.ingest()
    done = workplace.here("verify", "--json", "answer.json")

    assert done.returncode == 1, done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["sentences"][0]["support"] == "unsupported"
    assert verdict["citations"][0]["status"] == "source_changed"


@pytest.mark.parametrize("content", [None, "not json", "[]", '{"text": "A."}{', '{"question": "A?"}'])
def test_a_file_that_holds_no_answer_is_refused(tmp_path: Path, content: str | None) -> None:
    workplace = Workplace(tmp_path)
    if content is not None:
        (tmp_path / "answer.json").write_text(content)

    done = workplace.here("verify", "answer.json")

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
