"""GET /v1/documents and the revision texts through the real application."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from kb_server.app import create_app
from kb_server.index.testing import HashEncoder
from kb_server.settings import Settings

from .published import PAGES, Page, publish, running, wait_for_version, wait_until_ready


async def list_all(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    response = await client.get("/v1/documents", params=query)
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page


async def test_list_has_every_page_once_in_the_order_of_the_paths(client: httpx.AsyncClient) -> None:
    page = await list_all(client)

    assert [document["path"] for document in page["documents"]] == sorted(PAGES)
    assert page["total"] == len(PAGES)
    assert page["next_after"] is None


async def test_pages_of_the_list_join_without_gap_or_overlap(client: httpx.AsyncClient) -> None:
    paths: list[str] = []
    after = ""
    while True:
        page = await list_all(client, limit=2, after=after)
        paths += [document["path"] for document in page["documents"]]
        if page["next_after"] is None:
            break
        after = page["next_after"]

    assert paths == sorted(PAGES)


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"page": 2}, {"after": "a\x00"}]
)
async def test_bad_query_string_is_refused(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    response = await client.get("/v1/documents", params=query)

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == next(iter(query))


async def test_document_tells_its_metadata_and_address(client: httpx.AsyncClient) -> None:
    listed = (await list_all(client))["documents"][0]

    document = (await client.get(f"/v1/documents/{listed['doc_id']}")).json()

    assert document == listed
    assert document["metadata"]["product"] == "kb"


async def test_revision_is_named_by_the_hash_of_its_text(client: httpx.AsyncClient) -> None:
    for document in (await list_all(client))["documents"]:
        revision = (
            await client.get(f"/v1/documents/{document['doc_id']}/revisions/{document['revision']}")
        ).json()

        assert hashlib.sha256(revision["text"].encode()).hexdigest() == document["revision"]


@pytest.mark.parametrize("doc_id", ["d_0000000000000000", "x", "%00", "a" * 5000, "문서", "%F0%9F"])
async def test_unknown_document_is_not_found(client: httpx.AsyncClient, doc_id: str) -> None:
    for path in (f"/v1/documents/{doc_id}", f"/v1/documents/{doc_id}/revisions/abc"):
        response = await client.get(path)

        assert response.status_code == 404
        assert response.json()["code"] == "not_found"
        assert len(response.content) < 2000


async def test_unknown_revision_of_a_known_document_is_not_found(client: httpx.AsyncClient) -> None:
    document = (await list_all(client))["documents"][0]

    response = await client.get(f"/v1/documents/{document['doc_id']}/revisions/{'0' * 64}")

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
    assert document["doc_id"] in response.json()["detail"]


async def test_older_text_stays_readable_and_a_deleted_document_does_not(tmp_path: Path) -> None:
    before = {"a.md": Page("A", "The limit is 5."), "b.md": Page("B", "문서 나입니다.")}
    after = {"a.md": Page("A", "The limit is 6.")}
    publish(tmp_path, before)
    settings = Settings(data_dir=tmp_path, poll_seconds=0.02)
    async with running(create_app(settings, encoder=HashEncoder)) as client:
        await wait_until_ready(client)
        old = {document["path"]: document for document in (await list_all(client))["documents"]}
        await wait_for_version(client, publish(tmp_path, after))

        text = await client.get(f"/v1/documents/{old['a.md']['doc_id']}/revisions/{old['a.md']['revision']}")
        deleted = await client.get(
            f"/v1/documents/{old['b.md']['doc_id']}/revisions/{old['b.md']['revision']}"
        )

    assert "The limit is 5." in text.json()["text"]
    assert text.json()["current"] is False
    assert deleted.status_code == 404
