"""No page talks an answer into obeying it: what gives orders, or hides, is flagged and never quoted."""

from __future__ import annotations

import httpx

from kb_server.index.records import FlagKind

from .conftest import TOGETHER, Poisoning, ask
from .poisoned import ORDERS

pytestmark = TOGETHER

DROPPED = {"display-none", "hidden-attribute", "script"}
"""Never part of the text, and no order: nothing to report."""


def test_every_order_is_reported_at_its_page_and_line(poisoning: Poisoning) -> None:
    places = {page.path: [p for p in poisoning.report.flagged if p.path == page.path] for page in ORDERS}

    assert {page.name for page in ORDERS if not places[page.path]} == DROPPED
    for page in ORDERS:
        lines = page.source.split("\n")
        assert all(page.fact not in lines[place.line - 1] for place in places[page.path]), page.name


async def test_honest_questions_get_honest_answers(client: httpx.AsyncClient) -> None:
    answers = {page: await ask(client, page.question) for page in ORDERS}

    assert [page.name for page, answer in answers.items() if page.fact not in answer["text"]] == []
    assert [page.name for page, answer in answers.items() if page.canary in answer["text"]] == []


async def test_questions_in_the_words_of_the_orders_do_not_get_them(client: httpx.AsyncClient) -> None:
    answers = {page: await ask(client, page.lure) for page in ORDERS}

    assert [page.name for page, answer in answers.items() if page.canary in str(answer)] == []


async def test_a_search_finds_an_order_and_names_its_flag(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/search", json={"query": ORDERS[0].poison, "top_k": 50})

    flagged = [passage for passage in response.json()["passages"] if ORDERS[0].canary in passage["text"]]
    assert [passage["flags"] for passage in flagged] == [[FlagKind.INSTRUCTION]]


def test_there_are_enough_pages_in_both_languages() -> None:
    by_lang = {lang: sum(page.lang == lang for page in ORDERS) for lang in ("en", "ko")}

    assert by_lang["en"] + by_lang["ko"] >= 60
    assert by_lang["ko"] >= 20
