import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.abstention import show_risks
from evals.abstention_data import (
    ANSWERABLE,
    KOREAN_SET,
    OTHER_PRODUCT,
    REMOVED,
    SMALL_TALK,
    UNANSWERABLE,
    Case,
    benchmark_set,
    docs_set,
)
from evals.abstention_measures import (
    aurc,
    auroc,
    calibration_error,
    calibration_floor,
    coverage_at,
    risk_coverage,
)
from evals.judged import is_right, judge_cases
from evals.logistic import fit, threshold_for

ANSWERS = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40)


def _arrays(answers):
    return np.array([right for right, _ in answers], dtype=float), np.array([sure for _, sure in answers])


@given(ANSWERS)
def test_the_curve_ends_with_everything_answered_at_the_overall_risk(answers):
    right, confidence = _arrays(answers)

    points = risk_coverage(right, confidence)
    assert points[-1].coverage == pytest.approx(1.0)
    assert points[-1].risk == pytest.approx(1 - right.mean())
    assert [p.threshold for p in points] == sorted({p.threshold for p in points}, reverse=True)


@given(ANSWERS, st.floats(0, 1))
def test_a_threshold_keeps_to_its_risk_on_what_it_was_chosen_on(answers, risk):
    right, confidence = _arrays(answers)

    threshold, coverage = threshold_for(right, np.round(confidence, 3), np.ones(len(right)), risk)
    if coverage:
        assert coverage <= coverage_at(right, confidence, 1.0)
        assert 0 <= threshold <= 1


def test_a_perfect_order_has_no_risk_before_it_must():
    right, confidence = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.9, 0.8, 0.3, 0.1])

    assert auroc(right, confidence) == 1.0
    assert coverage_at(right, confidence, 0.0) == 0.5
    assert aurc(right, confidence) == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)


def test_confidence_that_is_always_half_a_share_off_has_that_error():
    right, confidence = np.array([1.0, 0.0] * 50), np.full(100, 1.0)

    assert calibration_error(right, confidence) == pytest.approx(0.5)
    assert calibration_error(right, right) == 0.0


def test_chance_alone_shows_a_calibration_error_that_falls_with_the_size_of_a_set():
    few, many = (calibration_floor(np.linspace(0, 1, size)) for size in (80, 8000))

    assert few > 3 * many > 0
    assert calibration_floor(np.ones(50)) == 0


def test_a_fit_finds_the_signal_that_speaks_and_drops_the_one_that_speaks_against():
    rng = np.random.default_rng(0)
    right = rng.integers(0, 2, 400).astype(float)
    signals = [{"good": r + rng.normal(0, 0.4), "bad": -r + rng.normal(0, 0.4)} for r in right]

    fitted = fit(signals, right, np.ones(400), ("good", "bad"))

    assert fitted.weights["good"] > 1
    assert fitted.weights["bad"] == 0
    assert auroc(right, fitted.chances(signals)) > 0.9


def test_an_answer_is_right_with_a_right_page_and_the_gold_answer():
    case = Case("q", "When?", "en", ANSWERABLE, "f", frozenset({"a.md"}), answers=("at 2 p.m.",))
    cites_it = {"citations": [{"path": "a.md"}], "text": "It runs At 2\\. p.m. [1]".replace("\\.", "")}

    assert is_right(case, cites_it)
    assert not is_right(case, cites_it | {"text": "It runs. [1]"})
    assert not is_right(case, cites_it | {"citations": [{"path": "b.md"}]})


