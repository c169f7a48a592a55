"""What counts as gold, and that the fit finds the feature that tells gold apart."""

import numpy as np
import pytest

from evals.cases.schema import Case
from evals.docs_sets import Question, Relevant
from evals.unit_fit import Lesson, by_hand, fit, found, judged
from evals.units import gold_of_case, gold_of_docs, gold_of_record

NAMES = ("own", "key")


def _unit(text, *, path="guide.md", heading="Ports"):
    return {"path": path, "title": "Guide", "heading_path": [heading], "anchor": "ports", "text": text}


def _question(lang, *facts):
    relevant = (Relevant("guide.md", "Ports"),)
    return Question("q", "?", lang, answerable=True, relevant=relevant, facts=facts, cross_lingual=False)


@pytest.mark.parametrize(("lang", "text"), [("en", "It listens on `8000`."), ("ko", "`8000` 포트를 씁니다.")])
def test_a_fact_counts_most_in_the_right_section(lang, text):
    gold = gold_of_docs(_question(lang, "8000"))

    inside, on_page, elsewhere = (
        gold(_unit(text)),
        gold(_unit(text, heading="Hosts")),
        gold(_unit(text, path="x.md")),
    )
    assert inside == 1.0 > on_page > elsewhere > 0.0
    assert gold(_unit("Nothing of it.")) == 0.0


def test_without_facts_every_unit_of_the_section_is_gold():
    gold = gold_of_docs(_question("en"))

    assert gold(_unit("Anything.")) == 1.0
    assert gold(_unit("Anything.", heading="Hosts")) == 0.0


def test_a_case_is_met_by_what_it_must_contain_where_it_may_be_cited():
    case = Case.model_validate(
        {"id": "a", "question": "?", "expect": {"contains": ["8000"], "cite": {"any": ["guide.md#ports"]}}}
    )

    assert gold_of_case(case)(_unit("It is 8000.")) == 1.0
    assert gold_of_case(case)(_unit("It is 8000.", path="other.md")) == 0.0


@pytest.mark.parametrize("answer", ["8000", "80 00"])
def test_a_gold_answer_is_found_whatever_its_spaces(answer):
    assert gold_of_record({"answers": [answer]})(_unit("It is 8000.")) == 1.0


def _lessons(name, count, *, fitted=True):
    """Make questions whose gold unit is told by ``key`` alone: another has more words of the question."""
    x = np.array([[0.9, 0.0], [0.5, 1.0], [0.4, 0.0]])
    gold = np.array([0.0, 1.0, 0.0])
    return [Lesson(name, "en", NAMES, x, gold, fitted=fitted) for _ in range(count)]


def _plain_lessons(count):
    """Make questions whose gold unit has the words of the question, as the weights by hand have it."""
    x, gold = np.array([[0.9, 0.0], [0.5, 0.0], [0.1, 0.0]]), np.array([1.0, 0.0, 0.0])
    return [Lesson("plain", "en", NAMES, x, gold) for _ in range(count)]


def test_the_fit_weighs_what_tells_gold_apart():
    lessons, prior = [*_lessons("a", 100), *_plain_lessons(200)], by_hand(NAMES)
    weights = fit(lessons, prior)

    assert found(lessons[0], prior, 1) == 0.0
    assert found(lessons[0], weights, 1) == 1.0
    assert found(lessons[0], prior, 3) == 1.0


def test_a_set_is_judged_by_a_fit_without_it():
    lessons = [*_lessons("a", 100), *_plain_lessons(200), *_lessons("b", 3), *_lessons("c", 2, fitted=False)]

    values = judged(lessons, by_hand(NAMES), {"b": "b"})

    assert set(values) == {("b", "en"), ("c", "en")}
    assert values["b", "en"] == [(0.0, 1.0, 1.0, 1.0)] * 3
