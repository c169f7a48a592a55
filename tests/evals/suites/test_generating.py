"""``kb eval gen``: questions of the pages, the same for the same seed, that lint accepts and run asks."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from evals.cases.schema import Case
from evals.cases.suite import load_suite
from evals.failures import BadSuiteError, RunFolderError
from evals.generating.command import gen_command
from evals.generating.kinds import KINDS, make
from evals.generating.kinds.made import Corpus
from evals.generating.pages import page_of, translations
from evals.linting.command import lint_command
from evals.options import GenOptions, LintOptions, RunOptions
from evals.product import Product
from evals.running.command import run_command
from evals.running.index import suite_index

from .docs import DOCS
from .made import write_suite

Docs = tuple[Path, Product]


def pages() -> list[Any]:
    found = []
    for path, source in DOCS.items():
        _, head, text = source.split("---\n", 2)
        fields = dict(line.split(": ", 1) for line in head.splitlines())
        about = {"path": path, "title": fields["title"], "lang": fields["lang"], "metadata": fields}
        found.append(page_of(about, text))
    return found


def made(seed: int = 0, count: int = 20) -> dict[str, list[Case]]:
    versions = {"v1/storage.md": ["v1"], "v2/storage.md": ["v2"]}
    corpus = Corpus(pages(), versions, seed)
    return {kind: [item.case for item in items] for kind, items in make(corpus, KINDS, count).items()}


def asked(cases: list[Case]) -> set[str]:
    return {case.asked for case in cases}


def test_headings_and_questions_of_pages_become_cases_with_their_place() -> None:
    found = made()

    assert asked(found["faq"]) == {
        "How do I get a refund?", "환불은 어떻게 받나요?", "Which carriers deliver abroad?",
    }  # fmt: skip
    assert {"How do I download an invoice?", "청구서 내려받기는 어떻게 하나요?"} <= asked(found["heading"])
    assert not any("Overview" in text or "not a heading" in text for text in asked(found["heading"]))
    (refund,) = [case for case in found["faq"] if case.asked == "환불은 어떻게 받나요?"]
    (place,) = refund.expect.cite.any
    assert (place.path, place.heading) == ("ko/billing.md", "환불은 어떻게 받나요?")
    assert refund.tags == ["gen:faq"]
    assert refund.expect.lang == "ko"
    assert "닷새" in refund.reference[0]


def test_noise_changes_the_words_and_nothing_that_is_expected() -> None:
    found = made()

    plain = {case.id: case for kind in ("heading", "faq") for case in found[kind]}
    for kind in ("typo", "joined", "split", "layout"):
        assert found[kind]
        for case in found[kind]:
            origin = plain[case.source["of"]]
            assert case.expect == origin.expect
            assert case.asked != origin.asked
            assert case.conversation == origin.id
    assert "ㅗㅐㅈ 애 ㅑ ㅎㄷㅅ ㅁ ㄱㄷ려ㅜㅇ?" in asked(found["layout"])
    assert "ghksqnfdms djEjgrp qkeskdy?" in asked(found["layout"])


def test_removed_pages_are_hidden_with_their_translation_and_must_not_be_answered() -> None:
    for seed in range(10):
        for case in made(seed)["removed"]:
            hidden = case.filters["path!"]
            assert case.source["path"] in hidden
            if "billing" in case.source["path"]:
                assert hidden == ["en/billing.md", "ko/billing.md"]
            assert case.answerability == "unanswerable"
            # The same heading stands on the page of the other version, which would answer.
            assert "storage" not in case.source["path"]


def test_twins_ask_in_the_other_language_and_cross_cases_see_only_its_pages() -> None:
    found = made()

    twins = {case.source["of"]: case for case in found["twin"]}
    cross = {case.source["of"]: case for case in found["cross"]}
    (refund,) = [case for case in found["faq"] if case.asked == "How do I get a refund?"]
    assert refund.id not in twins  # its twin is drawn anyway, and no question is asked twice
    assert cross[refund.id].filters == {"lang": "ko"}
    assert str(cross[refund.id].expect.cite.any[0]) == "ko/billing.md “환불은 어떻게 받나요?”"
    few = made(count=1)
    assert {case.language for case in few["twin"]} <= {"en", "ko"}


def test_versions_of_a_page_are_asked_for_by_name_and_the_other_is_wrong() -> None:
    cases = made()["version"]

    assert asked(cases) == {
        f"In {label}, what do I need to know about Largest file size (Storage limits)?"
        for label in ("v1", "v2")
    }
    second = next(case for case in cases if case.asked.startswith("In v2"))
    assert [place.path for place in second.expect.cite.any] == ["v2/storage.md"]
    assert [place.path for place in second.expect.cite.none] == ["v1/storage.md"]


def test_same_seed_gives_the_same_cases_and_another_one_others() -> None:
    assert made(seed=1, count=2) == made(seed=1, count=2)
    assert made(seed=1)["typo"] != made(seed=2)["typo"]


def test_translations_are_found_by_front_matter_by_path_and_by_permalink() -> None:
    def page(path: str, lang: str, **metadata: str) -> Any:
        return page_of({"path": path, "title": path, "lang": lang, "metadata": metadata}, "")

    listed = [
        page("a.md", "en"), page("b.md", "ko", translation_of="a.md"),
        page("docs/en/c.md", "en"), page("docs/ko/c.md", "ko"),
        page("en/Home.md", "en", permalink="/"), page("ko/홈.md", "ko", permalink="/"),
        page("en/alone.md", "en"),
    ]  # fmt: skip
    found = translations(listed)

    assert found["b.md"] == "a.md"
    assert found["docs/ko/c.md"] == "docs/en/c.md"
    assert found["ko/홈.md"] == "en/Home.md"
    assert "en/alone.md" not in found


def test_suite_passes_lint_and_is_run(tmp_path: Path, docs: Docs, capsys: pytest.CaptureFixture[str]) -> None:
    _, product = docs
    out = tmp_path / "made"

    assert gen_command(GenOptions(out=out, as_json=True), product) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pages"] == len(DOCS)
    assert told["cases"]["version"] == 2
    assert lint_command(LintOptions(suite=str(out)), product) == 0
    run = RunOptions(suite=str(out), out=tmp_path / "run", filters=("tag:gen:faq", "tag:gen:version"))
    assert run_command(run, product) == 0
    assert "5 cases (5 pass)" in capsys.readouterr().out


def test_corpus_of_its_own_gets_a_second_suite_without_the_removed_pages(tmp_path: Path, docs: Docs) -> None:
    corpus, real = docs
    read: list[set[str]] = []

    def ingest(folder: Path, _: Path) -> None:
        read.append({file.relative_to(folder).as_posix() for file in folder.rglob("*.md")})

    product = dataclasses.replace(real, ingest=ingest)
    suite = tmp_path / "suite"
    write_suite(suite, [{"id": "a", "question": "Why?"}], corpus=str(corpus), leave_out=["en/shipping.md"])

    folder = suite_index(load_suite(suite), product, tmp_path / "data")
    assert suite_index(load_suite(suite), product, tmp_path / "data") == folder
    assert read == [DOCS.keys() - {"en/shipping.md"}]


def test_page_to_leave_out_that_is_not_there_is_named(tmp_path: Path, docs: Docs) -> None:
    corpus, product = docs
    suite = tmp_path / "suite"
    write_suite(suite, [{"id": "a", "question": "Why?"}], corpus=str(corpus), leave_out=["en/gone.md"])

    with pytest.raises(BadSuiteError, match=r"en/gone\.md"):
        suite_index(load_suite(suite), product, tmp_path / "data")


def test_bad_options_and_a_folder_in_use_are_refused(tmp_path: Path, docs: Docs) -> None:
    _, product = docs
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(RunFolderError, match=r"notes\.txt"):
        gen_command(GenOptions(out=tmp_path), product)
    with pytest.raises(BadSuiteError, match="'typos'"):
        gen_command(GenOptions(out=tmp_path / "new", kinds=("typos",)), product)
    with pytest.raises(BadSuiteError, match="no corpus"):
        gen_command(GenOptions(out=tmp_path / "new", corpus=tmp_path / "none"), product)
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
