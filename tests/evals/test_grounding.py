"""The edits say what their passage does not, and the same seed makes the same ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.grounding import Verdict, show
from evals.grounding_data import Material, part_of, write_pages
from evals.grounding_edits import EDITORS, Passage, seeded_edits

ENGLISH = (
    Passage(
        "a",
        "The vault was built by Alice Moreau in 2019 and is open to 40 guests. "
        "It was later sold to Bruno Keller for 900 dollars. The old gate is not used by the guests any more.",
        "en",
    ),
    Passage("b", "A river in Norway was crossed by Carla Benitez in a small boat of wood.", "en"),
)
KOREAN = (
    Passage(
        "a",
        "이 금고는 2019년에 김민수가 만들었으며 손님 40명이 들어갈 수 있습니다. "
        "그 뒤에 박지훈이 그것을 900만 원에 사들였다고 한다. "
        "오래된 문은 이제 손님들이 쓰지 않는 문이 되지 않았다.",
        "ko",
        ("김민수", "박지훈"),
    ),
    Passage("b", "노르웨이의 강을 이서연이 작은 나무배를 타고 건넜다고 한다.", "ko", ("이서연",)),
)


@pytest.mark.parametrize("passages", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_every_kind_of_edit_is_made_and_none_stands_in_its_passage(passages: tuple[Passage, ...]) -> None:
    edits = [edit for seed in range(20) for edit in seeded_edits(passages, seed=seed, per_passage=3)]
    texts = {passage.name: passage.text for passage in passages}

    assert {edit.kind for edit in edits} == {"verbatim", *EDITORS}
    for edit in edits:
        assert (edit.sentence in texts[edit.passage]) == (edit.kind == "verbatim")
        assert edit.original in texts[edit.passage]


@pytest.mark.parametrize("passages", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_the_same_seed_makes_the_same_edits(passages: tuple[Passage, ...]) -> None:
    assert seeded_edits(passages, seed=1, per_passage=2) == seeded_edits(passages, seed=1, per_passage=2)


def test_a_passage_belongs_to_one_part_and_both_parts_have_some() -> None:
    assert {part_of(f"passage {number}") for number in range(40)} == {"fit", "report"}


def test_each_passage_becomes_a_page_of_its_own(tmp_path: Path) -> None:
    material = Material("set/en", "en", ENGLISH, ("One", "Two"))

    paths = write_pages([material], tmp_path)

    assert {(tmp_path / path).read_text().partition("\n---")[0] for path in paths.values()} == {
        '---\ntitle: "One"',
        '---\ntitle: "Two"',
    }


def test_a_missed_target_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    found = Verdict("s", "en", "number changed", "x", is_flagged=True, checks=("number",))
    alarm = Verdict("s", "ko", "verbatim", "x", is_flagged=True, checks=("name",))

    assert show([found])
    assert not show([found, alarm])
    assert "MISSED" in capsys.readouterr().out
