"""POST /v1/search through the real application."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

PROBLEM = "application/problem+json"


async def search(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.post("/v1/search", json=body)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("How do I roll back to an earlier version?", "en/operations.md"),
        ("이전 버전으로 되돌리려면?", "ko/operations.md"),
        ("KB_DATA_DIR", "en/settings.md"),
    ],
)
async def test_page_that_says_it_comes_first(client: httpx.AsyncClient, query: str, path: str) -> None:
    response = await search(client, query=query)

    assert response.status_code == 200
    assert response.json()["passages"][0]["path"] == path


@pytest.mark.parametrize(
    ("query", "path", "expanded"),
    [
        ("the earlier verison", "en/operations.md", {"verison": "version"}),
        ("dlwjs qjwjs", "ko/operations.md", {"dlwjs": "이전", "qjwjs": "버전"}),
        ("the earlier version", "en/operations.md", {}),
    ],
)
async def test_slips_are_read_as_they_were_meant_and_told(
    client: httpx.AsyncClient, query: str, path: str, expanded: dict[str, str]
) -> None:
    found = (await search(client, query=query)).json()

    assert found["passages"][0]["path"] == path
    assert found["expanded_terms"] == expanded


@pytest.mark.parametrize("query", ["data folder", "데이터 폴더"])
async def test_passage_is_exactly_the_span_of_its_revision(client: httpx.AsyncClient, query: str) -> None:
    passages = (await search(client, query=query)).json()["passages"]

    assert passages
    for passage in passages:
        revision = (
            await client.get(f"/v1/documents/{passage['doc_id']}/revisions/{passage['revision']}")
        ).json()
        assert revision["text"][passage["char_start"] : passage["char_end"]] == passage["text"]
        assert revision["current"] is True
        assert passage["line_start"] >= 1


async def test_passages_are_ranked_and_name_the_version(client: httpx.AsyncClient) -> None:
    found = (await search(client, query="version", top_k=2)).json()

    scores = [passage["score"] for passage in found["passages"]]
    assert len(scores) <= 2
    assert scores == sorted(scores, reverse=True)
    assert found["version"].startswith("v-")
    assert set(found["timings_ms"]) == {"encode", "search", "total"}


@pytest.mark.parametrize("mode", ["hybrid", "lexical", "dense"])
async def test_each_mode_finds_something(client: httpx.AsyncClient, mode: str) -> None:
    found = (await search(client, query="roll back", mode=mode)).json()

    assert found["passages"]


@pytest.mark.parametrize(
    ("filters", "langs"),
    [({"lang": "ko"}, {"ko"}), ({"lang": ["en", "ko"]}, {"en", "ko"}), ({"lang": "fr"}, set())],
)
async def test_filters_narrow_before_the_ranking(
    client: httpx.AsyncClient, filters: dict[str, Any], langs: set[str]
) -> None:
    found = (await search(client, query="version 버전", filters=filters)).json()

    assert {passage["lang"] for passage in found["passages"]} == langs


async def test_unknown_filter_is_refused_with_the_known_ones(client: httpx.AsyncClient) -> None:
    response = await search(client, query="version", filters={"colour": "red"})

    problem = response.json()
    assert response.status_code == 422
    assert response.headers["content-type"] == PROBLEM
    assert problem["code"] == "unknown_filter"
    assert "colour" in problem["detail"]
    assert "product" in problem["detail"] + problem["remedy"]


FIFTY_ONE_VALUES = b'{"query": "a", "filters": {"lang": [' + b'"a",' * 50 + b'"a"]}}'
DEEP_FILTERS = b'{"query": "a", "filters": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001
BAD_BODIES = {
    "empty query": (b'{"query": ""}', 422, "query"),
    "only white space": ('{"query": " \\t　"}'.encode(), 422, "query"),
    "2001 characters": (b'{"query": "' + b"x" * 2001 + b'"}', 422, "query"),
    "lone surrogate": (b'{"query": "a\\ud800"}', 422, "query"),
    "lone surrogate as a field": (b'{"query": "a", "\\udfff": 1}', 422, "body"),
    "lone surrogate as a filter": (b'{"query": "a", "filters": {"lang": "\\ud800"}}', 422, "filters.lang"),
    "lone surrogate as a filter key": (b'{"query": "a", "filters": {"\\ud800": "a"}}', 422, None),
    "NUL": (b'{"query": "a\\u0000b"}', 422, "query"),
    "no query": (b"{}", 422, "query"),
    "query of another type": (b'{"query": ["a"]}', 422, "query"),
    "unknown field": (b'{"query": "a", "topk": 3}', 422, "topk"),
    "top_k too high": (b'{"query": "a", "top_k": 1000000000}', 422, "top_k"),
    "top_k zero": (b'{"query": "a", "top_k": 0}', 422, "top_k"),
    "top_k as text": (b'{"query": "a", "top_k": "5"}', 422, "top_k"),
    "top_k true": (b'{"query": "a", "top_k": true}', 422, "top_k"),
    "top_k NaN": (b'{"query": "a", "top_k": NaN}', 422, "top_k"),
    "top_k Infinity": (b'{"query": "a", "top_k": Infinity}', 422, "top_k"),
    "top_k of thousands of digits": (b'{"query": "a", "top_k": ' + b"9" * 9000 + b"}", 400, None),
    "unknown mode": (b'{"query": "a", "mode": "magic"}', 422, "mode"),
    "filter number": (b'{"query": "a", "filters": {"lang": 3}}', 422, "filters.lang"),
    "filter empty list": (b'{"query": "a", "filters": {"lang": []}}', 422, "filters.lang"),
    "filter nested": (b'{"query": "a", "filters": {"lang": {"$ne": "en"}}}', 422, "filters.lang"),
    "51 filter values": (FIFTY_ONE_VALUES, 422, "filters.lang"),
    "not an object": (b'["a"]', 422, "body"),
    "null": (b"null", 422, "body"),
    "no body": (b"", 422, "body"),
    "broken JSON": (b'{"query": ', 400, None),
    "not UTF-8": (b'{"query": "\xff"}', 400, None),
    "deep JSON": (b"[" * 100_000, 400, None),
    "deep JSON in a field": (DEEP_FILTERS, 400, None),
}  # fmt: skip


@pytest.mark.parametrize(("content", "status", "field"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_bad_body_is_refused_with_the_field_and_the_rule(
    client: httpx.AsyncClient, content: bytes, status: int, field: str | None
) -> None:
    response = await client.post("/v1/search", content=content, headers={"content-type": "application/json"})

    problem = response.json()
    assert response.status_code == status
    assert response.headers["content-type"] == PROBLEM
    assert problem["code"] == ("invalid_request" if status == 422 else "malformed_json")
    assert len(response.content) < 4000
    if field is not None:
        assert field in {error["field"] for error in problem["errors"]}


async def test_sixteen_filters_are_the_limit(client: httpx.AsyncClient) -> None:
    response = await search(client, query="a", filters={f"key{i}": "x" for i in range(17)})

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "filters"


async def test_many_unknown_fields_give_a_short_answer(client: httpx.AsyncClient) -> None:
    response = await search(client, query="a", **{f"field_{i}_{'x' * 50}": 1 for i in range(2000)})

    assert response.status_code == 422
    assert len(response.json()["errors"]) == 20
    assert len(response.content) < 10_000


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_body_that_is_not_declared_as_json_is_refused(
    client: httpx.AsyncClient, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    response = await client.post("/v1/search", content=b'{"query": "a"}', headers=headers)

    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"


async def test_ten_megabytes_of_question_are_too_large(client: httpx.AsyncClient) -> None:
    response = await search(client, query="x" * 10_000_000)

    assert response.status_code == 413
    assert response.json()["code"] == "payload_too_large"


async def test_query_of_exactly_2000_characters_is_searched(client: httpx.AsyncClient) -> None:
    response = await search(client, query="버전" * 1000)

    assert response.status_code == 200


@pytest.mark.parametrize(
    "query", ["\u200b\u202e", "?!…", "🙂", "𐀀 \U000e0041", "'; DROP TABLE chunks; --", "한글"]
)
async def test_unusual_text_is_searched_without_an_error(client: httpx.AsyncClient, query: str) -> None:
    response = await search(client, query=query)

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("query", "lang", "dense"), [("roll back the version", "en", "exact"), ("이전 버전으로", "ko", "exact")]
)
async def test_a_search_explains_itself_when_asked(
    client: httpx.AsyncClient, query: str, lang: str, dense: str
) -> None:
    found = (await search(client, query=query, explain=True)).json()

    assert (found["explanation"]["lang"], found["explanation"]["dense"]) == (lang, dense)
    for rank, passage in enumerate(found["passages"], start=1):
        last = passage["explanation"]["stages"][-1]
        assert (last["rank"], last["score"]) == (rank, passage["score"])


async def test_without_the_question_nothing_is_explained(client: httpx.AsyncClient) -> None:
    found = (await search(client, query="version")).json()

    assert found["explanation"] is None
    assert found["why_not"] is None
    assert all(passage["explanation"] is None for passage in found["passages"])


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("ko/operations.md#top", "filtered"),
        ("en/operations.md#rollback", "unknown_anchor"),
        ("en/nothing.md", "not_indexed"),
        ("en/operations.md", "found"),
    ],
)
async def test_a_search_says_what_kept_a_page_out(
    client: httpx.AsyncClient, target: str, reason: str
) -> None:
    response = await search(client, query="roll back", filters={"lang": "en"}, why_not=target)

    assert response.json()["why_not"]["reason"] == reason


@pytest.mark.parametrize("target", ["", "  ", "#roll-back", "a" * 501, 7])
async def test_a_malformed_page_name_is_refused(client: httpx.AsyncClient, target: object) -> None:
    response = await search(client, query="roll back", why_not=target)

    assert response.status_code == 422
    assert response.headers["content-type"] == PROBLEM
    assert "why_not" in response.json()["detail"]


@pytest.mark.parametrize(("query", "lang"), [("KB_PORT port", "en"), ("KB_PORT 포트", "ko")])
async def test_a_passage_comes_with_its_neighbours_and_not_with_another_page(
    client: httpx.AsyncClient, query: str, lang: str
) -> None:
    body = {"query": query, "filters": {"lang": lang}, "neighbours": 5, "top_k": 1}
    (passage,) = (await search(client, **body)).json()["passages"]

    around = passage["surroundings"]
    url = f"/v1/documents/{passage['doc_id']}/revisions/{passage['revision']}"
    text = (await client.get(url)).json()["text"]
    assert around["text"] == text[around["char_start"] : around["char_end"]]
    assert passage["text"] in around["text"]
    assert "KB_DATA_DIR" in around["text"]
    assert "KB_DATA_DIR" not in passage["text"]


@pytest.mark.parametrize("neighbours", [-1, 6, "1", None])
async def test_more_neighbours_than_a_page_can_use_are_refused(
    client: httpx.AsyncClient, neighbours: object
) -> None:
    assert (await search(client, query="port", neighbours=neighbours)).status_code == 422
