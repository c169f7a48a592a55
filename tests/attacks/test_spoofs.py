"""Nothing that a page says can pass for a citation, a marker, a link or a page of the server."""

from __future__ import annotations

from typing import Any

import httpx

from .checks import has_only_its_own_markers, has_unknown_citations, is_active, is_what_its_page_says
from .conftest import TOGETHER, ask
from .poisoned import SPOOFS, Poisoned

pytestmark = TOGETHER


async def _answers(client: httpx.AsyncClient) -> list[tuple[Poisoned, dict[str, Any]]]:
    return [(page, await ask(client, question)) for page in SPOOFS for question in (page.lure, page.question)]


async def test_the_markers_of_an_answer_are_those_of_its_citations(client: httpx.AsyncClient) -> None:
    answers = await _answers(client)

    assert [page.name for page, answer in answers if not has_only_its_own_markers(answer)] == []
    quoted = {page.name for page, answer in answers if page.canary in answer["text"]}
    assert len(quoted) >= 0.8 * len(SPOOFS)  # otherwise this says nothing


async def test_no_link_and_no_tag_of_a_page_is_active_in_an_answer(client: httpx.AsyncClient) -> None:
    assert [page.name for page, answer in await _answers(client) if is_active(answer)] == []


async def test_every_citation_is_what_its_page_says(client: httpx.AsyncClient) -> None:
    for page, answer in await _answers(client):
        assert not has_unknown_citations(answer), page.name
        for citation in answer["citations"]:
            path = f"/v1/documents/{citation['doc_id']}/revisions/{citation['revision']}"
            text = (await client.get(path)).json()["text"]
            assert is_what_its_page_says(citation, text), page.name
