"""What ``evals`` is told about the units of a question: the best one scores as the answer that shows it."""

import pytest

from kb_server.settings import Settings
from kb_server.weighed_units import weighed


@pytest.mark.parametrize(
    ("question", "lang", "said"),
    [
        ("How do I roll back to the earlier version?", "en", "Run `kb rollback` to roll back"),
        ("이전 버전으로 되돌리려면 어떻게 하나요?", "ko", "`kb rollback` 명령을 실행하세요"),
    ],
)
def test_the_unit_that_answers_scores_best(settings: Settings, question: str, lang: str, said: str) -> None:
    asked = [{"id": "q", "question": question, "filters": {"lang": lang}}]
    (found,) = weighed(settings, asked)
    best = max(found["units"], key=lambda unit: unit["score"])

    assert (found["id"], found["lang"]) == ("q", lang)
    assert said in best["text"]
    assert best["path"] == f"{lang}/operations.md"
    assert len(found["units"]) > 1


def test_a_question_that_finds_nothing_has_no_line(settings: Settings) -> None:
    asked = [{"id": "q", "question": "How do I roll back?", "filters": {"path": ["en/missing.md"]}}]

    assert list(weighed(settings, asked)) == []
