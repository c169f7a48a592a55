from __future__ import annotations

import random
from pathlib import Path

import pytest

from evals.docs_sets import Question
from evals.seeded_pages import edited, plant


@pytest.mark.parametrize(
    ("sentence", "turned"),
    [
        ("You can keep 30 days.", "You cannot keep 30 days."),
        ("Backups are encrypted.", "Backups are not encrypted."),
        ("비밀번호를 내보낼 수 있습니다.", "비밀번호를 내보낼 수 없습니다."),
        ("백업은 암호화됩니다.", "백업은 암호화되지 않습니다."),
        ("It cannot be undone.", "It cannot be undone."),
    ],
)
def test_a_sentence_is_turned_round_once(sentence: str, turned: str) -> None:
    assert edited(sentence, "polarity", random.Random(0)) == turned


@pytest.mark.parametrize(
    "sentence", ["2FA is on.", "Use v1.2 of it.", "Since 2024 it is free.", "Port :8080 is used."]
)
def test_names_versions_and_years_are_no_numbers_to_change(sentence: str) -> None:
    assert edited(sentence, "number", random.Random(0)) == sentence


def test_a_copy_differs_in_the_changed_place_alone(tmp_path: Path) -> None:
    source = "# Backup\n\nBackups are **kept** for 30 days. More.\n"
    (tmp_path / "a.md").write_text(source, encoding="utf-8")
    citation = {"quote": "Backups are kept for 30 days.", "path": "a.md", "line_start": 3, "line_end": 3}
    asked = Question("q1", "How long?", "en", True, (), (), False)

    seed = plant(tmp_path, {"language": "en", "citations": [citation]}, "number", asked, random.Random(0))

    assert seed is not None
    copy = (tmp_path / seed.path).read_text(encoding="utf-8")
    changed = seed.after.removeprefix("Backups are kept for ").removesuffix(".")
    assert copy == source.replace("30 days", changed)
    assert changed != "30 days"


@pytest.mark.parametrize(
    ("sentence", "kind", "changed"),
    [
        ("Logs are kept for 90 days.", "unit", "Logs are kept for 91 weeks."),
        ("Logs are kept for 90 days.", "alike", "Logs are kept for 2160 hours."),
        ("로그는 3개월 동안 보관합니다.", "unit", "로그는 4년 동안 보관합니다."),
        ("로그는 3개월 동안 보관합니다.", "alike", "로그는 90일 동안 보관합니다."),
        ("Logs are kept for 90 entries.", "unit", "Logs are kept for 90 entries."),
    ],
)
def test_an_amount_is_said_in_another_unit(sentence: str, kind: str, changed: str) -> None:
    assert edited(sentence, kind, random.Random(0)) == changed


@pytest.mark.parametrize(
    ("sentence", "question", "title"),
    [
        ("Backups are kept for 30 days.", "How long?", "# Questions and answers\n\n## How long?\n\nBackups"),
        ("백업은 30일 동안 보관합니다.", "얼마나요?", "# 자주 묻는 질문\n\n## 얼마나요?\n\n백업은"),
        ("Backups are kept for 30 days.", "얼마나요?", None),
    ],
)
def test_a_changed_sentence_stands_below_another_title(
    tmp_path: Path, sentence: str, question: str, title: str | None
) -> None:
    citation = {"quote": sentence, "path": "a.md", "line_start": 1, "line_end": 1}
    asked = Question("q1", question, "en", True, (), (), False)

    seed = plant(tmp_path, {"language": "en", "citations": [citation]}, "elsewhere", asked, random.Random(0))

    assert (seed is None) == (title is None)
    if seed is not None and title is not None:
        assert (tmp_path / seed.path).read_text(encoding="utf-8").startswith(title)
