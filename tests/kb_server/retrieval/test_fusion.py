import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_server.retrieval.fusion import FusionWeights, Weights, fuse, top_rows

EN, KO = 0, 1


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