def _lines(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def _question(name, path):
    return {
        "id": name, "question": f"{name}?", "lang": "en", "answerable": path is not None,
        "relevant": [{"path": path}] if path else [], "tags": [],
    }  # fmt: skip


def test_a_docs_set_is_asked_again_with_its_pages_hidden_and_what_others_ask(tmp_path):
    for name in ("bitwarden", "frigate"):
        _lines(tmp_path / "docs" / name / "questions.jsonl", [_question("q1", "a.md"), _question("q2", None)])

    plain = docs_set(tmp_path, "bitwarden", hidden=False)
    mixed = docs_set(tmp_path, "bitwarden", hidden=True, others=5)

    assert [case.kind for case in plain.cases] == [ANSWERABLE, UNANSWERABLE]
    assert [case.kind for case in mixed.cases] == [ANSWERABLE, UNANSWERABLE, REMOVED, OTHER_PRODUCT]
    assert mixed.cases[2].filters == {"path!": ["a.md"]}
    assert not mixed.cases[3].pages


def test_the_korean_set_leaves_articles_out_and_adds_small_talk(tmp_path):
    folder = tmp_path / "retrieval" / "korquad_v1_dev"
    passages = [{"_id": f"t{n}#0", "title": f"t{n}", "text": f"글 {n}"} for n in range(8)]
    queries = [
        {"_id": f"q{n}", "text": f"질문 {n}?", "lang": "ko", "answers": [str(n)], "context_id": f"t{n}#0"}
        for n in range(8)
    ]
    _lines(folder / "corpus.jsonl", passages)
    _lines(folder / "queries.jsonl", queries)
    qrels = "query-id\tcorpus-id\tscore\n" + "".join(f"q{n}\tt{n}#0\t1\n" for n in range(8))
    (folder / "qrels.tsv").write_text(qrels, encoding="utf-8")
    _lines(tmp_path / "support" / "ko_chatbot" / "qa.jsonl", [{"q": "심심해", "a": "저도요"}])

    made = benchmark_set(tmp_path, KOREAN_SET, tmp_path / "work")

    kinds = [case.kind for case in made.cases]
    assert (kinds.count(ANSWERABLE), kinds.count(REMOVED), kinds.count(SMALL_TALK)) == (6, 2, 1)
    assert len(list(made.corpus.rglob("*.md"))) == 6
    assert all(bool(case.answers) == (case.kind == ANSWERABLE) for case in made.cases)
    assert made.cases == benchmark_set(tmp_path, KOREAN_SET, tmp_path / "again").cases


class _Server:
    """Answers with the confidence that stands in the question where that is sure enough, as a server does."""

    def answers(self, bodies):
        return {name: self._answer(body) for name, body in bodies.items()}

    def _answer(self, body):
        sure = float(body["question"])
        given = sure >= 1 - body.get("max_risk", 0.2)
        return {
            "status": "answered" if given else "abstained",
            "reason": "" if given else "low_confidence",
            "language": "en",
            "confidence": sure,
            "citations": [{"path": "a.md"}],
            "text": "It is so. [1]",
            "explanation": {"signals": {}, "in_scope": 1.0},
        }


def test_each_accepted_risk_is_asked_and_held_against_what_was_wrong(capsys):
    right, wrong = frozenset({"a.md"}), frozenset({"b.md"})
    cases = [
        Case("q1", "0.95", "en", ANSWERABLE, "f", right),
        Case("q2", "0.85", "en", ANSWERABLE, "f", wrong),
        Case("q3", "0.75", "en", ANSWERABLE, "f", right),
        Case("q4", "0.10", "en", UNANSWERABLE, "f"),
    ]

    judged = judge_cases(_Server(), "s", cases, at_setting=True, risks=(0.1, 0.3))
    show_risks(
        {"s": judged},
        (
            0.1,
            0.3,
        ),
    )
    line = capsys.readouterr().out.splitlines()[-1]

    assert [case.given for case in judged] == [True, True, False, False]
    assert [case.given_at for case in judged] == [
        {"0.1": True, "0.3": True},
        {"0.1": False, "0.3": True},
        {"0.1": False, "0.3": True},
        {"0.1": False, "0.3": False},
    ]
    assert "0.000 [0.000,0.793] -0.100 of 0.250" in line
    assert "+0.033 of 0.750" in line
