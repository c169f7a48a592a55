from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from evals.access import Key, Trial
from evals.labelled_pages import CANARY, LabelledPage, labelled_pages

PAGES = labelled_pages(30, seed=3)
KEYS = [Key("all", None), Key("public", frozenset()), Key("staff", frozenset({"staff", "인사"}))]


def test_each_page_has_a_word_of_its_own_in_both_languages() -> None:
    assert len({page.canary for page in PAGES}) == len(PAGES)
    assert {page.lang for page in PAGES} == {"en", "ko"}
    assert all(set(CANARY.findall(page.text)) == {page.canary} for page in PAGES)
    assert all(page.is_seen_by(None) for page in PAGES)
    seen = [page for page in PAGES if page.is_seen_by(frozenset({"staff"}))]
    assert all(not page.labels or "staff" in page.labels for page in seen)
    assert 0 < len(seen) < len(PAGES)


def server(
    shows: Callable[[LabelledPage, Key], bool],
) -> Callable[[httpx.Request], Awaitable[httpx.Response]]:
    """Answer every request with all pages that are shown to its key."""
    keys = {key.secret: key for key in KEYS}

    async def answer(request: httpx.Request) -> httpx.Response:
        key = keys[request.headers["authorization"].removeprefix("Bearer ")]
        shown = [page for page in PAGES if shows(page, key)]
        listed = [
            {"path": page.path, "doc_id": page.path, "revision": "r", "text": page.text} for page in shown
        ]
        return httpx.Response(200, json={"documents": listed})

    return answer


async def tried(shows: Callable[[LabelledPage, Key], bool]) -> Any:
    transport = httpx.MockTransport(server(shows))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        trial = Trial(client, PAGES, KEYS, seed=1)
        await trial.learn()
        await trial.run(60)
        return trial.tally


async def test_a_server_that_keeps_to_the_labels_leaks_nothing() -> None:
    tally = await tried(lambda page, key: page.is_seen_by(key.audiences))

    assert tally.requests.total() == 60
    assert tally.chunks.total() > 100
    assert tally.outside.total() == 0


@pytest.mark.parametrize("leaky", [0, 7])
async def test_one_page_too_many_is_found(leaky: int) -> None:
    restricted = [page for page in PAGES if page.labels and not page.is_seen_by(KEYS[2].audiences)]

    tally = await tried(lambda page, key: page.is_seen_by(key.audiences) or page == restricted[leaky])

    assert tally.outside.total() > 10
    assert restricted[leaky].path in tally.leaks[0]
    json.dumps(tally.leaks)
