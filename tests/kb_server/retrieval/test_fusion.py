import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.retrieval.fusion import FusionWeights, Weights, fuse, top_rows, word_lead

EN, KO, OTHER = 0, 1, -1


def _fuse(query_lang, *, lexical, cosine, langs, weights=None):
    return fuse(
        lexical=np.array(lexical, dtype=np.float32),
        cosine=None if cosine is None else np.array(cosine, dtype=np.float32),
        query_lang=query_lang,
        row_langs=np.array(langs, dtype=np.int8),
        weights=weights or FusionWeights(),
    )


def test_each_pair_of_languages_has_its_own_weights():
    weights = FusionWeights(same_en=Weights(1, 1), same_ko=Weights(0.5, 2), cross=Weights(0.25, 4))

    english = _fuse("en", lexical=[0.5, 0.5], cosine=[0.2, 0.2], langs=[EN, KO], weights=weights)
    korean = _fuse("ko", lexical=[0.5, 0.5], cosine=[0.2, 0.2], langs=[EN, KO], weights=weights)

    assert english.tolist() == pytest.approx([0.7, 2.05])
    assert korean.tolist() == pytest.approx([2.05, 1.1])


@pytest.mark.parametrize("query_lang", ["en", "ko"])
def test_a_chunk_in_a_third_language_is_across_from_every_question(query_lang):
    weights = FusionWeights(same_en=Weights(1, 1), same_ko=Weights(0.5, 2), cross=Weights(0.25, 4))

    fused = _fuse(query_lang, lexical=[0.5], cosine=[0.2], langs=[OTHER], weights=weights)

    assert fused.tolist() == pytest.approx([2.05])


def test_korean_words_that_set_one_row_apart_outweigh_the_meaning():
    near, far = FusionWeights().trusting(2), FusionWeights().trusting(40)
    scores = {"lexical": [0.3, 0.2], "cosine": [0.4, 0.8], "langs": [KO, KO]}

    assert np.argmax(_fuse("ko", **scores, weights=near)) == 1
    assert np.argmax(_fuse("ko", **scores, weights=far)) == 0


def test_trust_in_korean_words_leaves_the_other_weights_alone_and_has_an_end():
    weights = FusionWeights()

    assert weights.trusting(0) == weights
    assert weights.trusting(100) == weights.trusting(1000)
    assert (weights.trusting(100).same_en, weights.trusting(100).cross) == (weights.same_en, weights.cross)


def test_the_lead_of_the_words_is_counted_in_one_language_alone():
    scores = np.array([50, 9, *range(8, 0, -1), 0.5], dtype=np.float32)
    langs = np.array([EN, *[KO] * 10], dtype=np.int8)

    assert word_lead(scores, lang="ko", row_langs=langs) == 8.5
    assert word_lead(scores, lang="en", row_langs=langs) == 50
    assert word_lead(scores[1:], lang="en", row_langs=langs[1:]) == 0


def test_without_a_vector_only_the_lexical_part_counts():
    weights = FusionWeights(same_en=Weights(1, 3))

    fused = _fuse("en", lexical=[0.5, 0.0], cosine=None, langs=[EN, EN], weights=weights)

    assert fused.tolist() == [1.5, 0.0]


def test_fusing_leaves_its_inputs_alone():
    lexical = np.array([0.5, 0.1], dtype=np.float32)
    cosine = np.array([0.2, 0.9], dtype=np.float32)

    fuse(
        lexical=lexical,
        cosine=cosine,
        query_lang="en",
        row_langs=np.zeros(2, dtype=np.int8),
        weights=FusionWeights(),
    )

    assert lexical.tolist() == pytest.approx([0.5, 0.1])
    assert cosine.tolist() == pytest.approx([0.2, 0.9])


@given(
    scores=st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, float("-inf")]), min_size=1, max_size=40),
    k=st.integers(1, 50),
)
def test_top_rows_equals_a_full_stable_sort(scores, k):
    expected = sorted(range(len(scores)), key=lambda row: (-scores[row], row))[:k]

    assert top_rows(np.array(scores, dtype=np.float32), k).tolist() == expected
