"""Scorers of a suite: advisory, counted where they fail, and never in the measures that gates look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.failures import BadSuiteError
from evals.metrics.model import Observation
from evals.scorers.judge import correctness, good_answers
from evals.scorers.plugins import advisory, load_scorers, score

from .bots import Bot, completion
from .made import case, observed, record, refusal, reply

OWN = """
def polite(word):
    def scorer(case, record):
        text = record["reply"]["text"]
        if case["id"] == "broken":
            raise KeyError("nothing")
        return None if case["id"] == "other" else float(word in text)
    return scorer

def nan():
    return lambda case, record: float("nan")
"""


@pytest.fixture
def items() -> list[Observation]:
    cases = [case(id="good", tags=["t"]), case(id="other"), case(id="broken"), case(id="failed")]
    return [observed(each, record(each, None if each.id == "failed" else reply())) for each in cases]


def test_scorer_of_a_suite_is_found_beside_it_and_its_failures_are_counted(
    tmp_path: Path, items: list[Observation]
) -> None:
    (tmp_path / "own_scorers.py").write_text(OWN, encoding="utf-8")
    scorers = load_scorers(
        {"polite": {"use": "own_scorers:polite", "word": "rollback"}, "nan": "own_scorers:nan"}, tmp_path
    )

    found = advisory(score(scorers, items), items, seed=0)

    assert found["polite"]["slices"]["all"]["n"] == 1
    assert found["polite"]["slices"]["tag:t"]["value"] == 1.0
    assert (found["polite"]["errors"], found["polite"]["first_errors"]) == (
        1,
        ["broken: KeyError: 'nothing'"],
    )
    assert found["nan"]["errors"] == 3
    assert found["nan"]["slices"]["all"]["value"] is None


@pytest.mark.parametrize(
    "spec",
    [
        "nowhere:at_all",
        "json:nothing",
        "json",
        {"word": "x"},
        {"use": "json:dumps", "wrong": 1},
        "json:JSONEncoder",
    ],
)
def test_scorer_that_cannot_be_made_is_named(tmp_path: Path, spec: Any) -> None:
    with pytest.raises(BadSuiteError, match="'tone'"):
        load_scorers({"tone": spec}, tmp_path)


def test_judge_hears_the_case_in_its_language_and_the_median_of_its_votes_counts(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_EVAL_JUDGE_KEY", "sk-judge")
    votes = iter([1, 0, 1])
    bot.replies = lambda _: (200, {}, completion(f'Here: {{"score": {next(votes)}}}'))
    judge = correctness(url=bot.url, model="judge-1")
    asked = case(expect={"nuggets": ["되돌리기", {"text": "okay", "weight": "okay"}]})
    given = record(asked, reply(language="ko", text="되돌립니다"))

    assert judge(asked.model_dump(), given.model_dump()) == 1
    system, user = bot.bodies[0]["messages"]
    assert "좋은 답변" in system["content"]
    assert json.loads(user["content"]) == {
        "question": asked.asked, "good_answer": ["되돌리기"], "answer": "되돌립니다",
    }  # fmt: skip
    assert bot.keys == ["Bearer sk-judge"] * 3


def test_judge_is_not_asked_about_refusals_nor_without_a_good_answer(bot: Bot) -> None:
    judge = correctness(url=bot.url, model="judge-1")
    asked, without = case(reference="Run it."), case(id="n")

    assert judge(asked.model_dump(), record(asked, refusal()).model_dump()) is None
    assert judge(without.model_dump(), record(without, reply()).model_dump()) is None
    assert bot.bodies == []
    assert good_answers(asked.model_dump()) == ["Run it."]


@pytest.mark.parametrize("said", ["I cannot say.", '{"score": 2}', '{"score": "high"}', '{"score": true}'])
def test_judge_without_a_readable_score_is_an_error_and_no_number(bot: Bot, said: str) -> None:
    bot.replies = lambda _: (200, {}, completion(said))
    asked = case(reference="Run it.")
    item = observed(asked, record(asked, reply()))

    found = score({"judge": correctness(url=bot.url, model="m", votes=1)}, [item])["judge"]
    assert found.values == {}
    assert len(found.errors) == 1


def test_judge_with_bad_options_is_refused() -> None:
    with pytest.raises(BadSuiteError, match="votes must be 1"):
        load_scorers(
            {"j": {"use": "evals.scorers.judge:correctness", "url": "http://x", "model": "m", "votes": 0}},
            Path(),
        )
