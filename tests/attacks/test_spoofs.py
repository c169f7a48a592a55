"""Nothing that a page says can pass for a citation, a marker, a link or a page of the server."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import httpx

from .conftest import ask
from .poisoned import SPOOFS, Poisoned

_ANY_MARKER = re.compile(r"(?<!\\)\[(\^?[\d ,;–-]+)(?<!\\)\]")
_PLAIN_MARKER = re.compile(r"\[(\d+)\]")
"""As a client finds them that knows nothing of backslashes."""
_ACTIVE = re.compile(r"(?<!\\)\]\(|(?<!\\)\]:|(?<!\\)<(?:[a-z/!]|javascript:)|(?<!\\)!\[", re.IGNORECASE)


async def _answers(client: httpx.AsyncClient) -> list[tuple[Poisoned, dict[str, Any]]]:
    return [(page, await ask(client, question)) for page in SPOOFS for question in (page.lure, page.question)]


async def test_the_markers_of_an_answer_are_those_of_its_citations(client: httpx.AsyncClient) -> None:
    answers = await _answers(client)

    for page, answer in answers:
        numbers = [str(number + 1) for number in range(len(answer["citations"]))]
        assert sorted(_ANY_MARKER.findall(answer["text"])) == numbers, page.name
        assert sorted(_PLAIN_MARKER.findall(answer["text"])) == numbers, page.name
    quoted = {page.name for page, answer in answers if page.canary in answer["text"]}
    assert len(quoted) >= 0.8 * len(SPOOFS)  # otherwise this says nothing


async def test_no_link_and_no_tag_of_a_page_is_active_in_an_answer(client: httpx.AsyncClient) -> None:
    for page, answer in await _answers(client):
        assert not _ACTIVE.search(answer["text"]), page.name
        assert all(place["url"] == "" for place in (*answer["citations"], *answer["nearest"])), page.name


async def test_every_citation_is_what_its_page_says(client: httpx.AsyncClient) -> None:
    for page, answer in await _answers(client):
        ids = {citation["id"] for citation in answer["citations"]}
        assert {cited for sentence in answer["sentences"] for cited in sentence["citations"]} == ids
        for citation in answer["citations"]:
            path = f"/v1/documents/{citation['doc_id']}/revisions/{citation['revision']}"
            text = (await client.get(path)).json()["text"]
            assert text[citation["char_start"] : citation["char_end"]] == citation["quote"], page.name
            shown = f"{citation['quote']}{citation['title']}{''.join(citation['heading_path'])}"
            assert not any(unicodedata.category(char) == "Cf" for char in shown), page.name
