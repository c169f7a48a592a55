import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kb_server.retrieval.pages import page_evidence


def _ranked(scores, pages):
    values = np.array(scores, dtype=np.float32)
    page, crowding = page_evidence(values, np.array(pages, dtype=np.int32))
    order = np.argsort(-(values + page + crowding), kind="stable")
    return order.tolist(), (values + page + crowding)[order].tolist()


def test_a_page_that_matches_in_several_places_overtakes_a_single_match():
    order, _ = _ranked([0.60, 0.59, 0.58, 0.57], [1, 2, 2, 2])

    assert order[0] == 1


def test_a_short_page_is_not_held_back_by_the_chunks_that_it_lacks():
    barely_related = [0.20, 0.19]

    order, _ = _ranked([0.60, 0.58, *barely_related], [1, 2, 2, 2])

    assert order[0] == 0


def test_the_second_chunk_of_a_page_makes_room_for_an_equal_one_of_another_page():
    order, _ = _ranked([0.60, 0.60, 0.60, 0.60], [1, 1, 2, 2])

    assert order == [0, 2, 1, 3]


def test_nothing_to_rank_is_no_error():
    assert _ranked([], []) == ([], [])


@given(st.lists(st.tuples(st.floats(0, 2, width=32), st.integers(0, 5)), min_size=1, max_size=30))
def test_ranking_keeps_every_candidate_once_and_sorts_by_the_given_scores(candidates):
    scores = sorted((score for score, _ in candidates), reverse=True)
    order, values = _ranked(scores, [page for _, page in candidates])

    assert sorted(order) == list(range(len(scores)))
    assert values == sorted(values, reverse=True)


@given(st.lists(st.floats(0, 2, width=32), min_size=1, max_size=30))
def test_one_chunk_per_page_leaves_the_order_alone(scores):
    ordered = sorted(scores, reverse=True)

    assert _ranked(ordered, range(len(ordered)))[0] == list(range(len(ordered)))
