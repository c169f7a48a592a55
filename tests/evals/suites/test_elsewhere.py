"""Systems behind an address: overload, errors, flaky answers, and other protocols than our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.failures import TargetError
from evals.options import RunOptions
from evals.product import Product
from evals.records.folder import read_records
from evals.running.command import run_command
from evals.running.refusals import is_refusal

from .bots import Bot, completion
from .made import write_suite

CASES = [
    {
        "id": "en",
        "question": "How do I roll back?",
        "expect": {"status": "answered", "contains": "kb rollback", "lang": "en"},
    },
    {"id": "ko", "question": "자전거는 얼마인가요?", "expect": {"status": "abstained", "lang": "ko"}},
]


def run(tmp_path: Path, product: Product, bot: Bot, out: str = "out", **fields: Any) -> int:
    suite = tmp_path / "suite"
    if not suite.exists():
        write_suite(suite, CASES)
    options = RunOptions(
        suite=str(suite), out=tmp_path / out, openai_url=bot.url, model="bot-1", token="sk-1", **fields
    )
    return run_command(options, product)


def summary(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "summary.json").read_text("utf-8"))
    return content


def test_other_system_is_measured_by_its_words(tmp_path: Path, product: Product, bot: Bot) -> None:
    def reply(body: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        korean = "자전거" in body["messages"][-1]["content"]
        text = (
            "죄송하지만 문서에서 그 내용을 찾을 수 없습니다." if korean else "Run `kb rollback` to roll back."
        )
        return 200, {}, completion(text)

    bot.replies = reply
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite/suite.toml").write_text("[run]\ninput_price = 2.0\noutput_price = 10.0\n")
    write_suite(tmp_path / "suite", CASES)

    assert run(tmp_path, product, bot) == 0

    found = summary(tmp_path / "out")
    english, korean = read_records(tmp_path / "out")
    assert english.passed
    assert korean.passed
    assert english.reply is not None
    assert english.reply.status_by == "phrases"
    assert english.support is not None
    assert english.support[0].holds  # against the passages that kb-server finds
    assert korean.support is None
    assert found["usage"] == {
        "answers": 2, "models": ["bot-1"], "input_tokens": 2000, "output_tokens": 200, "cost_usd": 0.006,
    }  # fmt: skip
    assert set(bot.keys) == {"Bearer sk-1"}
    assert "sk-1" not in "".join(file.read_text() for file in (tmp_path / "out").glob("*.json*"))


def test_whole_answer_of_a_kb_server_behind_the_protocol_is_read(
    tmp_path: Path, product: Product, bot: Bot
) -> None:
    answer = {
        "status": "abstained", "reason": "not_in_docs", "language": "en", "text": "No.", "sentences": [],
        "citations": [], "confidence": 0.1, "nearest": [], "suggestions": [], "choices": [],
        "generator": "extractive", "generation": "v-1", "new_field": 1,
    }  # fmt: skip
    bot.replies = lambda _: (200, {}, completion("No.", kb_server=answer))
    run(tmp_path, product, bot)

    records = read_records(tmp_path / "out")
    assert [(r.reply.reason, r.reply.status_by) for r in records if r.reply] == [("not_in_docs", "field")] * 2


def test_turns_without_an_answer_are_asked_one_after_the_other(
    tmp_path: Path, product: Product, bot: Bot
) -> None:
    turns = ["First?", "Second?", "Third?"]
    asked = {"id": "t", "turns": [{"role": "user", "content": text} for text in turns]}
    write_suite(tmp_path / "suite", [asked])
    run(tmp_path, product, bot)

    assert [len(body["messages"]) for body in bot.bodies] == [1, 3, 5]
    assert bot.bodies[-1]["messages"][1] == {"role": "assistant", "content": "Run kb rollback."}
    assert summary(tmp_path / "out")["usage"]["input_tokens"] == 3000


def test_overload_is_waited_out_and_recorded(tmp_path: Path, product: Product, bot: Bot) -> None:
    def reply(_: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        if len(bot.bodies) <= 2:
            return 429, {"retry-after": "0"}, {"error": {"message": "slow down"}}
        return 200, {}, completion("Run kb rollback.")

    bot.replies = reply
    assert run(tmp_path, product, bot, concurrency=1) == 0

    first = read_records(tmp_path / "out")[0]
    assert first.error is None
    assert first.timing.attempts == 3
    assert [retry.reason for retry in first.timing.retries] == ["429", "429"]
    operations = json.loads((tmp_path / "out/operations.json").read_text())
    assert operations["retries"] == {"429": 2}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ((500, {"error": {"message": "broken"}}), "http 500"),
        ((429, {"error": {"message": "slow down"}}), "http 429"),
        ((200, "not json"), "reply 200"),
        ((200, {"choices": []}), "reply"),
    ],
)
def test_error_fails_its_case_and_stays_in_the_denominator(
    tmp_path: Path, product: Product, bot: Bot, given: tuple[int, Any], kind: str
) -> None:
    def reply(body: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        if "roll back" in body["messages"][-1]["content"]:
            return given[0], {"retry-after": "0"}, given[1]
        return 200, {}, completion("문서에서 찾을 수 없습니다.")

    bot.replies = reply
    assert run(tmp_path, product, bot, retries=1) == 3

    found = summary(tmp_path / "out")
    assert found["errors"] == {kind: 1}
    assert found["verdicts"] == {"pass": 1, "fail": 0, "flaky": 0, "error": 1}
    assert found["metrics"]["pass_rate"]["slices"]["all"]["value"] == 0.5
    assert found["metrics"]["language_match"]["slices"]["all"] | {"low": 0, "high": 0} == {
        "value": 0.5, "n": 2, "low": 0, "high": 0,
    }  # fmt: skip


def test_errors_are_asked_again_and_other_cases_not(tmp_path: Path, product: Product, bot: Bot) -> None:
    bot.replies = lambda body: (
        (500, {}, {})
        if "roll back" in body["messages"][-1]["content"]
        else (200, {}, completion("찾을 수 없습니다."))
    )
    assert run(tmp_path, product, bot) == 3
    asked = len(bot.bodies)
    bot.replies = lambda _: (200, {}, completion("Run kb rollback."))

    assert run(tmp_path, product, bot) == 0
    assert len(bot.bodies) == asked + 1
    assert summary(tmp_path / "out")["verdicts"]["pass"] == 2


def test_errors_that_the_suite_allows_do_not_end_the_command_with_3(
    tmp_path: Path, product: Product, bot: Bot
) -> None:
    write_suite(tmp_path / "suite", CASES)
    (tmp_path / "suite/suite.toml").write_text("[run]\nmax_error_rate = 1.0\nretries = 0\n")
    bot.replies = lambda _: (503, {"retry-after": "0"}, {})

    assert run(tmp_path, product, bot) == 0
    assert run(tmp_path, product, bot, fail_on_failures=True) == 1


def test_answers_that_change_from_repeat_to_repeat_are_flaky(
    tmp_path: Path, product: Product, bot: Bot
) -> None:
    bot.replies = lambda _: (
        200,
        {},
        completion("Run kb rollback." if len(bot.bodies) % 2 else "I don't know."),
    )
    run(tmp_path, product, bot, repeat=4, filters=("id:en",), concurrency=1)

    found = summary(tmp_path / "out")
    assert (found["cases"], found["records"], found["verdicts"]["flaky"]) == (1, 4, 1)
    assert found["metrics"]["pass_rate"]["slices"]["all"]["value"] == 0.5


def test_lost_connection_ends_the_run_and_keeps_what_is_there(
    tmp_path: Path, product: Product, bot: Bot
) -> None:
    cases = [{"id": f"c{n:02}", "question": f"Question {n}?"} for n in range(40)]
    write_suite(tmp_path / "suite", cases)
    closed = f"{bot.url.rpartition(':')[0]}:9/v1"
    options = {"suite": str(tmp_path / "suite"), "out": tmp_path / "out", "model": "m", "retries": 0}

    with pytest.raises(TargetError, match="no connection"):
        run_command(RunOptions(**options, openai_url=closed), product)
    assert 12 <= len(read_records(tmp_path / "out")) < len(cases)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I couldn't find anything about that in the documentation.",
        "The documentation does not mention bicycles.",
        "There is no information on prices.",
        "That is beyond the scope of this assistant.",
        "해당 내용은 문서에 나와 있지 않습니다.",
        "죄송합니다. 그 질문에는 답변드릴 수 없습니다.",
        "관련 정보가 없습니다.",
        "잘 모르겠습니다.",
        "",
    ],
)
def test_refusal_in_words_is_recognised(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "Run kb rollback. The server follows within a second.",
        "No. You need no API key for that.",
        "이전 버전으로 되돌리려면 kb rollback을 실행하세요.",
        "PDF 파일은 먼저 변환하세요. 그다음 색인합니다. 그대로는 찾을 수 없습니다.",
    ],
)
def test_answer_is_not_taken_for_a_refusal(text: str) -> None:
    assert not is_refusal(text)
