import numpy as np
import pytest

from kb_server.retrieval.query import SearchMode, SearchQuery

from .published import PAGES, Page
from .searching import retriever_of, search


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    with retriever_of(tmp_path_factory.mktemp("ranked") / "data", PAGES) as opened:
        yield opened


@pytest.mark.parametrize("text", ["roll back to the earlier version", "이전 버전으로 되돌리려면"])
def test_every_stage_leaves_a_trace_that_leads_to_the_hits(retriever, text):
    result = search(retriever, text)

    fusion, pages, *_ = result.ranking.candidates.trail
    assert (fusion.stage, pages.stage) == ("fusion", "pages")
    assert pages.scores[: len(result.hits)].tolist() == [hit.score for hit in result.hits]
    assert sorted(fusion.rows.tolist()) == sorted(pages.rows.tolist())


@pytest.mark.parametrize("text", ["data folder of the index", "색인의 데이터 폴더"])
def test_the_parts_of_a_stage_add_up_to_its_score(retriever, text):
    fusion, pages, *_ = search(retriever, text).ranking.candidates.trail
    before = dict(zip(fusion.rows.tolist(), fusion.scores.tolist(), strict=True))

    added = np.array([before[row] for row in pages.rows.tolist()]) + sum(pages.parts.values())

    assert pages.scores.tolist() == pytest.approx(added.tolist(), abs=1e-6)


@pytest.mark.parametrize("mode", [SearchMode.LEXICAL, SearchMode.DENSE])
def test_looking_into_one_stage_leaves_its_order_alone(retriever, mode):
    result = search(retriever, "KB_PORT", mode=mode)

    stage = "lexical" if mode is SearchMode.LEXICAL else "dense"
    assert [hit.score for hit in result.hits] == [hit.scores[stage] for hit in result.hits]
    assert len(result.ranking.candidates.trail) == 1


@pytest.mark.parametrize(
    ("typed", "meant"), [("projekt xanaduu", "xanadu"), ("제너두뎅 비밀프로잭트", "비밀프로젝트")]
)
def test_words_of_hidden_pages_are_not_read_instead(tmp_path, typed, meant):
    pages = {
        **{f"in/{n}.md": Page("Plan", f"Xanadu {n}, 비밀프로젝트 {n}", {"for": "staff"}) for n in range(3)},
        "out/1.md": Page("Plan", "The printer. 프린터 안내", {"for": "public"}),
    }
    with retriever_of(tmp_path / "data", pages) as opened:
        shown = opened.read(SearchQuery(typed, filters={"for": "staff"}))
        hidden = opened.read(SearchQuery(typed, filters={"for": "public"}))

    assert meant in shown.text
    assert (hidden.text, hidden.expanded) == (typed, {})
