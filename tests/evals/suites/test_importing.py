"""``kb eval import``: other tools' data become cases that lint accepts, and nothing is dropped in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.cases.schema import Case
from evals.cases.suite import load_suite
from evals.failures import BadSuiteError
from evals.importing.command import import_command
from evals.linting.rules import lint_cases
from evals.options import ImportOptions

SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "경복궁_역사",
            "paragraphs": [
                {
                    "context": "경복궁은 1395년에 창건되었다.",
                    "qas": [
                        {
                            "id": "q1",
                            "question": "경복궁은 언제 창건되었나?",
                            "answers": [{"text": "1395년", "answer_start": 6}],
                        },
                        {
                            "id": "q2",
                            "question": "Who designed it?",
                            "answers": [],
                            "is_impossible": True,
                            "plausible_answers": [{"text": "1395년", "answer_start": 6}],
                        },
                    ],
                }
            ],
        }
    ],
}
PROMPTFOO = """
prompts: [prompt.txt]
tests:
  - description: refunds
    vars: {question: "How do I get my money back?", persona: angry}
    assert:
      - {type: contains-all, value: ["14 days", "Billing, refunds"]}
      - {type: not-contains, value: cash}
      - {type: llm-rubric, value: is polite}
    metadata: {tags: [billing, faq]}
  - vars: {topic: no question here}
  - vars: {query: "내일 비가 오나요?"}
    assert: [{type: is-refusal}]
