"""POST /v1/verify through the real application: our answers and foreign ones, before and after changes."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb_server.app import create_app
from kb_server.index.records import doc_id_of
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings
from kb_server.verification.schemas import MAX_CITATIONS, MAX_SENTENCES

from .published import Page, publish, record_of, running, wait_for_version, wait_until_ready

ENGLISH = "Backups are kept for 30 days. Deleted users cannot sign in."
KOREAN = "백업은 30일 동안 보관됩니다. 삭제된 사용자는 로그인할 수 없습니다."
PAGES = {
    "en/backup.md": Page("Backup", ENGLISH),
    "ko/backup.md": Page("백업", KOREAN),
    "en/other.md": Page("Other", "The importer reads CSV files. It writes a report."),
}


async def verify(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    response = await client.post("/v1/verify", json=body)
    assert response.status_code == 200, response.text
    verdict: dict[str, Any] = response.json()
    return verdict


async def ask(client: httpx.AsyncClient, question: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/v1/query", json={"question": question})).json()
    assert answer["citations"], answer
    return answer


def over(data_dir: Path) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    return running(create_app(Settings(data_dir=data_dir, poll_seconds=0.02), encoder=HashEncoder))


def text_of(path: str, page: Page) -> str:
    return record_of(path, page).revision.text


def cited(path: str, quote: str, *, revision: str = "") -> dict[str, Any]:
    start = text_of(path, PAGES[path]).index(quote)
    return {
        "doc_id": doc_id_of(path),
        "revision": revision,
        "char_start": start,
        "char_end": start + len(quote),
        "quote": quote,
    }


@pytest.mark.parametrize(
    "question", ["How do I roll back to the earlier version?", "이전 버전으로 어떻게 되돌리나요?"]
)
async def test_an_answer_of_this_server_holds(client: httpx.AsyncClient, question: str) -> None:
    answer = await ask(client, question)

    verdict = await verify(client, answer=answer)

    assert verdict["holds"]
    assert {sentence["support"] for sentence in verdict["sentences"]} == {"verbatim"}
    assert {citation["status"] for citation in verdict["citations"]} == {"holds"}
    assert [citation["id"] for citation in verdict["citations"]] == [c["id"] for c in answer["citations"]]
    assert verdict["version"] == answer["generation"]


async def test_an_answer_that_was_altered_afterwards_does_not_hold(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "How do I roll back to the earlier version?")
    answer["sentences"][0]["text"] = "A running server never follows."
    answer["citations"][0]["quote"] += " Always."

    verdict = await verify(client, answer=answer)

    assert not verdict["holds"]
    assert verdict["sentences"][0]["support"] == "unsupported"
    assert verdict["citations"][0]["status"] == "quote_mismatch"


LIE = {"en": "You get all of your money back.", "ko": "모든 금액을 돌려받습니다."}


@pytest.mark.parametrize(
    ("question", "lang"),
    [("How do I roll back to the earlier version?", "en"), ("이전 버전으로 어떻게 되돌리나요?", "ko")],
)
@pytest.mark.parametrize("alter", ["{text}\n\n{lie}", "{lie} [1]\n\n{text}", "{lie}"])
async def test_a_text_that_says_more_than_its_sentences_does_not_hold(
    client: httpx.AsyncClient, question: str, lang: str, alter: str
) -> None:
    answer = await ask(client, question)
    answer["text"] = alter.format(text=answer["text"], lie=LIE[lang])

    verdict = await verify(client, answer=answer)

    assert not verdict["holds"]
    (said,) = [each for each in verdict["sentences"] if each["support"] == "unsupported"]
    assert LIE[lang] in said["text"]
    assert said["citations"] == []


async def test_a_text_without_the_sentences_that_it_claims_to_have_does_not_hold(
    client: httpx.AsyncClient,
) -> None:
    verdict = await verify(client, answer={"sentences": [], "citations": [], "text": LIE["en"]})

    assert (verdict["holds"], verdict["claims"], verdict["supported"]) == (False, 1, 0)


@pytest.mark.parametrize(
    ("question", "lang"),
    [("How do I roll back to the earlier version?", "en"), ("이전 버전으로 어떻게 되돌리나요?", "ko")],
)
@pytest.mark.parametrize(
    "added",
    [
        "<p>{lie}</p>",
        "<script>{lie}</script>",
        '<img src="x.png" alt="{lie}">',
        '<p title="{lie}"></p>',
        "<!-- {lie} -->",
        '<a href="https://pay.example">1</a>',
        '<a class="kb-cite" data-citation="cit_none" href="#cit_none">1</a>',
    ],
)
async def test_html_that_says_more_than_the_sentences_does_not_hold(
    client: httpx.AsyncClient, question: str, lang: str, added: str
) -> None:
    answer = await ask(client, question)
    answer["html"] += added.format(lie=LIE[lang])

    verdict = await verify(client, answer=answer)

    assert not verdict["holds"]
    assert [each["citations"] for each in verdict["sentences"] if each["support"] == "unsupported"] == [[]]


@pytest.mark.parametrize(("text", "path"), [(ENGLISH, "en/backup.md"), (KOREAN, "ko/backup.md")])
@pytest.mark.parametrize("field", ["text", "html"])
async def test_words_of_a_sentence_that_are_struck_out_are_not_said(
    served: httpx.AsyncClient, text: str, path: str, field: str
) -> None:
    sign, end = ("~~", "~~") if field == "text" else ("<s>", "</s>")
    answer = {
        "sentences": [{"text": text, "citations": [1]}],
        "citations": [cited(path, text)],
        field: f"{text[:4]}{sign}{text[4:9]}{end}{text[9:]}",
    }

    verdict = await verify(served, answer=answer)

    assert [each["support"] for each in verdict["sentences"]] == ["verbatim", "unsupported"]


@pytest.mark.parametrize(
    "question",
    ["Who won the cup in Brazil?", "브라질에서 누가 우승했나요?", "thanks a lot", "고마워요", "version"],
)
async def test_what_the_server_says_itself_is_no_claim(client: httpx.AsyncClient, question: str) -> None:
    answer = (await client.post("/v1/query", json={"question": question})).json()

    verdict = await verify(client, answer=answer)

    assert verdict["holds"], verdict


@pytest.fixture
async def served(tmp_path: Path) -> Any:
    publish(tmp_path, PAGES)
    async with over(tmp_path) as client:
        await wait_until_ready(client)
        yield client


@pytest.mark.parametrize(
    ("text", "path", "quote"),
    [
        ("We keep backups for 30 days [1]. They are kept for 60 days [1]. Hello!", "en/backup.md", ENGLISH),
        ("백업은 30일 보관됩니다 [1]. 백업은 60일 동안 보관됩니다 [1]. 안녕하세요!", "ko/backup.md", KOREAN),
    ],
)
async def test_foreign_text_is_checked_sentence_by_sentence(
    served: httpx.AsyncClient, text: str, path: str, quote: str
) -> None:
    verdict = await verify(served, text=text, citations=[{"path": path, "quote": quote}])

    assert [sentence["support"] for sentence in verdict["sentences"]] == [
        "supported",
        "unsupported",
        "no_claim",
    ]
    assert verdict["sentences"][1]["findings"][0]["check"] == "number"
    assert (verdict["claims"], verdict["supported"], verdict["holds"]) == (2, 1, False)


async def test_markers_may_name_several_citations_and_a_text_without_any_leans_on_all(
    served: httpx.AsyncClient,
) -> None:
    citations = [{"quote": "Backups are kept for 30 days."}, {"quote": "It writes a report."}]

    marked = await verify(
        served, text="Backups are kept for 30 days.[1-2] It writes a report. [1, 2]", citations=citations
    )
    bare = await verify(served, text="Backups are kept for 30 days. It writes a report.", citations=citations)

    assert marked["holds"]
    assert bare["holds"]
    assert [sentence["citations"] for sentence in bare["sentences"]] == [["1", "2"], ["1", "2"]]


async def test_a_sentence_is_not_carried_by_what_another_one_cites(served: httpx.AsyncClient) -> None:
    citations = [
        {"id": "a", "quote": "Backups are kept for 30 days."},
        {"id": "b", "quote": "It writes a report."},
    ]
    sentences = [
        {"text": "It writes a report.", "citations": ["a"]},
        {"text": "It writes a report.", "citations": [2]},
        {"text": "It writes a report.", "citations": []},
        {"text": "It writes a report.", "citations": ["b", "made up"]},
    ]

    verdict = await verify(served, sentences=sentences, citations=citations)

    assert [s["support"] for s in verdict["sentences"]] == [
        "unsupported",
        "verbatim",
        "unsupported",
        "unsupported",
    ]
    assert verdict["sentences"][3]["findings"] == [
        {"check": "source", "value": "made up", "expected": "not_found"}
    ]


@pytest.mark.parametrize(
    ("citation", "status", "path"),
    [
        (cited("en/backup.md", "30 days"), "holds", "en/backup.md"),
        ({"path": "ko/backup.md", "quote": "30일 동안"}, "holds", "ko/backup.md"),
        ({"quote": "삭제된  사용자는\n로그인할"}, "holds", "ko/backup.md"),
        ({"path": "en/backup.md", "quote": "60 days"}, "quote_mismatch", None),
        (
            {"path": "en/backup.md", "char_start": 0, "char_end": 7, "quote": "30 days"},
            "quote_mismatch",
            "en/backup.md",
        ),
        ({"path": "en/backup.md", "char_start": 5, "char_end": 9000}, "quote_mismatch", None),
        ({"path": "en/backup.md", "char_start": 0, "char_end": 7}, "holds", "en/backup.md"),
        ({"path": "en/gone.md", "quote": "It writes a report."}, "not_found", "en/other.md"),
        ({"quote": "Nobody ever wrote this."}, "not_found", None),
        ({"doc_id": "d_0123", "quote": "It writes"}, "source_withdrawn", "en/other.md"),
        ({"doc_id": "d_0123", "char_start": 0, "char_end": 3}, "source_withdrawn", None),
    ],
)
async def test_what_became_of_a_citation(
    served: httpx.AsyncClient, citation: dict[str, Any], status: str, path: str | None
) -> None:
    (found,) = (await verify(served, text="Hello!", citations=[citation]))["citations"]

    assert found["status"] == status
    assert (found["now"] or {"path": None})["path"] == path


async def test_after_a_change_the_new_place_is_told_and_a_lost_quote_too(tmp_path: Path) -> None:
    publish(tmp_path, PAGES)
    async with over(tmp_path) as client:
        await wait_until_ready(client)
        old = {d["path"]: d for d in (await client.get("/v1/documents")).json()["documents"]}
        after = Page("Backup", "Read this. Backups are kept for 30 days. Deleted users can sign in again.")
        pages = {"en/backup.md": after, "ko/backup.md": Page("백업", "백업은 60일 동안 보관됩니다.")}
        version = publish(tmp_path, pages)
        await wait_for_version(client, version)
        quotes = [
            ("en/backup.md", "Backups are kept for 30 days."),
            ("en/backup.md", "Deleted users cannot sign in."),
            ("ko/backup.md", "백업은 30일 동안 보관됩니다."),
            ("en/other.md", "It writes a report."),
        ]
        citations = [cited(path, quote, revision=old[path]["revision"]) for path, quote in quotes]
        forged = citations[0] | {"quote": "Backups are kept for 99 days."}
        sentences = [{"text": quote, "citations": [n]} for n, (_, quote) in enumerate(quotes, start=1)]

        verdict = await verify(client, sentences=sentences, citations=[*citations, forged])

    statuses = [citation["status"] for citation in verdict["citations"]]
    assert statuses == [
        "source_changed",
        "source_changed",
        "source_changed",
        "source_withdrawn",
        "quote_mismatch",
    ]
    now = verdict["citations"][0]["now"]
    text = text_of("en/backup.md", after)
    assert text[now["char_start"] : now["char_end"]] == "Backups are kept for 30 days."
    assert [citation["now"] for citation in verdict["citations"][1:]] == [None] * 4
    assert [s["support"] for s in verdict["sentences"]] == ["verbatim"] + ["unsupported"] * 3
    assert [s["findings"][0]["expected"] for s in verdict["sentences"][1:]] == [
        "source_changed",
        "source_changed",
        "source_withdrawn",
    ]
    assert not verdict["holds"]


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({}, "body", "exactly one of"),
        ({"text": "A.", "sentences": [{"text": "A.", "citations": []}]}, "body", "exactly one of"),
        ({"text": ""}, "text", "at least 1"),
        ({"text": "x" * 50_001}, "text", "at most 50000"),
        ({"text": "A.", "citations": [{}]}, "citations.0", "needs a quote"),
        ({"text": "A.", "citations": [{"doc_id": "d", "char_start": 1}]}, "citations.0", "both"),
        (
            {"text": "A.", "citations": [{"doc_id": "d", "char_start": 0, "char_end": 20_001}]},
            "citations.0",
            "20000",
        ),
        ({"text": "A.", "citations": [{"quote": "x", "page": 1}]}, "citations.0.page", "known field"),
        ({"text": "A.", "citations": [{"quote": "x"}] * (MAX_CITATIONS + 1)}, "citations", "at most 100"),
        ({"sentences": [{"text": "A.", "citations": []}] * (MAX_SENTENCES + 1)}, "sentences", "at most 200"),
        ({"text": "Save it. " * (MAX_SENTENCES + 1)}, "", "201 sentences, more than 200"),
        ({"text": "A.", "citations": [{"id": "x", "quote": "a"}, {"id": "x", "quote": "b"}]}, "", "'x'"),
    ],
)
async def test_a_request_that_breaks_a_rule_is_refused_by_name(
    served: httpx.AsyncClient, body: dict[str, Any], field: str, rule: str
) -> None:
    response = await served.post("/v1/verify", json=body)

    assert response.status_code == 422
    assert rule in response.json()["detail"]
    assert response.json()["remedy"]
    if field:
        assert response.json()["errors"][0]["field"] == field


async def test_sentences_that_cite_too_much_in_all_are_refused(tmp_path: Path) -> None:
    words = " ".join(f"word{number}" for number in range(2500))
    publish(tmp_path, {"long.md": Page("Long", words)})
    citations = [
        {"id": str(at), "path": "long.md", "char_start": at, "char_end": at + 19_000} for at in range(60)
    ]
    sentences = [{"text": "Word1 follows.", "citations": [str(at)]} for at in range(60)]
    async with over(tmp_path) as client:
        await wait_until_ready(client)
        response = await client.post("/v1/verify", json={"sentences": sentences, "citations": citations})

    assert response.status_code == 422
    assert "1140000 characters in all, more than 1000000" in response.json()["detail"]


ANY_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=60
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY_TEXT, quote=ANY_TEXT.filter(str.strip))
async def test_any_text_gets_a_verdict_and_the_same_one_twice(
    served: httpx.AsyncClient, text: str, quote: str
) -> None:
    body = {"text": text, "citations": [{"quote": quote}]}

    assert await verify(served, **body) == await verify(served, **body)
