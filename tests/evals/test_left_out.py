"""A set is judged by what was fitted without it."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, replace

import pytest

from evals import left_out
from evals.abstention_data import ANSWERABLE, HEADING, OTHER_PRODUCT, UNANSWERABLE
from evals.calibrate import KINDS, RIGHT
from evals.judged import Judged
from evals.left_out import judge_left_out, slices

NAMES = sorted({name for names in RIGHT.values() for name in names} | {"known", "cosine", "weight"})
SETS = ("obsidian", "fastapi", "bitwarden")


def _case(number: int, name: str, kind: str) -> Judged:
    rng = random.Random(f"{number}/{name}/{kind}")
    sure = rng.random()
    right = rng.random() < sure
    return Judged(
        set=name,
        case_id=f"{name}/{number}",
        kind=(ANSWERABLE if right or number % 2 else UNANSWERABLE, OTHER_PRODUCT)[number % 5 == 0],
        fold=name,
        lang="ko" if kind == "ko" else "en",
        cross=kind == "cross",
        drafted=number % 11 > 0,
        confidence=sure,
        right=right and number % 11 > 0,
        given=False,
        reason="",
        in_scope=0.9,
        signals=dict.fromkeys(NAMES, sure),
    )


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return [_case(number, name, kind) for number in range(60) for name in SETS for kind in KINDS]


def test_what_is_right_in_a_set_does_not_move_its_own_confidence(judged):
    turned = [replace(case, right=not case.right) if case.set == "fastapi" else case for case in judged]
    before, after = (
        [each.confidence for each in judge_left_out(cases) if each.case.set == "fastapi"]
        for cases in (judged, turned)
    )

    assert before == after
    assert len(set(before)) > 1


def test_only_drafted_answers_are_given_and_more_risk_gives_more(judged):
    left = judge_left_out(judged)

    assert not any(any(each.given) for each in left if not each.case.drafted)
    strict, bold = (sum(each.given[at] for each in left) for at in range(2))
    assert 0 < strict < bold < len(left)


def test_made_cases_and_headings_are_no_part_of_the_real_ones(judged):
    headings = [replace(case, kind=HEADING) for case in judged[:20]]
    groups = slices(judge_left_out([*judged, *headings]))

    real = [each.case for name in ("docs en", "docs ko") for each in groups[name]]
    made = [each.case for name in ("made, docs en", "made, docs ko") for each in groups[name]]
    assert len(real) + len(made) == len(judged)
    assert {case.kind for case in made} == {OTHER_PRODUCT}


def test_the_table_is_printed_and_a_missing_file_is_named(judged, tmp_path, monkeypatch, capsys):
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(asdict(case)) + "\n" for case in judged), encoding="utf-8")

    monkeypatch.setattr("sys.argv", ["left_out", str(path)])
    assert left_out.main() == 0
    assert "docs ko" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["left_out", str(tmp_path / "none.jsonl")])
    assert left_out.main() == 3
    assert "none.jsonl" in capsys.readouterr().err
