import pytest

from evals.answer_measures import (
    cut_words,
    fact_values,
    holds_gold,
    long_values,
    quoted_text,
    ranking_values,
    rouge_l,
    sentence_values,
    token_recall,
)

ANSWER = {
    "sentences": [
        {"text": "Backups cost US\\$3 and run at two."},
        {"text": "백업은 30일 동안 보관합니다."},
    ],
    "text": "The documentation answers this in Korean:\n\n… [1]",
}
REFUSAL = {"sentences": [], "text": "The documentation does not answer this question."}


def test_identical_texts_have_the_highest_rouge_in_both_languages():
    assert rouge_l("Backups run at two.", "backups run at two") == 1.0
    assert rouge_l("백업은 매일 실행됩니다.", "백업은 매일 실행됩니다") == 1.0


@pytest.mark.parametrize(
    ("candidate", "reference", "expected"),
    [
        ("a b c d", "a c", 2 * 2 / 6),
        ("c a", "a c", 2 * 1 / 4),
        ("백업을", "백업은", 2 * 2 / 6),
        ("x", "y", 0.0),
        ("", "", 0.0),
    ],
)
def test_rouge_counts_what_stands_in_both_in_the_same_order(candidate, reference, expected):
    assert rouge_l(candidate, reference) == pytest.approx(expected)


def test_recall_is_the_share_of_the_words_that_were_wanted():
    assert token_recall("backups run", "backups stop") == 0.5
    assert token_recall("x", "") == 1.0


def test_a_gold_answer_counts_where_it_stands_and_marks_do_not_hide_it():
    assert holds_gold(ANSWER, ["US$3"], 1) == 1.0
    assert holds_gold(ANSWER, ["30일"], 1) == 0.0
    assert holds_gold(ANSWER, ["31일", "30일"], 2) == 1.0


def test_what_the_server_says_itself_is_not_part_of_what_it_quotes():
    assert "documentation" not in quoted_text(ANSWER)


def test_a_refusal_has_no_hit_and_is_counted_as_unanswered():
    assert sentence_values(REFUSAL, ["two"]) == {"answered": 0.0, "all@3": 0.0}
    assert long_values(REFUSAL, ["two"]) == {"answered": 0.0, "all@75": 0.0}


def test_the_ranking_counts_also_where_the_answer_shows_less():
    units = [{"text": "Backups run at two.", "score": 0.4}, {"text": "30일 동안 보관합니다.", "score": 0.9}]

    assert ranking_values(units, ["30일"]) == {"rank@1": 1.0, "rank@3": 1.0}
    assert ranking_values(units, ["two"]) == {"rank@1": 0.0, "rank@3": 1.0}
    assert ranking_values([], ["two"]) == {"rank@1": 0.0, "rank@3": 0.0}


def test_a_written_answer_is_compared_with_the_first_75_words():
    long = {"sentences": [{"text": "two " * 75}, {"text": "three " * 75}]}

    assert long_values(long, ["two " * 75])["RougeL@75"] == 1.0
    assert long_values(long, ["two " * 75])["RougeL"] == pytest.approx(2 / 3)
    assert fact_values(REFUSAL, "It runs at two.", ["two"]) == {
        "facts": 0.0,
        "verbatim": 0.0,
        "verbatim@75": 1.0,
        "answered": 0.0,
    }


def test_facts_are_compared_with_the_best_passage_cut_at_the_same_length():
    answer = {"sentences": [{"text": "Runs at two."}]}

    values = fact_values(answer, "It surely runs at two.", ["TWO"])

    assert values == {"facts": 1.0, "verbatim": 0.0, "verbatim@75": 1.0, "answered": 1.0, "words": 3.0}
    assert cut_words("It surely runs at two.", 3) == "It surely runs"
