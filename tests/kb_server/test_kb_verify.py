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
    asked = workplace.run(f"kb ask --json '{QUESTION}' > answer.json && kb verify answer.json")
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "verbatim" in asked.stdout
    assert "1 of 1 claims hold" in asked.stdout

    (tmp_path / "docs" / "en" / "backup.md").write_text("# Backup\n\nBackups run every night at 03:00.\n")
    workplace.ingest()
    done = workplace.run("kb verify --json answer.json")

    assert done.returncode == 1, done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["sentences"][0]["support"] == "unsupported"
    assert verdict["citations"][0]["status"] == "source_changed"


@pytest.mark.parametrize("content", [None, "not json", "[]", '{"text": "A."}{', '{"question": "A?"}'])
def test_a_file_that_holds_no_answer_is_refused(tmp_path: Path, content: str | None) -> None:
    workplace = Workplace(tmp_path)
    if content is not None:
        (tmp_path / "answer.json").write_text(content)

    done = workplace.run("kb verify answer.json")

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
