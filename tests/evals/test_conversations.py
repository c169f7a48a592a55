"""Conversations to measure with: elliptic pairs, unrelated histories, citations of the server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.conversations import elliptic_pairs, left_out, load_turns, unrelated, with_citations
from evals.docs_sets import Question, Relevant
from evals.followup_answers import outcome
from evals.server import EvalError


def question(query_id: str, text: str, path: str, lang: str = "en") -> Question:
    return Question(query_id, text, lang, True, (Relevant(path, ""),), (), False)


QUESTIONS = [
    question("1", "How can I get sound in live view?", "live.md"),
    question("2", "How can I get sound in my recordings?", "live.md"),
    question("3", "How do I delete a user?", "users.md"),
    question("4", "할인을 신청하려면 뭐가 필요한가요?", "ko/할인.md", "ko"),
    question("5", "할인 처리에 얼마나 걸리나요?", "ko/할인.md", "ko"),
    question("6", "사용자를 지우려면?", "ko/사용자.md", "ko"),
]


def test_second_question_on_a_page_loses_what_the_first_one_names() -> None:
    found = {(pair.before.query_id, pair.whole.query_id): pair.elliptic for pair in elliptic_pairs(QUESTIONS)}

    assert found["1", "2"] == "And in my recordings?"
    assert found["4", "5"] == "그럼 처리에 얼마나 걸리나요?"
    assert not {"3", "6"} & {key for pair in found for key in pair}


@pytest.mark.parametrize(
    ("text", "before", "korean"),
    [
        ("How do I delete a user?", "How can I get sound?", False),
        ("Can I share vaults? How? And with a guest?", "How do I delete vaults?", False),
        ("볼트를 공유하나요?", "사용자를 지우려면?", True),
    ],
)
def test_question_that_shares_nothing_or_has_several_sentences_makes_no_pair(
    text: str, before: str, *, korean: bool
) -> None:
    assert left_out(text, before, korean=korean) is None


def test_unrelated_question_is_of_the_same_language_and_another_page() -> None:
    chosen = unrelated(QUESTIONS, seed=0)

    assert chosen["1"].query_id == "3"
    assert chosen["4"].query_id == "6"


def test_turns_carry_the_citations_of_the_answer_before(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    history = [{"role": "user", "text": "How?"}, {"role": "assistant", "text": "So."}]
    record = {"_id": "x", "text": "Why?", "turn": 2, "conversation_id": "c", "history": history}
    (tmp_path / "set" / "tasks_all.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")

    (turn,) = load_turns(tmp_path, "set")
    sent = with_citations(turn, {("c", 1): [{"path": "a.md"}]})

    assert [each["content"] for each in sent] == ["How?", "So."]
    assert sent[1]["citations"] == [{"path": "a.md"}]


def test_set_without_conversations_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no set of conversations"):
        load_turns(tmp_path, "squad")


@pytest.mark.parametrize(
    ("status", "cited", "expected"),
    [
        ("answered", [("a.md", "Sharing")], "right"),
        ("partial", [("b.md", "Sharing"), ("a.md", "Sharing")], "right"),
        ("answered", [("a.md", "Deleting")], "page"),
        ("answered", [("b.md", "Sharing")], "wrong"),
        ("abstained", [], "refused"),
        ("clarify", [], "refused"),
    ],
)
def test_an_answer_to_a_follow_up_is_told_by_what_it_cites(status, cited, expected):
    labelled = Question("q", "And guests?", "en", True, (Relevant("a.md", "Sharing"),), (), False)
    citations = [
        {"path": path, "title": "Vaults", "heading_path": [heading], "quote": "Press it."}
        for path, heading in cited
    ]

    assert outcome(labelled, {"status": status, "citations": citations}) == expected
