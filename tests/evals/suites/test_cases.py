"""Cases as people write them: JSON Lines, YAML, CSV, and what is told of mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cases.matching import is_at, slug
from evals.cases.schema import Case, Expect, Place, suite_hash
from evals.cases.suite import load_suite, read_suite
from evals.failures import BadSuiteError

from .made import case, citation, passage, write_suite

FULL = {
    "id": "pw-1",
    "turns": [{"role": "user", "content": "Hi"}, {"role": "user", "content": "How do I reset my password?"}],
    "filters": {"product": "cloud"},
    "expect": {
        "status": "answered",
        "cite": {"all": ["a.md#reset"], "none": [{"path": "old.md", "quote": "call us"}]},
        "contains": "reset link",
        "nuggets": ["Settings", {"text": "Security", "match": ["Security", "보안"], "weight": "okay"}],
        "retrieve": {"any": ["a.md"], "k": 3},
    },
    "relevant": [{"path": "a.md", "anchor": "reset", "grade": 2}],
    "source": "log",
}


def test_short_forms_mean_the_same_as_long_ones() -> None:
    read = Case.model_validate(FULL)

    assert read.expect.status == ["answered"]
    assert read.expect.cite.all == [Place(path="a.md", anchor="reset")]
    assert read.expect.contains == ["reset link"]
    assert [nugget.aliases for nugget in read.expect.nuggets] == [["Settings"], ["Security", "보안"]]
    assert read.source == {"kind": "log"}
    assert (read.asked, len(read.before)) == ("How do I reset my password?", 1)
    assert Case.model_validate_json(read.as_json()) == read


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ([], "answerable"),
        (["answered", "partial"], "answerable"),
        (["abstained"], "unanswerable"),
        (["abstained", "handoff"], "unanswerable"),
        (["handoff"], "handoff"),
        (["clarify"], "clarify"),
        (["answered", "abstained"], "either"),
    ],
)
def test_expected_status_says_whether_a_question_can_be_answered(status: list[str], expected: str) -> None:
    assert case(expect={"status": status}).answerability == expected


def test_language_of_a_question_is_detected_unless_it_is_said() -> None:
    assert case(question="비밀번호를 어떻게 바꾸나요?").language == "ko"
    assert case(question="KB_PORT?", lang="ko").language == "ko"


def test_places_that_answer_are_those_to_cite_unless_they_are_named() -> None:
    expect = {"cite": {"any": ["a.md"]}, "retrieve": {"all": ["b.md"]}}

    assert [str(place) for place in case(expect=expect).places] == ["a.md"]
    assert [place.grade for place in case(expect=expect, relevant=[{"path": "c.md", "grade": 0}]).places] == [
        0
    ]


def test_same_cases_have_the_same_hash_in_any_order() -> None:
    one, two = case(id="1"), case(id="2", tags=["x"])

    assert suite_hash([one, two]) == suite_hash([two, one])
    assert suite_hash([one]) != suite_hash([case(id="1", weight=2)])
    assert case(expect={"contains": "a"}).asked_hash == case(expect={"contains": "b"}).asked_hash


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"expect": {"contain": ["x"]}}, "'expect.contain' is not a key of a case. Did you mean contains?"),
        ({"tag": ["x"]}, "Did you mean tags?"),
        ({"expect": {"cite": {"al": ["x"]}}}, "Did you mean all?"),
        ({"expect": {"status": "answer"}}, "expect.status.0: Input should be 'answered'"),
        ({"expect": {"regex": "("}}, "'(' is not a regular expression"),
        ({"expect": {"max_sentences": 0}}, "not 0"),
        ({"question": None}, "needs exactly one of question and turns"),
        ({"question": None, "turns": [{"role": "assistant", "content": "x"}]}, "turns must end with"),
        ({"question": "   "}, "question"),
    ],
)
def test_mistake_in_a_case_is_told_with_place_and_rule(
    tmp_path: Path, broken: dict[str, object], message: str
) -> None:
    write_suite(tmp_path, [{"id": "good", "question": "?"}, {"id": "bad", "question": "?"} | broken])

    (problem,) = read_suite(tmp_path).problems
    assert (problem.place, problem.case) == ("cases.jsonl:2", "bad")
    assert message in problem.message
    with pytest.raises(BadSuiteError, match=r"cases\.jsonl:2"):
        load_suite(tmp_path)


def test_unknown_key_of_a_suite_is_told(tmp_path: Path) -> None:
    write_suite(tmp_path, [{"id": "a", "question": "?"}], leave_outt=["old.md"])

    with pytest.raises(
        BadSuiteError, match=r"'leave_outt' is not a key of suite\.toml\. Did you mean leave_out"
    ):
        read_suite(tmp_path)


def test_yaml_and_csv_say_the_same_as_json(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "cases:\n- id: y\n  question: 환불은 어떻게 하나요?\n"
        "  expect: {status: answered, contains: [환불, 14일]}\n",
        encoding="utf-8",
    )
    (tmp_path / "b.csv").write_text(
        "id,question,expect.status,expect.contains,tags,filters.lang,weight,critical\n"
        "c,환불은 어떻게 하나요?,answered,환불|14일,a|b,ko,2,true\n",
        encoding="utf-8-sig",
    )

    yaml_case, csv_case = load_suite(tmp_path).cases

    assert yaml_case.expect == csv_case.expect
    assert (csv_case.tags, csv_case.filters, csv_case.weight) == (["a", "b"], {"lang": "ko"}, 2.0)
    assert csv_case.critical


def test_columns_of_promptfoo_become_expectations(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "query,__expected,__expected2,__expected3,__description,__metadata:tags[],__metadata:area\n"
        'How?,contains: Paris,"not-contains-any: Rome,Berlin",regex: \\d+,why,"x,y",south\n'
        "Why?,is-refusal,,,,,\n"
        "Who?,42,starts-with: 4,,,,\n",
        encoding="utf-8",
    )

    first, second, third = load_suite(tmp_path).cases

    assert first.expect == Expect(contains=["Paris"], not_contains=["Rome", "Berlin"], regex=[r"\d+"])
    assert first.tags == ["x", "y", "area=south"]
    assert (first.id, first.source) == ("p-2", {"description": "why"})
    assert second.answerability == "unanswerable"
    assert third.expect.regex == [r"^\s*42\s*$", r"^\s*4"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "question,__expected\nq,llm-rubric: is nice\n", "llm-rubric is not a check"),
        ("a.csv", "question\nq,extra\n", "more cells"),
        ("a.csv", "question,critical\nq,maybe\n", "must be true or false"),
        ("a.jsonl", '{"id": "a", "question": "?", "id": "b"}\n', "stands twice"),
        ("a.jsonl", "[1]\n", "JSON object"),
        ("a.jsonl", "{nonsense\n", "not JSON"),
        ("a.yaml", "id: x\n", "list of cases"),
        ("a.yaml", "- [1]\n", "mapping"),
        ("a.yaml", "- {a: *x}\n", "alias"),
    ],
)
def test_file_that_cannot_be_read_is_named_with_the_line(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    (problem,) = read_suite(tmp_path).problems
    assert problem.place.startswith(name)
    assert message in problem.message


def test_id_that_is_taken_is_told_with_the_other_place(tmp_path: Path) -> None:
    write_suite(tmp_path, [{"id": "a", "question": "?"}, {"id": "a", "question": "!"}])

    (problem,) = read_suite(tmp_path).problems
    assert "cases.jsonl:1" in problem.message


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"corpsu": "x"}, "Did you mean corpus"),
        ({"cases": ["*.json"]}, "no such file"),
        ({"run": 3}, "run"),
    ],
)
def test_mistake_in_the_configuration_of_a_suite_is_named(
    tmp_path: Path, config: dict[str, object], message: str
) -> None:
    write_suite(tmp_path, [{"id": "a", "question": "?"}], **config)

    with pytest.raises(BadSuiteError, match=message):
        load_suite(tmp_path)


def test_suite_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(BadSuiteError, match="manual"):
        load_suite("handbook")
    assert load_suite("manual").corpus == (Path("corpus")).resolve()


@pytest.mark.parametrize(
    ("place", "fits"),
    [
        ("en/operations.md", True),
        ("./en/operations.md#roll-back", True),
        ("en/operations.md#operations", True),
        ("en/operations.md#other", False),
        ("ko/operations.md", False),
        ({"path": "en/operations.md", "heading": "roll **back**"}, True),
        ({"path": "en/operations.md", "heading": "Other"}, False),
        ({"path": "en/operations.md", "quote": "run kb\nrollback"}, True),
        ({"path": "en/operations.md", "quote": "Run `kb rollback`. A server follows."}, True),
        ({"path": "en/operations.md", "quote": "kb ingest"}, False),
    ],
)
def test_citation_is_at_the_place_that_a_case_names(place: object, fits: bool) -> None:
    assert is_at(Place.model_validate(place), citation()) is fits


def test_passage_counts_for_every_section_inside_it() -> None:
    merged = passage("a.md", text="# Gebühren & 요금\n\nText.\n\n## Second one\n\nMore.", anchor="first")

    for anchor in ("first", slug("Gebühren & 요금"), "second-one"):
        assert is_at(Place(path="a.md", anchor=anchor), merged)


@given(st.text(min_size=1).filter(str.strip))
def test_any_question_survives_being_written_and_read(text: str) -> None:
    made = case(question=text)

    assert Case.model_validate(json.loads(made.as_json())) == made
