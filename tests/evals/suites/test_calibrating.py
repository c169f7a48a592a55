"""``kb eval calibrate``: a fit that left-out answers bear out, and a server that answers by it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import random
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evals.calibrating.answers import Judged
from evals.calibrating.command import calibrate_command
from evals.calibrating.fitting import MIN_ANSWERS, Fit, fit_kind, folds_of, refitted
from evals.failures import BadSuiteError
from evals.generating.command import gen_command
from evals.options import CalibrateOptions, GenOptions, RunOptions
from evals.product import Calibration, Product
from evals.running.command import run_command
from kb_server.answering.confidence import SHIPPED_CONFIDENCE, load_confidence
from kb_server.app import create_app
from kb_server.configuration import set_keys
from kb_server.index.embedding import Encoder
from kb_server.settings import Settings
from tests.kb_server.published import running, wait_until_ready

Docs = tuple[Path, Product]
SHIPPED = json.loads(SHIPPED_CONFIDENCE.read_text(encoding="utf-8"))
NOT_IN_DOCS = (
    "How long does bread bake?", "Who won the match last night?", "What is the capital of Peru?",
    "오늘 점심 메뉴는 무엇인가요?", "고양이는 왜 우나요?", "서울에서 부산까지 얼마나 걸리나요?",
)  # fmt: skip


def answers(count: int, *, shift: float, stretch: float, seed: int = 1) -> list[Judged]:
    """Draw answers whose true log odds are the said ones, stretched and shifted."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        odds = rng.gauss(0.5, 1.5)
        chance = 1 / (1 + math.exp(-(shift + stretch * odds)))
        said = 1 / (1 + math.exp(-odds))
        made.append(Judged(f"c{number}", f"c{number}", "en", rng.random() < chance, round(said, 4), 1.0))
    return made


def fit(made: list[Judged], max_risk: float = 0.2) -> Fit:
    return fit_kind("en", made, SHIPPED["kinds"]["en"], max_risk)


def test_overconfident_answers_are_toned_down_and_left_out_ones_bear_it_out() -> None:
    found = fit(answers(400, shift=-1.0, stretch=0.6))

    assert found.outcome == "fitted"
    assert found.shift == pytest.approx(-1.0, abs=0.3)
    assert found.stretch == pytest.approx(0.6, abs=0.2)
    assert found.before is not None
    assert found.after is not None
    assert found.after.log_loss < found.before.log_loss - 0.05
    assert found.after.ece < found.before.ece / 2
    thresholds = [point["answer_from"] for point in found.curve]
    assert thresholds == sorted(thresholds, reverse=True)


def test_confidence_that_is_right_already_stays_and_only_the_threshold_is_fitted() -> None:
    kept = [fit(answers(120, shift=0, stretch=1, seed=seed)) for seed in range(8)]

    unchanged = [found for found in kept if found.outcome == "threshold"]
    assert len(unchanged) >= 4
    for found in unchanged:
        assert (found.shift, found.stretch) == (0.0, 1.0)
        right = refitted(SHIPPED["kinds"]["en"], found)["right"]
        assert right == SHIPPED["kinds"]["en"]["right"]
        assert found.curve
    for found in kept:
        assert abs(found.shift) < 1
        assert 0.4 < found.stretch < 1.8


def test_too_few_answers_or_of_one_sort_leave_the_kind_alone() -> None:
    few = fit(answers(MIN_ANSWERS - 1, shift=0, stretch=1))
    one_sort = fit([dataclasses.replace(each, right=True) for each in answers(200, shift=0, stretch=1)])
    one_cluster = fit([dataclasses.replace(each, cluster="c") for each in answers(200, shift=0, stretch=1)])

    for found in (few, one_sort, one_cluster):
        assert found.outcome == "kept"
        assert "it takes" in found.why
        assert refitted(SHIPPED["kinds"]["en"], found) == SHIPPED["kinds"]["en"]


def test_threshold_that_left_out_answers_do_not_bear_out_is_not_taken_over() -> None:
    """Of wrong answers that are as sure as right ones, no threshold keeps to the risk."""
    made = [
        dataclasses.replace(each, confidence=0.5 + number / 1000, right=number % 3 > 0)
        for number, each in enumerate(answers(60, shift=0, stretch=1))
    ]
    fields = SHIPPED["kinds"]["en"] | {"curve": [{"max_risk": 0.2, "answer_from": 0.9, "coverage": 0.0}]}
    found = fit_kind("en", made, fields, 0.2)

    assert found.after is not None
    assert found.after.risk is not None
    assert found.after.risk > 0.2
    assert found.outcome == "kept"
    assert refitted(fields, found) == fields


def test_cases_of_one_conversation_are_fitted_on_together_or_not_at_all() -> None:
    folds = folds_of(["a", "b", "a", "c", "d", "e", "b", "f"])

    assert folds[0] == folds[2]
    assert folds[1] == folds[6]
    assert len(set(folds.tolist())) == 5


