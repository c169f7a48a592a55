"""What a search says of itself: every stage of a hit, and the reason why a page is not one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kb_server.retrieval.explanation import explain_chunk, explain_query
from kb_server.retrieval.query import SearchMode
from kb_server.retrieval.reranking import Reranking
from kb_server.retrieval.why_not import Reason, why_not

from .published import Page
from .searching import retriever_of, search

COPY = "Call the support team when the red light of the printer stays on."
PAGES = {
    "en/light.md": Page("Light", "The red light of the printer means that the paper is empty."),
    "en/copy-a.md": Page("Copy", COPY),
    "en/copy-b.md": Page("Copy", COPY),
    "en/v1/key.md": Page("Keys", "Make a key for the printer with the old red button."),
    "en/v2/key.md": Page("Keys", "Make a key for the printer with the console."),
    "en/other.md": Page("Xylophone", "Zebra quartz."),
    "en/empty.md": Page("Empty", ""),
    "ko/light.md": Page("표시등", "프린터의 빨간 표시등은 용지가 없다는 뜻입니다."),
    "ko/c#.md": Page("표시", "표시등 색을 바꾸는 코드입니다.", {"product": "코드"}),
}


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    with retriever_of(tmp_path_factory.mktemp("explained") / "data", PAGES) as opened:
        yield opened


def _why(retriever, text, target, **fields: Any):
    result = search(retriever, text, **fields)
    return why_not(retriever.reader, result.ranking, target)


@pytest.mark.parametrize("text", ["red light of the printer", "빨간 표시등"])
def test_the_words_of_a_hit_add_up_to_its_lexical_score(retriever, text):
    result = search(retriever, text)
    evidence = result.ranking.evidence

    for hit, row in zip(result.hits, result.ranking.candidates.rows.tolist(), strict=False):
        found = explain_chunk(retriever.reader, result.ranking, row)
        across = hit.chunk.lang != evidence.lang
        bound = (evidence.crossing if across else evidence.lexical).upper_bound
        asked = evidence.crossing.factors if across else evidence.lexical.term_weights
        assert sum(found.terms.values()) / bound == pytest.approx(hit.scores["lexical"], abs=1e-6)
        assert set(found.terms).isdisjoint(found.missing_terms)
        assert set(found.terms).union(found.missing_terms) == set(asked)


@pytest.mark.parametrize("text", ["red light of the printer", "빨간 표시등"])
def test_the_last_stage_gives_rank_and_score_of_the_hit(retriever, text):
    result = search(retriever, text)

    for rank, (hit, row) in enumerate(
        zip(result.hits, result.ranking.candidates.rows.tolist(), strict=False), start=1
    ):
        stages = explain_chunk(retriever.reader, result.ranking, row).stages
        assert [view.stage for view in stages] == [
            "lexical", "dense", "fusion", "pages", "versions", "duplicates",
        ]  # fmt: skip
        assert (stages[-1].rank, stages[-1].score) == (rank, hit.score)


def test_the_query_is_explained_with_its_filters_and_unknown_words(retriever):
    result = search(retriever, "red 표시등 flurb", filters={"lang": "ko", "product": "코드"})

    found = explain_query(retriever.reader, result.ranking)

    assert [term.term for term in found.terms if term.chunks == 0] == ["flurb"]
    assert [(effect.key, effect.visible_chunks) for effect in found.filters] == [("lang", 2), ("product", 1)]
    assert (found.visible_chunks, found.chunks) == (1, retriever.reader.row_count)
    assert found.dense == "exact"


def test_without_a_vector_the_encoder_is_not_named(tmp_path):
    with retriever_of(tmp_path / "data", PAGES, reads=lambda lang: lang == "en") as blind:
        korean = explain_query(blind.reader, search(blind, "빨간 표시등").ranking)
        english = explain_query(blind.reader, search(blind, "red light").ranking)

    assert (korean.encoder, korean.dense) == ("", "unused")
    assert korean.weights["ko"]["dense"] == 0
    assert english.encoder


def test_the_approximate_search_says_so(tmp_path):
    with retriever_of(tmp_path / "data", PAGES, exact_scan_limit=0) as large:
        found = explain_query(large.reader, search(large, "red light").ranking)

    assert found.dense == "approximate"


@pytest.mark.parametrize(
    ("text", "target", "fields", "reason"),
    [
        ("red light", "en/light.md", {}, Reason.FOUND),
        ("빨간 표시등", "ko/light.md#top", {}, Reason.FOUND),
        ("red light", "en/ligth.md", {}, Reason.NOT_INDEXED),
        ("red light", "en/empty.md", {}, Reason.NO_TEXT),
        ("red light", "en/light.md#nowhere", {}, Reason.UNKNOWN_ANCHOR),
        ("red light", "en/light.md#c#", {}, Reason.UNKNOWN_ANCHOR),
        ("표시등", "ko/c#.md#top", {}, Reason.FOUND),
        ("red light", "en/light.md", {"filters": {"lang": "ko"}}, Reason.FILTERED),
        ("red light", "en/other.md", {"mode": SearchMode.LEXICAL}, Reason.NO_MATCH),
        ("빨간 표시등", "en/other.md", {"mode": SearchMode.LEXICAL}, Reason.NO_MATCH),
        (COPY, "en/copy-b.md", {}, Reason.DUPLICATE),
        ("make a key for the printer with the red button in v2", "en/v1/key.md", {"top_k": 1},
         Reason.OTHER_VERSION),
        ("paper is empty red light", "en/copy-a.md", {"top_k": 1}, Reason.BELOW_CUT),
        ("표시등 코드", "ko/light.md", {"top_k": 1}, Reason.BELOW_CUT),
    ],
)  # fmt: skip
def test_every_reason(retriever, text, target, fields, reason):
    found = _why(retriever, text, target, **fields)

    assert found.reason is reason
    assert found.message


def test_a_page_below_the_hits_is_told_what_beat_it_and_by_how_much(retriever):
    result = search(retriever, "paper is empty red light", top_k=1)

    found = why_not(retriever.reader, result.ranking, "en/copy-a.md")

    assert found.beaten_by.path == result.hits[0].document.path
    assert found.beaten_by.score - found.short_by == pytest.approx(found.explanation.stages[-1].score)
    assert {"paper", "empti"} <= set(found.explanation.missing_terms)


class LastFirst:
    """Scores a passage higher the later it comes."""

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        del question
        return np.arange(len(passages), dtype=np.float32)


def test_a_page_below_the_hits_of_a_reranker_is_compared_by_its_scores(tmp_path):
    with retriever_of(tmp_path / "data", PAGES, reranking=Reranking(LastFirst, top=3)) as reranked:
        result = search(reranked, "빨간 표시등", top_k=1)
        _, second, third, fourth = [
            reranked.reader.document(chunk.doc_id).path
            for chunk in reranked.reader.chunks(result.ranking.candidates.rows[:4].tolist())
        ]
        read, unread = (why_not(reranked.reader, result.ranking, path) for path in (third, fourth))

    assert second != third
    assert (read.rank, read.short_by, read.beaten_by.score) == (3, 2.0, 2.0)
    assert (unread.rank, unread.short_by) == (4, None)
    assert "only the best 3" in unread.message


def test_unknown_names_come_with_those_that_exist(retriever):
    assert "en/light.md" in _why(retriever, "light", "en/ligth.md").suggestions
    assert _why(retriever, "light", "en/light.md#nowhere").suggestions == ("top",)


def test_suggested_names_are_of_visible_pages(retriever):
    assert _why(retriever, "표시등", "en/ligth.md", filters={"lang": "ko"}).suggestions == ("ko/light.md",)


def test_words_that_stand_nowhere_are_told_apart_from_those_the_page_lacks(retriever):
    found = _why(retriever, "flurb 표시등 용지", "ko/c#.md")

    assert found.unknown_terms == ("flurb",)
    assert {"flurb", "용지"} <= set(found.explanation.missing_terms)


def test_the_filters_that_hide_a_page_are_named(retriever):
    found = _why(retriever, "표시등", "ko/light.md#top", filters={"lang": "ko", "product": "코드"})

    assert found.hidden_by == ("product",)


def test_a_duplicate_names_the_one_that_stands_for_it(retriever):
    assert _why(retriever, COPY, "en/copy-b.md").beaten_by.path == "en/copy-a.md"


def test_a_page_beyond_the_candidates_is_told_its_rank(tmp_path):
    pages = {f"{n:03}.md": Page("Page", f"printer {'light ' * (n < 249)}number{n}") for n in range(250)}
    with retriever_of(tmp_path / "data", pages, reads=lambda _: False) as crowded:
        found = _why(crowded, "printer light", "249.md")

    assert (found.reason, found.rank) == (Reason.BELOW_CANDIDATES, 250)