"""


def imported(
    layout: str, file: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[dict[str, Case], dict[str, int]]:
    """Import, hold the suite against lint, and give its cases and what was left behind."""
    assert import_command(ImportOptions(layout, file, out, as_json=True)) == 0
    suite = load_suite(out)
    assert lint_cases(suite.cases, {case.id: "cases.jsonl" for case in suite.cases}) == []
    for case in suite.cases:
        for place in case.places:
            assert (out / "corpus" / place.path).is_file()
    return {case.id: case for case in suite.cases}, json.loads(capsys.readouterr().out)["left_behind"]


def lines(file: Path, *records: dict[str, Any]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    file.write_text(text, encoding="utf-8")
    return file


def test_squad_and_korquad(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "dev.json"
    file.write_text(json.dumps(SQUAD), encoding="utf-8")

    cases, left = imported("squad", file, tmp_path / "out", capsys)

    assert cases["q1"].expect.contains_any == ["1395년"]
    (place,) = cases["q1"].expect.cite.any
    assert "1395년에" in (tmp_path / "out/corpus" / place.path).read_text("utf-8")
    assert cases["q2"].answerability == "unanswerable"
    assert left == {"answers.answer_start": 1, "plausible_answers": 1}


def test_beir(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "beir"
    lines(
        folder / "corpus.jsonl",
        {"_id": "문서/1", "title": "환불", "text": "닷새"},
        {"_id": "d2", "text": "x"},
    )
    lines(
        folder / "queries.jsonl",
        {"_id": "a", "text": "환불은 언제?", "metadata": {"k": 1}},
        {"_id": "b", "text": "unjudged"},
    )
    (folder / "qrels").mkdir()
    (folder / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\na\t문서/1\t2\na\td2\t0\n", "utf-8")

    cases, left = imported("beir", folder, tmp_path / "out", capsys)

    assert [place.grade for place in cases["a"].relevant] == [2, 0]
    assert len(cases["a"].expect.retrieve.any) == 1
    assert left == {"queries.metadata": 1, "questions without a judged passage": 1}


def test_mtrag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = [
        {"speaker": "user", "text": "Do you store documents?"},
        {"speaker": "agent", "text": "Yes."},
        {"speaker": "user", "text": "Any JSON?"},
    ]
    file = lines(
        tmp_path / "tasks.jsonl",
        {
            "task_id": "c<::>2", "conversation_id": "c", "input": said, "Answerability": ["ANSWERABLE"],
            "targets": [{"speaker": "agent", "text": "All of it."}], "Collection": "cloud",
            "contexts": [{"document_id": "d1", "title": "Docs", "text": "All JSON is stored."}],
        },
        {"task_id": "c<::>3", "input": [said[0]], "Answerability": ["UNANSWERABLE"]},
        {"task_id": "c<::>4", "input": [said[0]], "Answerability": ["CONVERSATIONAL"]},
    )  # fmt: skip

    cases, left = imported("mtrag", file, tmp_path / "out", capsys)

    assert [turn.role for turn in cases["c<::>2"].turns] == ["user", "assistant", "user"]
    assert cases["c<::>2"].reference == ["All of it."]
    assert cases["c<::>2"].relevant[0].path == "d1.md"
    assert cases["c<::>3"].expect.status == ["abstained"]
    assert left == {"Collection": 1, "tasks that are CONVERSATIONAL": 1}


def test_ragas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    talk = [
        {"type": "human", "content": "Hi?"},
        {"type": "ai", "content": "Yes"},
        {"type": "human", "content": "Why?"},
    ]
    file = lines(
        tmp_path / "set.jsonl",
        {
            "user_input": "얼마인가요?",
            "reference": "1,000원",
            "response": "2",
            "reference_contexts": ["값은 1,000원"],
        },
        {"user_input": talk, "ground_truth": "Because."},
        {"question": "Is it 5?", "ground_truths": ["5"]},
    )

    cases, left = imported("ragas", file, tmp_path / "out", capsys)

    assert cases["set-1"].reference == ["1,000원"]
    assert cases["set-1"].relevant
    assert cases["set-2"].asked == "Why?"
    assert left == {"response": 1, "answers that stand in their question": 1}


def test_promptfoo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "promptfooconfig.yaml"
    file.write_text(PROMPTFOO, encoding="utf-8")

    cases, left = imported("promptfoo", file, tmp_path / "out", capsys)

    first, last = cases.values()
    assert first.expect.contains == ["14 days", "Billing, refunds"]
    assert first.expect.not_contains == ["cash"]
    assert first.source == {"description": "refunds", "kind": "promptfoo"}
    assert last.answerability == "unanswerable"
    assert left == {
        "prompts": 1,
        "vars.persona": 1,
        "assert llm-rubric": 1,
        "tests without a variable question, query, prompt or input": 1,
    }


def test_promptfoo_in_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tests.csv"
    text = "question,__expected,__expected2,__metric,__description\nHow?,contains: pay,similar(0.8): x,m,d\n"
    file.write_text(text, encoding="utf-8")

    cases, left = imported("promptfoo", file, tmp_path / "out", capsys)

    assert cases["tests-1"].expect.contains == ["pay"]
    assert left == {"tests.__metric": 1, "assert similar(0.8)": 1}


def test_file_of_another_layout_is_refused(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", {"text": "no id"})

    for layout in ("squad", "mtrag", "beir", "nonsense"):
        with pytest.raises(BadSuiteError):
            import_command(ImportOptions(layout, file, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_file_without_a_case_makes_no_suite_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = lines(tmp_path / "empty.jsonl")

    assert import_command(ImportOptions("ragas", file, tmp_path / "out")) == 1
    assert "empty.jsonl holds no case in the layout of ragas" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


TASK = {"task_id": "t", "input": [{"speaker": "user", "text": "어떻게 하나요?"}]}


@pytest.mark.parametrize(
    ("layout", "content", "told"),
    [
        ("ragas", '{"user_input": "a"}\n{"user_input": }\n', ":2: not JSON: expecting value at column 16"),
        ("ragas", "[\n {}\n {}\n]", ":3: not JSON: expecting ',' delimiter at column 2"),
        ("ragas", '{"question": ["왜?"]}\n', ':1, question[0] must be an object, not "왜?"'),
        ("ragas", '{"question": "a", "reference": [{"x": 1}]}', ':1: `reference` must be text, not {"x": 1}'),
        ("mtrag", json.dumps(TASK | {"input": "x"}), ':1: `input` must be a list of objects, not "x"'),
        (
            "mtrag",
            json.dumps(TASK | {"contexts": [{"text": "a", "title": "b"}]}),
            ":1, contexts[0]: `document_id` is missing; there are: text, title",
        ),
        ("mtrag", "\n" + json.dumps({"text": "a"}), ":2: `task_id` or `_id` is missing; there are: text"),
        (
            "squad",
            '{"data": [{"paragraphs": [{"context": "a"}]}]}',
            ", data[0], paragraphs[0]: `qas` is missing",
        ),
        ("squad", '{"data": [\n{]}', ":2: not JSON"),
        ("promptfoo", "- vars: 한국어\n", ', tests[0], vars must be an object, not "한국어"'),
        (
            "promptfoo",
            "- {vars: {query: a}, assert: [{value: a}]}",
            ", tests[0], assert[0]: `type` is missing",
        ),
        ("promptfoo", "a: [", " cannot be read: while parsing"),
    ],
)
def test_what_is_wrong_is_named_with_file_place_value_and_rule(
    tmp_path: Path, layout: str, content: str, told: str
) -> None:
    file = tmp_path / ("tests.yaml" if layout == "promptfoo" else "set.jsonl")
    file.write_text(content, "utf-8")

    with pytest.raises(BadSuiteError) as raised:
        import_command(ImportOptions(layout, file, tmp_path / "out"))

    assert raised.value.message.startswith(f"{file}{told}")
    assert raised.value.remedy
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("a d1 1", "with tabs between them, not 'a d1 1'"),
        ("a\td1\thigh", 'must be a whole number, not "high"'),
    ],
)
def test_judgement_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    lines(tmp_path / "corpus.jsonl", {"_id": "d1", "text": "x"})
    lines(tmp_path / "queries.jsonl", {"_id": "a", "text": "x?"})
    (tmp_path / "qrels.tsv").write_text(f"query\tpassage\tgrade\n{line}\n", "utf-8")

    with pytest.raises(BadSuiteError, match=rf"qrels\.tsv:2.*{told}"):
        import_command(ImportOptions("beir", tmp_path, tmp_path / "out"))


def test_file_that_cannot_be_read_says_why_in_words(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b'{"question": "caf\xe9"}')

    for name, told in (("none.jsonl", "no such file"), ("", "is a directory"), ("latin.jsonl", "byte 17 is")):
        with pytest.raises(BadSuiteError, match=f"cannot be read: {told}"):
            import_command(ImportOptions("ragas", tmp_path / name, tmp_path / "out"))
