"""Nobody learns from the server that there are pages which their labels keep from them."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kb_server.index.embedding import Encoder
from kb_server.index.history import find_revision
from kb_server.index.layout import DataLayout
from kb_server.index.records import doc_id_of, revision_of
from tests.kb_server.published import Page, publish, record_of, wait_for_version

from .labelled import CANARIES, NOBODY, PAGES, PERSONNEL, STAFF, application, as_, lasting, seen_by

AUDIENCES: list[frozenset[str]] = [
    frozenset(),
    frozenset({"staff"}),
    frozenset({"인사"}),
    frozenset({"staff", "인사", "partners"}),
]
QUESTIONS = [
    "How long does a refund take?",
    "환불은 얼마나 걸리나요?",
    "Who approves a refund above 500 euros?",
    "What is Quokkatron?",
    "Quokatron refnud",  # slips that only words of restricted pages could mend
    "퀘이사르켄 휴가는 며칠인가요?",
    "퀘이사르캔",
    "What does E 77431 mean?",
    "How do I export the invoices in version 1?",
    "How do I export the invoices?",
    "Parcels are delivered within how many days?",
    "배송은 며칠 걸려요?",
    "zanzibarite",
    "Export",
    "비밀코드명이 뭐예요?",
    "What is the weather on Mars?",
]
FILTERS: list[dict[str, Any]] = [
    {},
    {"product": "Narwhalix"},
    {"product": ["shop", "Narwhalix"]},
    {"vault": "zanzibarite"},
    {"부서": "비밀코드명"},
    {"path_prefix": "en/staff"},
    {"doc_id": doc_id_of("en/staff/refunds.md")},
    {"access": "staff"},
    {"access!": "staff"},
    {"lang": "ko"},
    {"version": "1"},
]
PATHS = [*PAGES, "en/staff/refund.md", "ko/personnel/leave.md#top", "en/v1/exports.md"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("labelled")


@pytest.fixture
async def everything(folder: Path, encoder: Encoder) -> AsyncIterator[httpx.AsyncClient]:
    async with application(folder / "all", PAGES, encoder) as client:
        yield client


def _history() -> list[dict[str, Any]]:
    hidden = STAFF["en/staff/refunds.md"]
    record = record_of("en/staff/refunds.md", hidden)
    citation = {
        "doc_id": record.document.doc_id,
        "path": record.document.path,
        "heading_path": ["Desk"],
    }
    return [
        {"role": "user", "content": "Who approves large refunds?"},
        {"role": "assistant", "content": "The desk does.", "citations": [citation]},
    ]


def _citation(path: str) -> dict[str, Any]:
    record = record_of(path, PAGES[path])
    chunk = record.chunks[0]
    return {
        "id": "1",
        "doc_id": record.document.doc_id,
        "path": path,
        "revision": record.revision.revision,
        "char_start": chunk.char_start,
        "char_end": chunk.char_end,
        "quote": record.revision.text[chunk.char_start : chunk.char_end],
    }


def requests(seed: int, count: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give requests to every route that tells anything about pages."""
    chance = random.Random(seed)
    for _ in range(count):
        question, filters = chance.choice(QUESTIONS), chance.choice(FILTERS)
        path = chance.choice([*PAGES])
        history = chance.choice([[], [], _history()])
        yield (
            "POST",
            "/v1/query",
            {"question": question, "filters": filters, "history": history, "explain": True},
        )
        yield (
            "POST",
            "/v1/search",
            {
                "query": question,
                "filters": filters,
                "history": history,
                "explain": True,
                "neighbours": 2,
                "mode": chance.choice(["hybrid", "lexical", "dense"]),
                "why_not": chance.choice(PATHS),
                "top_k": chance.choice([1, 3, 50]),
            },
        )
        cited = _citation(path)
        quote_only = {"id": "1", "quote": cited["quote"]}
        yield "POST", "/v1/verify", {"text": f"{cited['quote']} [1]", "citations": [cited]}
        yield "POST", "/v1/verify", {"text": f"{cited['quote']} [1]", "citations": [quote_only]}
        yield "GET", f"/v1/documents/{doc_id_of(path)}", {}
        yield "GET", f"/v1/documents/{doc_id_of(path)}/revisions/{cited['revision']}", {}
        yield "GET", f"/v1/documents?limit={chance.choice([1, 3, 100])}", {}
        yield "GET", f"/v1/documents?after={path}", {}


async def _send(
    client: httpx.AsyncClient, request: tuple[str, str, dict[str, Any]], audiences: frozenset[str] | None
) -> httpx.Response:
    method, url, body = request
    json = body if method == "POST" else None
    return await client.request(method, url, json=json, headers=as_(audiences))


