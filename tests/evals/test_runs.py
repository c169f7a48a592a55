import pytest

from evals.retrieval import fuse
from evals.runs import Row, cross_lingual, fold_to_pages, fuse_reciprocal_ranks, pooled, read_rows, write_rows
from evals.server import EvalError


def test_reciprocal_ranks_are_summed_over_the_lists():
    # a: 1/61, b: 1/62 + 1/61, c: 1/63 + 1/62, d: 1/63
    assert fuse_reciprocal_ranks([["a", "b", "c"], ["b", "c", "d"]]) == ["b", "c", "a", "d"]


def test_a_small_k_lets_the_first_rank_win_over_two_lower_ones():
    # k=0: x 1, y 1/3 + 1/2; k=60: x 1/61, y 1/63 + 1/62
    lists = [["x", "z", "y"], ["w", "y"]]

    assert fuse_reciprocal_ranks(lists, k=0)[0] == "x"
    assert fuse_reciprocal_ranks(lists)[0] == "y"


def test_equal_sums_keep_the_order_of_the_first_list():
    assert fuse_reciprocal_ranks([["가", "나"], ["나", "가"]]) == ["가", "나"]
    assert fuse_reciprocal_ranks([["a"], []]) == ["a"]


def test_a_page_counts_once_at_its_best_rank():
    assert fold_to_pages(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_passages_are_fused_as_chunks_not_as_pages_and_cut_to_ten():
    lexical = [{"chunk_id": f"l{n}", "path": "p"} for n in range(12)]
    dense = [{"chunk_id": "l11", "path": "p"}, {"chunk_id": "d", "path": "p"}]

    fused = fuse({"q": lexical}, {"q": dense})["q"]

    assert [hit["chunk_id"] for hit in fused] == ["l11", "l0", "l1", "d", *(f"l{n}" for n in range(2, 8))]


def _row(set_name, slice_name, values):
    return Row(set_name, slice_name, "hybrid", {"page@1": values})


def test_pooling_keeps_questions_of_the_same_name_in_two_sets_apart():
    rows = [_row("a", "en", {"1": 1.0}), _row("b", "en", {"1": 0.0}), _row("b", "ko", {"2": 1.0})]

    merged = {row.slice: row for row in pooled(rows)}

    assert merged["en"].values == {"page@1": {"a/1": 1.0, "b/1": 0.0}}
    assert (merged["en"].n, merged["ko"].n) == (2, 1)


def test_both_directions_make_the_cross_lingual_slice():
    rows = [_row("a", "ko-en", {"1": 1.0}), _row("b", "en-ko", {"1": 0.0}), _row("b", "ko", {"2": 1.0})]

    (merged,) = pooled(cross_lingual(rows))

    assert (merged.slice, merged.values["page@1"]) == ("cross", {"a/1": 1.0, "b/1": 0.0})


def test_rows_survive_the_file_and_another_file_is_refused_by_name(tmp_path):
    rows = [_row("a", "ko", {"질문": 0.5})]
    write_rows(tmp_path / "new" / "rows.json", rows, command="x")
    (tmp_path / "other.json").write_text("[]", encoding="utf-8")

    assert read_rows(tmp_path / "new" / "rows.json") == rows
    with pytest.raises(EvalError, match=r"other\.json"):
        read_rows(tmp_path / "other.json")
