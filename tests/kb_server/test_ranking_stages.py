"""Versions side by side, and passages that say the same: what the stages after the fusion make of them."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kb_server.retrieval.reranking import Reranking

from .published import Page
from .searching import retriever_of, search

BOILERPLATE = "Ask the support team for help when nothing on this page helps you with the printer."
BOILERPLATE_KO = "이 페이지의 내용으로 프린터 문제가 풀리지 않으면 지원 팀에 도움을 요청하세요."

VERSIONED = {
    "en/v1/hook.md": Page("Webhooks", "Check the signature of a webhook with the secret key."),
    "en/v2/hook.md": Page("Webhooks", "Check the signature of a webhook with the verify function."),
    "en/v1/address.md": Page("Addresses", "The webhook comes from the address 10.0.0.1 only."),
    "ko/v1/hook.md": Page("웹훅", "웹훅의 서명은 비밀 키로 검사합니다."),
    "ko/v2/hook.md": Page("웹훅", "웹훅의 서명은 확인 함수로 검사합니다."),
    "en/terms.md": Page("Terms", "A webhook is a message from server to server."),
}


@pytest.fixture(scope="module")
def versioned(tmp_path_factory):
    with retriever_of(tmp_path_factory.mktemp("versioned") / "data", VERSIONED) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("v1: check the signature of a webhook with the library function verify", "en/v1/hook.md"),
        ("check the signature of a webhook with the secret key in version 2", "en/v2/hook.md"),
        ("V1에서 웹훅의 서명을 함수로 확인", "ko/v1/hook.md"),
        ("V2에서 웹훅의 서명을 비밀 키로 확인", "ko/v2/hook.md"),
    ],
)
def test_the_asked_version_comes_first(versioned, text, path):
    hits = search(versioned, text, filters={"lang": path[:2]}).hits

    assert hits[0].document.path == path
    assert hits[0].versions == (path[3:5],)


@pytest.mark.parametrize(("text", "lang"), [("signature of a webhook", "en"), ("웹훅의 서명을 검사", "ko")])
def test_without_a_version_in_the_question_the_current_page_comes_first(versioned, text, lang):
    paths = [hit.document.path for hit in search(versioned, text, filters={"lang": lang}).hits]

    assert paths.index(f"{lang}/v2/hook.md") < paths.index(f"{lang}/v1/hook.md")


def test_what_only_the_older_page_says_is_found(versioned):
    hits = search(versioned, "from which address comes the webhook?").hits

    assert hits[0].document.path == "en/v1/address.md"


def test_a_question_about_both_versions_sees_both(versioned):
    trail = search(versioned, "signature of a webhook in v1 and v2").ranking.candidates.trail

    versions = next(trace for trace in trail if trace.stage == "versions")
    assert not versions.parts["version"].any()


def test_pages_without_a_version_have_none(versioned):
    by_path = {hit.document.path: hit.versions for hit in search(versioned, "webhook").hits}

    assert by_path["en/terms.md"] == ()


def test_a_version_read_off_the_path_can_be_filtered_by(versioned):
    hits = search(versioned, "webhook", filters={"version": "v1"}).hits

    assert {hit.document.path for hit in hits} == {"en/v1/hook.md", "en/v1/address.md"}


COPIES = {
    **{f"en/copy-{n}.md": Page("Help", BOILERPLATE) for n in range(6)},
    **{f"ko/copy-{n}.md": Page("도움말", BOILERPLATE_KO) for n in range(6)},
    "en/limit-a.md": Page("Limit", "The printer keeps 10 pages of text in its memory for support."),
    "en/limit-b.md": Page("Limit", "The printer keeps 20 pages of text in its memory for support."),
    "en/other.md": Page("Other", "The printer has a red light."),
}


SAME_STEPS = {
    "en/sync-a.md": Page("Android", "Open the menu and tap sync twice."),
    "en/sync-b.md": Page("iOS", "Open the menu and tap sync twice."),
    "ko/sync-a.md": Page("안드로이드", "메뉴를 열고 동기화를 두 번 누르세요."),
    "ko/sync-b.md": Page("아이폰", "메뉴를 열고 동기화를 두 번 누르세요."),
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    with retriever_of(tmp_path_factory.mktemp("copied") / "data", COPIES) as opened:
        yield opened


@pytest.mark.parametrize(("text", "lang"), [(BOILERPLATE, "en"), (BOILERPLATE_KO, "ko")])
def test_copies_take_one_place_and_are_listed(copied, text, lang):
    best, *others = search(copied, text, top_k=3).hits

    assert best.document.path.startswith(f"{lang}/copy-")
    assert len(best.duplicates) == 5
    assert all(hit.text != best.text for hit in others)


def test_a_translation_is_not_a_copy(copied):
    langs = [hit.chunk.lang for hit in search(copied, f"{BOILERPLATE} {BOILERPLATE_KO}", top_k=2).hits]

    assert sorted(langs) == ["en", "ko"]


def test_passages_that_differ_in_a_number_are_not_copies(copied):
    hits = search(copied, "how many pages keeps the printer in memory", filters={"title": "Limit"}).hits

    assert {hit.document.path for hit in hits} == {"en/limit-a.md", "en/limit-b.md"}


@pytest.mark.parametrize(
    ("text", "headings"),
    [("tap sync twice", {"Android", "iOS"}), ("동기화를 두 번 누르세요", {"안드로이드", "아이폰"})],
)
def test_the_same_steps_under_other_headings_are_not_copies(tmp_path, text, headings):
    with retriever_of(tmp_path / "data", SAME_STEPS) as opened:
        hits = search(opened, text, top_k=2).hits

    assert {hit.chunk.heading_path[-1] for hit in hits} == headings
    assert not any(hit.duplicates for hit in hits)


class LastFirst:
    """Scores a passage higher the later it comes."""

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        del question
        return np.arange(len(passages), dtype=np.float32)


@pytest.mark.parametrize("text", [f"{BOILERPLATE} red light", f"{BOILERPLATE_KO} red light"])
def test_a_reranker_lifts_no_copy_of_a_hit(tmp_path, text):
    reranking = Reranking(LastFirst, top=10)
    with retriever_of(tmp_path / "data", COPIES, reranking=reranking) as opened:
        hits = search(opened, text, top_k=3).hits

    assert len({hit.text for hit in hits}) == len(hits) == 3


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """More copies than the candidates that are looked at first."""
    pages = {f"en/{n:03}.md": Page("Help", BOILERPLATE) for n in range(250)} | {
        f"ko/{n}.md": Page(f"모델 {n}", f"프린터 printer 도움말 {n}") for n in range(30)
    }
    with retriever_of(tmp_path_factory.mktemp("crowded") / "data", pages) as opened:
        yield opened


def test_places_of_copies_are_filled_from_further_down(crowded):
    hits = search(crowded, f"{BOILERPLATE} printer", top_k=20).hits

    assert len(hits) == 20
    assert len(hits[0].duplicates) == 249


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    top_k=st.integers(1, 40),
    text=st.sampled_from(["printer", "프린터 도움말", BOILERPLATE, f"printer 도움말 {BOILERPLATE_KO}"]),
    filters=st.sampled_from(
        [{}, {"lang": "ko"}, {"lang": "en"}, {"path_prefix": "ko/1"}, {"title": "모델 7"}]
    ),
)
def test_as_many_hits_as_asked_for_where_as_many_different_passages_are_visible(
    crowded, top_k, text, filters
):
    result = search(crowded, text, top_k=top_k, filters=filters)

    evidence = result.ranking.evidence
    rows = [
        row for row in range(crowded.reader.row_count) if evidence.evident[row] and evidence.fused[row] > -9
    ]
    different = len(set(crowded.reader.texts(rows)))
    assert len(result.hits) == min(top_k, different)