@pytest.mark.parametrize("audiences", AUDIENCES, ids=["public", "staff", "인사", "both"])
async def test_every_reply_is_the_one_of_an_index_without_the_other_pages(
    everything: httpx.AsyncClient, folder: Path, encoder: Encoder, audiences: frozenset[str]
) -> None:
    visible = seen_by(audiences)
    name = "-".join(sorted(audiences)) or "public"
    asked = 0
    async with application(folder / name, visible, encoder) as without:
        for request in requests(seed=len(name), count=12):
            mine = await _send(everything, request, audiences)
            theirs = await _send(without, request, None)

            assert mine.status_code == theirs.status_code, (request, mine.text, theirs.text)
            assert lasting(mine.json()) == lasting(theirs.json()), request
            asked += 1
    assert asked == 96


async def test_words_of_restricted_pages_never_show(everything: httpx.AsyncClient) -> None:
    for request in requests(seed=7, count=12):
        said = str(request[2])
        reply = (await _send(everything, request, frozenset())).text
        # What the asker has typed is given back in some places; nothing else is.
        told = [word for word in CANARIES if word.casefold() in reply.casefold() and word not in said]
        assert not told, (request, reply)


async def test_who_may_see_a_page_gets_it(everything: httpx.AsyncClient) -> None:
    question = "Who approves a refund above 500 euros?"

    for audiences in (frozenset({"staff"}), None):
        answer = (await _send(everything, ("POST", "/v1/query", {"question": question}), audiences)).json()
        assert answer["citations"][0]["path"] == "en/staff/refunds.md"
    other = (
        await _send(everything, ("POST", "/v1/query", {"question": question}), frozenset({"인사"}))
    ).json()
    assert "en/staff/refunds.md" not in str(other)


async def test_what_nobody_is_named_for_is_seen_by_who_sees_everything_alone(
    everything: httpx.AsyncClient,
) -> None:
    (path,) = NOBODY
    request = ("GET", f"/v1/documents/{doc_id_of(path)}", {})

    assert (await _send(everything, request, frozenset({"staff", "인사", ""}))).status_code == 404
    assert (await _send(everything, request, None)).status_code == 200


async def test_what_one_asked_is_not_remembered_for_another(everything: httpx.AsyncClient) -> None:
    """The questions are the same, in every order of askers: what was suggested before must not be again."""
    question = ("POST", "/v1/query", {"question": "How long does a refund take?"})
    first = {who: lasting((await _send(everything, question, who)).json()) for who in AUDIENCES}

    for order in itertools.permutations(AUDIENCES):
        for who in order:
            assert lasting((await _send(everything, question, who)).json()) == first[who]


async def test_a_page_that_is_public_now_keeps_its_restricted_past(tmp_path: Path, encoder: Encoder) -> None:
    path, data = "ko/plan.md", tmp_path / "data"
    past = Page("계획", "퀘이사르켄 계획은 비밀입니다.", {"access": "인사"})
    now = Page("계획", "계획이 공개되었습니다.", {})
    revision = record_of(path, past).revision.revision
    cited = {"id": "1", "doc_id": doc_id_of(path), "revision": revision, "char_start": 7, "char_end": 16}
    async with application(data, {path: past}, encoder) as client:
        version = publish(data, {path: now}, encoder)
        await wait_for_version(client, version)
        url = f"/v1/documents/{doc_id_of(path)}/revisions/{revision}"
        verify = {"text": "비밀입니다. [1]", "citations": [cited]}

        for audiences, status in ((frozenset(), 404), (frozenset({"인사"}), 200), (None, 200)):
            assert (await _send(client, ("GET", url, {}), audiences)).status_code == status
        told = (await _send(client, ("POST", "/v1/verify", verify), frozenset())).text
        assert "퀘이사르켄" not in told


def test_a_text_that_was_public_in_one_version_and_restricted_in_another_is_not_given(tmp_path: Path) -> None:
    path, data = "en/a.md", tmp_path / "data"
    for metadata, text in (({}, "Said."), ({"access": "staff"}, "Said."), ({}, "Said anew.")):
        publish(data, {path: Page("A", text, metadata), "en/b.md": Page("B", str(metadata) + text)})
    revision = revision_of("## A\n\nSaid.")

    found = find_revision(DataLayout(data), doc_id_of(path), revision, audiences=frozenset({"staff"}))
    assert found.text == "## A\n\nSaid."
    with pytest.raises(Exception, match="No version that is kept"):
        find_revision(DataLayout(data), doc_id_of(path), revision, audiences=frozenset())


def test_the_canaries_stand_in_restricted_pages_alone() -> None:
    public = str(seen_by(()))
    restricted = str({**STAFF, **PERSONNEL, **NOBODY})

    assert all(word in restricted and word not in public for word in CANARIES)
