"""Nothing that a document, a question or a language model writes runs, or loads anything from elsewhere."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Route, expect

from kb_server.rendering.html import answer_html

from .chat import SETTLED, TOGETHER, Chat, Site
from .pages import poisoned_question
from .payloads import ADDRESSES, EVIL, PAYLOADS

pytestmark = TOGETHER

FORBIDDEN = """root => [...root.querySelectorAll("*")].flatMap((element) => {
  const found = [];
  const tag = element.tagName.toLowerCase();
  if (/^(script|img|iframe|object|embed|video|audio|source|link|base|meta|style|template|marquee|use|image|animate|kb-chat)$/.test(tag)) found.push(tag);
  for (const { name, value } of element.attributes) {
    if (/^(on|src|srcset|ping|style|action|background|poster|formaction)/.test(name)) found.push(`${tag}[${name}]`);
    if (/href$/.test(name) && !/^(https?|mailto):/.test(value)) found.push(`${tag}[${name}=${value}]`);
  }
  return found;
})"""
SHADOW = "element => (" + FORBIDDEN + ")(element.shadowRoot)"
GROW_STYLE = "textarea[style]"
"""The component's own: the input grows with its text."""


def hostile(number: int, payload: str, *, is_raw: bool) -> dict[str, Any]:
    """An answer that says the payload wherever a text may stand; ``is_raw``: also as HTML, uncleaned."""
    place = {
        "doc_id": "d_1",
        "path": payload,
        "title": payload,
        "heading_path": [payload, payload],
        "url": ADDRESSES[number % len(ADDRESSES)],
        "anchor": payload,
    }
    citation = {
        **place,
        "id": "cit_1",
        "revision": "r_1",
        "char_start": 0,
        "char_end": 3,
        "quote": payload,
        "line_start": 1,
        "line_end": 1,
        "flags": [payload, "low_trust"],
    }
    text = f"{payload} [1]"
    return {
        "id": f"a_{number}",
        "status": "partial",
        "reason": payload,
        "language": payload,
        "text": text,
        "html": f'{payload}<a class="kb-cite" data-citation="cit_1">1</a>' if is_raw else answer_html(text, ["cit_1"]),
        "sentences": [],
        "citations": [citation],
        "confidence": 1,
        "suggestions": [payload],
        "nearest": [place],
        "next_step": {"action": "contact_support", "text": f"next {payload}"},
        "choices": [{"label": payload, "question": payload, "filters": {payload: payload}}],
        "conflicts": [{"kind": payload, "text": payload, "citations": ["cit_1"]}],
        "conversation_id": None,
    }


@asynccontextmanager
async def hostile_server(chat: Chat, *, is_raw: bool) -> AsyncIterator[None]:
    """Answer in place of the server, with payloads."""
    number = -1

    async def reply(route: Route) -> None:
        nonlocal number
        number += 1
        answer = hostile(number, PAYLOADS[number % len(PAYLOADS)], is_raw=is_raw)
        await route.fulfill(json=answer, headers={"Access-Control-Allow-Origin": "*"})

    async def revision(route: Route) -> None:
        payload = PAYLOADS[max(number, 0) % len(PAYLOADS)]
        body = {"text": f"## {payload}\n\n{payload}", "current": False, "revision": "r_1"}
        await route.fulfill(json=body, headers={"Access-Control-Allow-Origin": "*"})

    await chat.page.route(f"{chat.server}/v1/query", reply)
    await chat.page.route(f"{chat.server}/v1/documents/**", revision)
    yield
    await chat.page.unroute_all(behavior="wait")


async def assert_harmless(chat: Chat, site: Site) -> None:
    """Fail where anything ran, was loaded from elsewhere, or could be."""
    await chat.page.wait_for_timeout(150)  # handlers of failed loads run a moment later
    assert chat.dialogs == []
    assert await chat.page.evaluate("window.__ran") is None
    assert [url for url in chat.requests if not site.is_own(url)] == []
    assert len(chat.page.frames) == 1
    found = await chat.element.evaluate(SHADOW)
    assert [name for name in found if name != GROW_STYLE] == []


@pytest.mark.parametrize("is_raw", [False, True], ids=["cleaned", "uncleaned"])
@pytest.mark.parametrize("place", ["page", "widget"])
async def test_an_answer_of_payloads_shows_them_as_text(site: Site, place: str, is_raw: bool) -> None:
    opened = site.chat() if place == "page" else site.widget("&human=")
    async with opened as chat, hostile_server(chat, is_raw=is_raw):
        for start in range(0, len(PAYLOADS), 12):
            for payload in PAYLOADS[start : start + 12]:
                await chat.element.evaluate("(element, question) => element.ask(question)", payload)
                await chat.last.locator(".cite").first.dispatch_event("click")
                await expect(chat.find(".panel mark, .panel .page")).not_to_have_count(0)
            await assert_harmless(chat, site)
            assert payload.split("\n", 1)[0].strip() in await chat.find(".q").last.inner_text()
            await chat.element.evaluate("element => element.fresh()")
        answered = len([url for url in chat.requests if url.endswith("/v1/query")])

    assert answered == len(PAYLOADS)


async def test_pages_of_payloads_are_quoted_and_nothing_else(site: Site) -> None:
    shown = 0
    async with site.chat() as chat:
        for start in range(0, len(PAYLOADS), 12):
            for number in range(start, min(start + 12, len(PAYLOADS))):
                await chat.element.evaluate("(element, q) => element.ask(q)", poisoned_question(number))
                await expect(chat.find(SETTLED)).to_have_count(1)
                chips = chat.last.locator(".cite")
                if await chips.count():
                    shown += 1
                    await chips.last.dispatch_event("click")
                    await expect(chat.find(".panel mark")).to_have_count(1)
            await assert_harmless(chat, site)
            await chat.element.evaluate("element => element.fresh()")

    assert shown >= 0.9 * len(PAYLOADS)  # otherwise this says nothing


async def test_the_payloads_are_live_where_nobody_cleans_them(site: Site) -> None:
    async with site.open(f"{site.customer}/index.html?server={site.server}") as chat:
        await chat.page.route(f"{EVIL}/**", lambda route: route.abort())
        insert = """(html) => {
          const place = document.createElement("div");
          document.body.append(place);
          place.innerHTML = html;
        }"""
        harmful = 0
        for payload in PAYLOADS:
            before = len(chat.requests)
            await chat.page.evaluate("delete window.__ran")
            await chat.page.evaluate(insert, payload)
            await chat.page.wait_for_timeout(15)
            loaded = any(not site.is_own(url) for url in chat.requests[before:])
            harmful += bool(await chat.page.evaluate("window.__ran")) or loaded

    assert harmful >= 20
