import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb_server.answering.confidence import (
    CROSS,
    SHIPPED_CONFIDENCE,
    CurvePoint,
    LanguageConfidence,
    Logistic,
    load_confidence,
    shipped_confidence,
)
from kb_server.errors import BadInputError
from kb_server.retrieval.results import SIGNALS

SHARES = st.fixed_dictionaries({name: st.floats(0, 1) for name in SIGNALS})
KINDS = ["en", "ko", CROSS]


@given(SHARES, st.sampled_from(SIGNALS), st.sampled_from(KINDS))
def test_confidence_is_a_probability_that_grows_with_every_signal(signals, better, kind):
    judged = shipped_confidence().of(kind, cross=kind == CROSS)

    for logistic in (judged.right, judged.in_scope):
        chance = logistic.chance(signals)
        assert 0 <= chance <= 1
        assert logistic.chance(signals | {better: 1.0}) >= chance


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(KINDS))
@example(0.5, 0.4, "ko")
def test_accepting_more_risk_never_answers_less(one, other, kind):
    judged = shipped_confidence().of(kind, cross=kind == CROSS)

    lower, higher = sorted((one, other))
    assert 0 <= judged.answer_from(higher) <= judged.answer_from(lower) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_at_its_points_the_curve_is_not_below_them(kind):
    judged = shipped_confidence().of(kind, cross=kind == CROSS)

    for point in judged.curve:
        assert judged.answer_from(point.max_risk) >= point.answer_from


def test_the_threshold_is_read_off_the_curve_and_between_its_points():
    judged = LanguageConfidence(
        Logistic(0.0, {}),
        Logistic(0.0, {}),
        (CurvePoint(0.1, 0.8, 0.3), CurvePoint(0.3, 0.4, 0.7)),
    )

    thresholds = [judged.answer_from(risk) for risk in (0.0, 0.1, 0.2, 0.3, 1.0)]
    assert thresholds == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.0])


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_manual_shows_the_shipped_curve(lang):
    page = (Path(__file__).parents[3] / "corpus" / lang / "confidence.md").read_text(encoding="utf-8")
    kinds = shipped_confidence().kinds
    rows = [
        [float(cell.rstrip(" %")) for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("| 0.")
    ]

    assert rows
    for risk, *cells in rows:
        points = [next(p for p in kinds[kind].curve if p.max_risk == risk) for kind in KINDS]
        shown = [value for point in points for value in (point.answer_from, round(100 * point.coverage))]
        assert cells == pytest.approx(shown)


def test_the_shipped_file_says_where_its_numbers_come_from():
    assert shipped_confidence().provenance


def test_a_language_without_its_own_fit_uses_the_english_one():
    model = shipped_confidence()

    assert model.of("fr") is model.of("en")


def test_extreme_coefficients_do_not_overflow(tmp_path):
    path = _changed(tmp_path, ("kinds", "en", "right", "intercept"), -1e9)

    chance = load_confidence(path).of("en").right.chance(dict.fromkeys(SIGNALS, 0.0))
    assert chance == pytest.approx(0)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("provenance",), "nowhere", "'provenance'"),
        (("kinds", "en", "surprise"), 1, "'en' needs exactly these fields"),
        (("kinds", "en", "right"), {"intercept": 1}, "en.right needs exactly"),
        (("kinds", "en", "right", "intercept"), "high", "en.right.intercept is 'high'"),
        (("kinds", "en", "right", "weights", "cosine"), True, "en.right.cosine is True"),
        (("kinds", "en", "right", "weights", "luck"), 1.0, "en.right.weights may only name"),
        (("kinds", "ko", "in_scope", "intercept"), float("nan"), "ko.in_scope.intercept is nan"),
        (("kinds", "en", "curve"), [], "en.curve needs a list"),
        (("kinds", "en", "curve"), [{"max_risk": 0.1}], r"en.curve\[0\] needs exactly"),
        (
            ("kinds", "en", "curve"),
            [{"max_risk": 0.1, "answer_from": 1.5, "coverage": 0.1}],
            r"answer_from is 1.5, not between",
        ),
        (
            ("kinds", "en", "curve"),
            [
                {"max_risk": 0.1, "answer_from": 0.5, "coverage": 0.1},
                {"max_risk": 0.2, "answer_from": 0.6, "coverage": 0.1},
            ],
            "never ascend in answer_from",
        ),
    ],
)
def test_a_broken_field_is_named(tmp_path, place, value, message):
    with pytest.raises(BadInputError, match=message):
        load_confidence(_changed(tmp_path, place, value))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"kinds": {"ko": {}}}', '{"kinds": {"en": 1, "cross": 1}, "provenance": {}}']
)
def test_a_file_of_another_shape_is_refused(tmp_path, content):
    path = tmp_path / "confidence.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(BadInputError, match=r"confidence\.json"):
        load_confidence(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="cannot be read"):
        load_confidence(tmp_path / "absent.json")


def _changed(folder, place, value):
    content = json.loads(SHIPPED_CONFIDENCE.read_text(encoding="utf-8"))
    *outer, last = place
    inner = content
    for key in outer:
        inner = inner[key]
    inner[last] = value
    path = folder / "confidence.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
