"""Words of an answer against a reference: published values, by hand, and properties, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.similarity import (
    chrf,
    common_subsequence,
    content_recall,
    exact_match,
    rouge_l,
    token_f1,
)
from evals.text import language_of, plain, sentences, squeezed, tokens, without_markers

MEASURES = [exact_match, token_f1, content_recall, rouge_l, chrf]
Measure = Callable[[str, str], float]
texts = st.text(st.characters(codec="utf-8"), max_size=40)
words = st.lists(st.sampled_from(["port", "8000", "포트는", "서버의", "U.S.", "the", "kb_port"]), min_size=1)

# What the script of SQuAD gives for its normalisation and its F1, worked out by its definition.
SQUAD = [
    ("Denver Broncos", "The Denver Broncos", 1.0, 1.0),
    ("Santa Clara, California", "santa clara california.", 1.0, 1.0),
    ("gold", "golden anniversary", 0.0, 0.0),
    ("in the Levi's Stadium", "Levi's Stadium", 0.0, 0.8),
    ("U.S. Army", "US army", 1.0, 1.0),
    ("10,000 dollars", "10000", 0.0, 2 / 3),
    ("a a b", "a b b", 0.0, 2 / 3),
]

# sacrebleu 2.6.0, sentence_chrf(...).score / 100.
SACREBLEU = [
    ("the cat sat on the mat", "the cat is on the mat", 0.645779420625287),
    ("Run kb rollback to go back.", "Roll back with kb rollback.", 0.5037404564902074),
    ("포트는 8000번입니다.", "기본 포트는 8000입니다.", 0.5629810599006225),
    ("이전 버전으로 되돌립니다", "이전 버전으로 되돌리려면 kb rollback을 실행하세요", 0.2537044472688675),
    ("abc", "abcdefgh", 0.32250580046403704),
    ("완전히 다른 문장", "unrelated words", 0.0),
]


@pytest.mark.parametrize(("text", "reference", "exact", "f1"), SQUAD)
def test_exact_match_and_f1_are_those_of_squad(text: str, reference: str, exact: float, f1: float) -> None:
    assert exact_match(text, reference) == exact
    assert token_f1(text, reference) == pytest.approx(f1)


@pytest.mark.parametrize(("text", "reference", "expected"), SACREBLEU)
def test_chrf_is_that_of_sacrebleu(text: str, reference: str, expected: float) -> None:
    assert chrf(text, reference) == pytest.approx(expected, abs=1e-12)


def test_korean_counts_by_syllables() -> None:
    # 서울특별시 and 서울시 share 서, 울, 시: F1 = 2·3 / (5 + 3).
    assert token_f1("서울특별시", "서울시") == pytest.approx(6 / 8)
    assert rouge_l("백업을", "백업은") == pytest.approx(2 * 2 / 6)
    assert content_recall("백업은 매일 실행됩니다", "백업을 매일") == pytest.approx(4 / 5)


@pytest.mark.parametrize("measure", MEASURES)
def test_empty_texts_match_each_other_and_nothing_else(measure: Measure) -> None:
    assert measure("", "") == 1.0
    assert measure("", "포트는 8000") == 0.0
    if measure is not content_recall:  # a recall cannot miss what nobody wants
        assert measure("port 8000", "") == 0.0


@pytest.mark.parametrize("measure", MEASURES)
@given(text=texts, reference=texts)
def test_values_lie_between_nothing_and_a_perfect_match(measure: Measure, text: str, reference: str) -> None:
    assert 0.0 <= measure(text, reference) <= 1.0
    assert measure(text, text) == pytest.approx(1.0)


@given(words, st.randoms(use_true_random=False))
def test_order_matters_to_the_subsequence_alone(parts: list[str], random: object) -> None:
    shuffled = parts[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert token_f1(" ".join(shuffled), " ".join(parts)) == pytest.approx(1.0)
    assert content_recall(" ".join(shuffled), " ".join(parts)) == 1.0
    if rouge_l(" ".join(shuffled), " ".join(parts)) == 1.0:
        assert tokens(" ".join(shuffled)) == tokens(" ".join(parts))


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_longest_common_subsequence_is_that_of_the_table(first: str, second: str) -> None:
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            table[i + 1][j + 1] = table[i][j] + 1 if one == other else max(table[i][j + 1], table[i + 1][j])

    assert common_subsequence(first, second) == table[-1][-1]


def test_text_is_compared_without_marks() -> None:
    assert plain("Set **`KB_PORT`**\nto “9000”. [1, 2]") == 'set kb_port to "9000".'
    assert plain("## 제목\n> `kb rollback`을 _실행_하세요. [3]") == "제목 kb rollback을 실행_하세요."
    assert squeezed("a\n  b") == "ab"
    assert without_markers("One. [1] Two [2-4]. Kept \\[5\\].") == "One. Two . Kept \\[5\\]."
    assert plain("See [1](x.md) and \\[2\\]") == "see [1](x.md) and [2]"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Run `kb rollback` now.", "en"),
        ("`kb rollback`을 실행하세요.", "ko"),
        ("KB_DATA_DIR=/var/lib/kb 로 바꾸세요", "ko"),
        ("Press 저장 in the menu of the application to keep it.", "en"),
        ("```\nkb serve\n```", ""),
        ("8000", ""),
    ],
)
def test_language_is_that_of_the_prose(text: str, language: str) -> None:
    assert language_of(text) == language


def test_sentences_end_at_marks_and_lines() -> None:
    assert sentences("Run it! (Then wait.) 그다음 저장합니다. 끝") == [
        "Run it!",
        "(Then wait.)",
        "그다음 저장합니다.",
        "끝",
    ]
    assert sentences("- a\n- b") == ["- a", "- b"]