def test_new_logistic_gives_the_stretched_confidence(tmp_path: Path) -> None:
    found = fit(answers(400, shift=-1.0, stretch=0.6))
    file = tmp_path / "confidence.json"
    kinds = SHIPPED["kinds"] | {"en": refitted(SHIPPED["kinds"]["en"], found)}
    file.write_text(json.dumps({"provenance": {}, "kinds": kinds}), encoding="utf-8")
    signals = dict.fromkeys(SHIPPED["kinds"]["en"]["right"]["weights"], 0.4)

    before = load_confidence().of("en").right.chance(signals)
    after = load_confidence(file).of("en").right.chance(signals)
    odds = math.log(before / (1 - before))
    assert after == pytest.approx(1 / (1 + math.exp(-(found.shift + found.stretch * odds))), abs=1e-4)


def product_of(product: Product, told: list[Mapping[str, str | float]]) -> Product:
    """Give the product with the shipped confidence, whatever the machine is set to."""

    def configure(values: Mapping[str, str | float]) -> list[str]:
        told.append(values)
        return ["set"]

    known = Calibration(load_confidence().id, SHIPPED, 0.2)
    return dataclasses.replace(product, calibration=lambda: known, configure=configure)


def runs_for_calibration(tmp_path: Path, product: Product) -> Path:
    suite = tmp_path / "suite"
    gen_command(GenOptions(out=suite, as_json=True), product)
    lines = [
        json.dumps(
            {"id": f"no-{number}", "question": text, "expect": {"status": "abstained"}}, ensure_ascii=False
        )
        for number, text in enumerate(f"{text} ({word})" for text in NOT_IN_DOCS for word in "abcdefgh")
    ]
    (suite / "unanswerable.jsonl").write_text("\n".join(lines), encoding="utf-8")
    run_command(RunOptions(suite=str(suite), out=tmp_path / "run", for_calibration=True), product)
    return tmp_path / "run"


def test_run_is_calibrated_on_and_the_server_answers_by_the_new_file(
    tmp_path: Path, docs: Docs, encoder: Encoder, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[Mapping[str, str | float]] = []
    product = product_of(docs[1], told)
    run = runs_for_calibration(tmp_path, product)
    capsys.readouterr()
    out, page, text = tmp_path / "confidence.json", tmp_path / "page.html", tmp_path / "page.md"

    options = CalibrateOptions((run,), out, max_risk=0.1, html=page, markdown=text, as_json=True)
    assert calibrate_command(options, product) == 0

    done = json.loads(capsys.readouterr().out)
    assert told == [{"confidence_file": out.as_posix(), "max_risk": 0.1}]
    assert done["kinds"]["en"]["outcome"] in {"fitted", "threshold"}
    assert done["kinds"]["cross"]["outcome"] == "kept"
    assert done["kinds"]["en"]["after"]["risk"] is not None
    assert "| en |" in text.read_text("utf-8")
    assert "<script" not in page.read_text("utf-8")
    # Two plots of the confidence, and two more where it has changed.
    plots = {"fitted": 4, "threshold": 2}[done["kinds"]["en"]["outcome"]]
    assert page.read_text("utf-8").count("<svg") >= plots
    answered = asyncio.run(_ask(Settings(**_set(tmp_path, out, product)), encoder))
    points = {point["max_risk"]: point["answer_from"] for point in done["kinds"]["en"]["curve"]}
    assert answered["ready"]["calibration"] == {"source": "file", "id": done["id"], "max_risk": 0.1}
    assert answered["explanation"]["answer_from"] == points[0.1]
    changed = Calibration(done["id"], json.loads(out.read_text("utf-8")), 0.1)
    with pytest.raises(BadSuiteError, match=done["from"]):
        calibrate_command(options, dataclasses.replace(product, calibration=lambda: changed))


def _set(tmp_path: Path, out: Path, product: Product) -> dict[str, Any]:
    """Read back what a configuration file says after the keys were set in it."""
    file = tmp_path / "kb.toml"
    set_keys({"confidence_file": out.as_posix(), "max_risk": 0.1}, file)
    return tomllib.loads(file.read_text("utf-8")) | {"data_dir": product.data_dir(None)}


async def _ask(settings: Settings, encoder: Encoder) -> dict[str, Any]:
    async with running(create_app(settings, encoder=lambda: encoder)) as client:
        ready = (await wait_until_ready(client)).json()
        body = {"question": "How do I get a refund?", "explain": True}
        answer = (await client.post("/v1/query", json=body)).json()
    return {"ready": ready, "explanation": answer["explanation"]}


def test_run_of_given_answers_only_is_refused(tmp_path: Path, docs: Docs) -> None:
    product = product_of(docs[1], [])
    suite = tmp_path / "suite"
    gen_command(GenOptions(out=suite, kinds=("faq",), as_json=True), product)
    run_command(RunOptions(suite=str(suite), out=tmp_path / "run"), product)

    with pytest.raises(BadSuiteError, match="only the answers that were given"):
        calibrate_command(CalibrateOptions((tmp_path / "run",), tmp_path / "c.json"), product)
    run_command(
        RunOptions(suite=str(suite), out=tmp_path / "run", for_calibration=True, overwrite=True), product
    )
    with pytest.raises(BadSuiteError, match="it takes 40"):
        calibrate_command(CalibrateOptions((tmp_path / "run",), tmp_path / "c.json"), product)
    assert not (tmp_path / "c.json").exists()
