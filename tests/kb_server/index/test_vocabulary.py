import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.index.lexical import LexicalIndex, LexicalRow, build_lexical
from kb_server.index.vocabulary import edit_distance

ROWS = [
    "Reset the password of an account.",
    "A password has eight letters, a passport none.",
    "비밀번호를 재설정합니다.",
    "새 비밀번호 설정",
]


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("terms") / "lexical"
    build_lexical(folder, [LexicalRow(text) for text in ROWS])
    return LexicalIndex.open(folder).vocabulary


def test_terms_are_found_with_the_number_of_their_rows(vocabulary):
    assert vocabulary.frequency("password") == 2
    assert vocabulary.knows(["absent", "account"])
    assert not vocabulary.knows_term("passwor")
    assert vocabulary.begins_a_term("passwor")
    assert vocabulary.pair_frequencies(["비밀", "설정", "말번"]).tolist() == [2, 2, 0]


def test_near_terms_are_within_the_edits(vocabulary):
    assert vocabulary.near("psasword", 1) == [("password", 2)]
    assert vocabulary.near("pasword", 1) == [("password", 2)]
    assert {near.term for near in vocabulary.near("passworrt", 2)} == {"password", "passport"}
    assert vocabulary.near("assword", 1) == []


def test_an_index_without_terms_knows_nothing(tmp_path):
    build_lexical(tmp_path / "lexical", [])
    vocabulary = LexicalIndex.open(tmp_path / "lexical").vocabulary
    vocabulary.prepare()

    assert len(vocabulary) == 0
    assert vocabulary.near("password", 2) == []
    assert vocabulary.near("비밀", 1) == []
    assert not vocabulary.begins_a_term("p")
    assert vocabulary.pair_frequencies(["비밀"]).tolist() == [0]


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_distance_is_symmetric_and_zero_for_equals_alone(one, other):
    there = edit_distance(one, other, limit=9)

    assert there == edit_distance(other, one, limit=9)
    assert (there == 0) == (one == other)
    assert abs(len(one) - len(other)) <= there <= max(len(one), len(other))


@pytest.mark.parametrize("limit", [1, 2])
@given(one=st.text("ab", min_size=1, max_size=5), other=st.text("ab", min_size=1, max_size=5))
def test_the_limit_never_hides_a_near_word(limit, one, other):
    exact = edit_distance(one, other, limit=9)

    assert min(edit_distance(one, other, limit=limit), limit + 1) == min(exact, limit + 1)
