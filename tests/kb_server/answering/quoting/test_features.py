"""What the features of a unit say, and that every one of them has a weight."""

import json

import pytest

from kb_server.answering.quoting.asked import read_question
from kb_server.answering.quoting.features import FEATURES, Reading, features_of
from kb_server.answering.quoting.passages import read_passage
from kb_server.answering.quoting.weights import SHIPPED_WEIGHTS, shipped_weights
from kb_server.index.tokenization import tokenize
from tests.kb_server.answering.searches import Page


def _features(question, page, heading=()):
    """Give the features of each unit of the page, by name."""
    weights = dict.fromkeys(tokenize(question), 1.0)
    passage = read_passage(page.hit(heading=heading), page.revision, prior=1.0, term_weights=weights)
    reading = Reading(weights, read_question(question))
    return [dict(zip(FEATURES, features_of(reading, passage, u), strict=True)) for u in passage.units]


def test_every_feature_has_one_weight_in_the_file_that_is_shipped():
    named = json.loads(SHIPPED_WEIGHTS.read_text(encoding="utf-8"))["weights"]

    assert tuple(named) == FEATURES
    assert shipped_weights() == tuple(named.values())


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is a revision?", "Pages change often. Each revision is one state of a page."),
        ("리비전이란 무엇인가요?", "페이지는 바뀝니다. 리비전은 페이지의 한 상태입니다."),
    ],
)
def test_a_sentence_that_opens_with_what_is_asked_for_defines_it(question, text):
    mentions, defines = _features(question, Page(text))

    assert mentions["definition"] == 0.0
    assert defines["definition"] > 0.0


@pytest.mark.parametrize(
    ("question", "plain", "special"),
    [
        ("How do I delete my account?", "Delete your account", "Delete your account without logging in"),
        ("계정을 삭제하려면?", "계정 삭제", "로그인 없이 계정 삭제"),
    ],
)
def test_a_heading_that_says_more_than_is_asked_has_news(question, plain, special):
    (named,), (more,), (other,) = (
        _features(question, Page("Open the menu."), (heading,)) for heading in (plain, special, "Menus")
    )

    assert named["heading_news"] < more["heading_news"] < 1.0
    assert other["heading_news"] == 0.0


@pytest.mark.parametrize(
    ("question", "header", "row"),
    [
        ("What does KB_PORT set?", "| Setting | Meaning |", "| `KB_PORT` | where it listens |"),
        ("KB_PORT 설정은 무엇인가요?", "| 설정 | 뜻 |", "| `KB_PORT` | 듣는 곳 |"),
    ],
)
def test_a_row_is_known_by_the_words_of_its_first_cell(question, header, row):
    page = Page(f"{header}\n| --- | --- |\n{row}\n| `KB_HOST` | KB_PORT |")

    asked, other = _features(question, page)

    assert asked["key"] == 1.0
    assert other["key"] < 1.0


def test_code_counts_for_who_asks_how_to_do_something():
    sentence, code = _features("How do I start the server?", Page("Start it now.\n\n```sh\nkb serve\n```"))

    assert (sentence["code_for_action"], code["code_for_action"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("question", "value"), [("Which port is the default?", 1.0), ("Why does the port matter?", 0.0)]
)
def test_a_value_counts_only_where_one_is_asked_for(question, value):
    (unit,) = _features(question, Page("The port is 8000."))

    assert unit["value_asked"] == value
