import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.answering.confidence import SHIPPED_CONFIDENCE, load_confidence, shipped_confidence
from kb_server.errors import BadInputError
from kb_server.retrieval.results import Signals

SHARES = st.floats(0, 1)


@given(SHARES, SHARES, SHARES, st.sampled_from(["en", "ko"]))
def test_confidence_is_a_probability_that_grows_with_every_signal(cosine, lexical, coverage, lang):
    judge = shipped_confidence().of(lang)

    confidence = judge.confidence(Signals(cosine, lexical, coverage))

    assert 0 <= confidence <= 1
    for better in (Signals(1, lexical, coverage), Signals(cosine, 1, coverage), Signals(cosine, lexical, 1)):
        assert judge.confidence(better) >= confidence


def test_the_shipped_file_says_where_its_numbers_come_from():
    assert "fitted" in shipped_confidence().provenance.casefold()


def test_a_language_without_its_own_coefficients_uses_the_english_ones():
    model = shipped_confidence()

    assert model.of("fr") is model.of("en")


def test_extreme_coefficients_do_not_overflow(tmp_path):
    path = _changed(tmp_path, intercept=-1e9)

    assert load_confidence(path).of("en").confidence(Signals(0, 0, 0)) == pytest.approx(0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cosine": "high"}, "en.cosine is 'high'"),
        ({"cosine": True}, "en.cosine is True"),
        ({"answer_from": float("nan")}, "en.answer_from is nan"),
        ({"answer_from": 1.5}, "answer_from <= 1"),
        ({"not_in_docs_below": 0.99, "answer_from": 0.5}, "not_in_docs_below <= answer_from"),
        ({"surprise": 1}, "exactly these fields"),
    ],
)
def test_a_broken_field_is_named(tmp_path, change, message):
    with pytest.raises(BadInputError, match=message):
        load_confidence(_changed(tmp_path, **change))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"languages": {"ko": {}}}', '{"languages": {"en": 1}}'])
def test_a_file_of_another_shape_is_refused(tmp_path, content):
    path = tmp_path / "confidence.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(BadInputError, match=r"confidence\.json"):
        load_confidence(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="cannot be read"):
        load_confidence(tmp_path / "absent.json")


def _changed(folder, **fields):
    content = json.loads(SHIPPED_CONFIDENCE.read_text(encoding="utf-8"))
    content["languages"]["en"] |= fields
    path = folder / "confidence.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
