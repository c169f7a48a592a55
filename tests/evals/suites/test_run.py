"""``kb eval run``: every case is asked once, kept at once, and measured the same each time."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from evals.failures import BadSuiteError, RunFolderError, TargetError
from evals.options import RunOptions
from evals.product import Product
from evals.records.folder import read_records
from evals.running.command import run_command
from evals.running.runner import Plan, usable
from kb_server.app import create_app
from kb_server.settings import Settings

from .made import case as made_case
from .made import passage, reply, write_suite
from .made import record as made_record

CASES: list[dict[str, Any]] = [
    {
        "id": "en",
        "question": "How do I roll back to the earlier version?",
        "expect": {
            "status": "answered",
            "cite": {"all": ["en/operations.md"], "none": ["ko/operations.md"]},
            "contains": "kb rollback",
            "lang": "en",
            "min_groundedness": 1.0,
            "retrieve": {"any": ["en/operations.md"]},
        },
        "reference": "Run kb rollback to roll back to the earlier version.",
        "tags": ["operations"],
        "critical": True,
    },
    {
        "id": "ko",
        "question": "이전 버전으로 되돌리려면 어떻게 하나요?",
        "expect": {"status": "answered", "cite": {"any": ["ko/operations.md"]}, "lang": "ko"},
        "tags": ["operations"],
    },
    {
        "id": "none",
        "question": "What does a bicycle cost?",
        "filters": {"product": "another"},
        "expect": {"status": "abstained"},
    },
    {"id": "wrong", "question": "Which port does the server listen on?", "expect": {"contains": "9999"}},
    {
        "id": "turns",
        "turns": [
            {"role": "user", "content": "How do I roll back to the earlier version?"},
            {"role": "user", "content": "이전 버전으로 되돌리려면 어떻게 하나요?"},
        ],
        "expect": {"lang": "ko"},
    },
]


def options(tmp_path: Path, out: str, **fields: Any) -> RunOptions:
    suite = tmp_path / "suite"
    if not suite.exists():
        write_suite(suite, CASES)
    return RunOptions(suite=str(suite), out=tmp_path / out, **fields)


def without_time(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "records.jsonl").read_text("utf-8").splitlines()
    return [{key: value for key, value in json.loads(line).items() if key != "timing"} for line in lines]


def summary(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "summary.json").read_text("utf-8"))
    return content


def value(folder: Path, metric: str, part: str = "all") -> Any:
    return summary(folder)["metrics"][metric]["slices"][part]["value"]


def test_run_measures_what_cases_expect(
    tmp_path: Path, product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(options(tmp_path, "out"), product) == 0

    records = {record.case_id: record for record in read_records(tmp_path / "out")}
    assert [name for name, record in records.items() if not record.passed] == ["wrong"]
    assert records["wrong"].verdict is not None
    assert "'9999'" in records["wrong"].verdict.checks[0].detail
    assert [turn["role"] for turn in records["turns"].history] == ["user", "assistant"]
    assert records["turns"].history[1]["citations"]
    assert value(tmp_path / "out", "pass_rate") == 0.8
    assert value(tmp_path / "out", "citation_integrity") == 1.0
    assert value(tmp_path / "out", "groundedness", "lang:ko") == 1.0
    assert value(tmp_path / "out", "success_at_1", "tag:operations") == 1.0
    assert value(tmp_path / "out", "abstain_recall") == 1.0
    assert value(tmp_path / "out", "content_recall") > 0.5
    shown = capsys.readouterr()
    assert "5 cases (4 pass, 1 fail)" in shown.out
    assert "not passed: wrong" in shown.out
    assert "5/5  80.0 % pass" in shown.err


def test_two_runs_are_the_same_to_the_byte_but_for_the_time(tmp_path: Path, product: Product) -> None:
    for out, concurrency in (("one", 1), ("two", 4)):
        run_command(options(tmp_path, out, cache=False, concurrency=concurrency), product)

    for name in ("summary.json", "scores.jsonl", "cases.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert without_time(tmp_path / "one") == without_time(tmp_path / "two")


def test_run_goes_on_where_it_was_cut_off(tmp_path: Path, product: Product) -> None:
    run_command(options(tmp_path, "whole", cache=False), product)
    run_command(options(tmp_path, "cut", cache=False), product)
    lines = (tmp_path / "cut" / "records.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "cut" / "records.jsonl").write_bytes(b"".join(lines[:2]) + lines[2][:40])
    (tmp_path / "cut" / "summary.json").unlink()

    run_command(options(tmp_path, "cut", cache=False), product)

    again = (tmp_path / "cut" / "records.jsonl").read_bytes().splitlines(keepends=True)
    assert again[:2] == lines[:2]
    assert len(again) == len(CASES)
    assert without_time(tmp_path / "cut") == without_time(tmp_path / "whole")
    assert summary(tmp_path / "cut") == summary(tmp_path / "whole")


def test_changed_expectation_is_judged_without_asking_again(tmp_path: Path, product: Product) -> None:
    run_command(options(tmp_path, "out", cache=False), product)
    before = [record.timing.answer_id for record in read_records(tmp_path / "out")]
    changed = [{**item, "expect": {"contains": "8000"}} if item["id"] == "wrong" else item for item in CASES]
    write_suite(tmp_path / "suite", changed)

    run_command(options(tmp_path, "out", cache=False), product)

    assert [record.timing.answer_id for record in read_records(tmp_path / "out")] == before
    assert value(tmp_path / "out", "pass_rate") == 1.0


def test_nothing_starts_where_every_answer_is_kept(tmp_path: Path, product: Product) -> None:
    run_command(options(tmp_path, "first"), product)
    (version,) = summary(tmp_path / "first")["index_versions"]

    def refuse(_: Path | None) -> Any:
        raise AssertionError(version)

    known = dataclasses.replace(product, app=refuse, published=lambda _: version)
    assert run_command(options(tmp_path, "second"), known) == 0
    with pytest.raises(AssertionError):
        run_command(options(tmp_path, "other"), dataclasses.replace(known, build=lambda _: "build-2"))
    with pytest.raises(AssertionError):
        run_command(options(tmp_path, "newer"), dataclasses.replace(known, published=lambda _: "v-2"))

    assert without_time(tmp_path / "second") == without_time(tmp_path / "first")
    assert summary(tmp_path / "second") == summary(tmp_path / "first")


def test_pages_that_cases_name_and_nobody_serves_are_told(tmp_path: Path, product: Product) -> None:
    cases = [
        {"id": "a", "question": "Where?", "expect": {"cite": {"any": ["en/gone.md", "en/operations.md"]}}}
    ]
    write_suite(tmp_path / "suite", cases)

    run_command(options(tmp_path, "out"), product)

    assert json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["missing_pages"] == ["en/gone.md"]


def test_ranking_is_asked_again_for_a_case_that_looks_further_down() -> None:
    near, further = (made_case(expect={"retrieve": {"any": ["a.md"], "k": k}}) for k in (5, 20))
    for there, again in ((4, False), (10, True), (20, False)):
        kept = made_record(near, reply(), passages=[passage("a.md")] * there)

        assert usable([kept], {"c": near}, Plan((near,), 1, 1))
        assert (not usable([kept], {"c": further}, Plan((further,), 1, 1))) == again


def test_folder_of_another_run_is_kept_unless_it_may_be_dropped(tmp_path: Path, product: Product) -> None:
    run_command(options(tmp_path, "out"), product)

    with pytest.raises(RunFolderError, match="selection is"):
        run_command(options(tmp_path, "out", filters=("lang:ko",)), product)
    run_command(options(tmp_path, "out", filters=("lang:ko",), overwrite=True), product)
    assert summary(tmp_path / "out")["cases"] == 2


def test_answers_are_kept_for_the_same_build_alone(tmp_path: Path, product: Product) -> None:
    def kept(out: str, **fields: Any) -> int:
        run_command(options(tmp_path, out, **fields), product)
        found: int = json.loads((tmp_path / out / "operations.json").read_text())["from_cache"]
        return found

    assert kept("first") == 0
    assert kept("second") == len(CASES)
    assert kept("third", cache=False) == 0
    assert kept("fourth", repeat=2) == len(CASES)
    product = dataclasses.replace(product, build=lambda _: "build-2")
    assert kept("fifth") == 0
    assert without_time(tmp_path / "first") == without_time(tmp_path / "second")


@pytest.mark.parametrize(
    ("filters", "chosen"),
    [
        (("tag:operations",), ["en", "ko"]),
        (("tag:operations", "lang:ko"), ["ko"]),
        (("id:en", "id:ko"), ["en", "ko"]),
        (("id:*n*", "!lang:ko"), ["en", "none", "wrong"]),
        (("answerability:unanswerable",), ["none"]),
        (("critical:true",), ["en"]),
    ],
)
def test_filters_choose_cases(
    tmp_path: Path, product: Product, filters: tuple[str, ...], chosen: list[str]
) -> None:
    run_command(options(tmp_path, "out", filters=filters), product)

    names = [record.case_id for record in read_records(tmp_path / "out")]
    assert names == chosen


def test_what_failed_last_time_can_be_asked_alone(tmp_path: Path, product: Product) -> None:
    run_command(options(tmp_path, "all"), product)
    run_command(options(tmp_path, "again", filters=(f"failed:{tmp_path / 'all'}",)), product)

    assert [record.case_id for record in read_records(tmp_path / "again")] == ["wrong"]


@pytest.mark.parametrize(
    ("filters", "message"),
    [(("tagg:x",), "Did you mean tag"), (("billing",), "not a filter"), (("tag:nothing",), "No case")],
)
def test_filter_that_means_nothing_is_refused(
    tmp_path: Path, product: Product, filters: tuple[str, ...], message: str
) -> None:
    with pytest.raises(BadSuiteError, match=message):
        run_command(options(tmp_path, "out", filters=filters), product)


def test_failing_cases_end_the_command_with_1_only_if_asked(tmp_path: Path, product: Product) -> None:
    assert run_command(options(tmp_path, "out"), product) == 0
    assert run_command(options(tmp_path, "out", fail_on_failures=True), product) == 1


def test_server_that_is_not_there_is_told(tmp_path: Path, product: Product) -> None:
    with pytest.raises(TargetError, match=r"http://127\.0\.0\.1:9 cannot be asked"):
        run_command(options(tmp_path, "out", url="http://127.0.0.1:9"), product)
    with pytest.raises(BadSuiteError, match="not an address"):
        run_command(options(tmp_path, "out", url="localhost:8000"), product)
    with pytest.raises(BadSuiteError, match="belong together"):
        run_command(options(tmp_path, "out", model="x"), product)


def test_missing_index_of_this_process_is_told(tmp_path: Path, product: Product) -> None:
    settings = Settings(data_dir=tmp_path / "nothing")
    empty = dataclasses.replace(product, app=lambda _: create_app(settings))

    with pytest.raises(TargetError, match="The index of this process cannot be asked") as caught:
        run_command(options(tmp_path, "out"), empty)
    assert "kb ingest" in caught.value.remedy


def test_pages_of_a_suite_are_read_again_only_when_they_or_the_program_change(
    tmp_path: Path, product: Product
) -> None:
    read: list[list[str]] = []
    build = ["build-1"]

    def ingest(corpus: Path, data_dir: Path) -> None:
        read.append(sorted(item.name for item in data_dir.iterdir()))
        (data_dir / "cache").mkdir(exist_ok=True)
        (data_dir / "versions").mkdir(exist_ok=True)
        assert (corpus / "a.md").exists()

    product = dataclasses.replace(product, ingest=ingest, build=lambda _: build[0])
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("one", encoding="utf-8")
    write_suite(tmp_path / "suite", CASES[:1], corpus="../docs")

    for text, name in (("one", "build-1"), ("one", "build-1"), ("two", "build-1"), ("two", "build-2")):
        (tmp_path / "docs/a.md").write_text(text, encoding="utf-8")
        build[0] = name
        run_command(options(tmp_path, "out", overwrite=True), product)

    assert read == [[".lock"], [".lock", "cache", "versions"], [".lock", "cache"]]


def test_corpus_that_is_not_there_is_told(tmp_path: Path, product: Product) -> None:
    write_suite(tmp_path / "suite", CASES[:1], corpus="../gone")

    with pytest.raises(BadSuiteError, match=r"'\.\./gone'"):
        run_command(options(tmp_path, "out"), product)
