"""Nothing that a document, a question or a language model writes runs, or loads anything from elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
from playwright.async_api import Route

from kb_server.rendering.html import answer_html

from .chat import TOGETHER, Chat, Site
from .pages import poisoned_question
from .payloads import ADDRESSES, EVIL, PAYLOADS

pytestmark = TOGETHER
T = TypeVar("T")


def _batches(items: list[T], size: int = 14) -> list[list[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


BATCHES = _batches([payload.strip() for payload in PAYLOADS])
FORBIDDEN = """root => {
  const active = ["script", "img", "iframe", "object", "embed", "video", "audio", "source", "link", "base",
    "meta", "style", "template", "marquee", "use", "image", "animate", "kb-chat"];
  const loads = /^(on|src|srcset|ping|style|action|background|poster|formaction)/;
  return [...root.querySelectorAll("*")].flatMap((element) => {
    const tag = element.tagName.toLowerCase();
    const found = active.includes(tag) ? [tag] : [];
    for (const { name, value } of element.attributes) {
      const leads = /href$/.test(name) && !/^(https?|mailto):/.test(value);
      if (loads.test(name) || leads) found.push(`${tag}[${name}]`);
    }
    return found;
  });
}"""
SHADOW = "element => (" + FORBIDDEN + ")(element.shadowRoot)"
TALK = """async (element, questions) => {
  const found = [];
  for (const question of questions) {
    await element.ask(question);
    const turn = [...element.shadowRoot.querySelectorAll(".turn")].at(-1);
    const source = [...turn.querySelectorAll(".cite, .link")].at(-1);
    if (!source) { found.push(false); continue; }
    source.click();
    const page = element.shadowRoot.querySelector(".panel .page");
    for (let wait = 0; wait < 200 && !page.querySelector("mark"); wait++) {
      await new Promise((done) => setTimeout(done, 10));
    }
    found.push(Boolean(page.querySelector("mark")));
  }
  return found;
}"""
"""Asks each question and opens a source of its answer; tells for each whether a quote was marked there."""
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
        "html": f'{payload}<a class="kb-cite" data-citation="cit_1">1</a>'
        if is_raw
        else answer_html(text, ["cit_1"]),
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
        for questions in BATCHES:
            assert all(await chat.element.evaluate(TALK, questions))
            await assert_harmless(chat, site)
            assert questions[-1] in (await chat.find(".q").last.text_content() or "")
            await chat.element.evaluate("element => element.fresh()")
        answered = len([url for url in chat.requests if url.endswith("/v1/query")])

    assert answered == len(PAYLOADS)


async def test_pages_of_payloads_are_quoted_and_nothing_else(site: Site) -> None:
    shown = 0
    async with site.chat() as chat:
        for numbers in _batches(list(range(len(PAYLOADS)))):
            questions = [poisoned_question(number) for number in numbers]
            shown += sum(await chat.element.evaluate(TALK, questions))
            await assert_harmless(chat, site)
            await chat.element.evaluate("element => element.fresh()")

    # What a page hides is not quoted; but if most were not, this would say nothing.
    assert shown >= 0.8 * len(PAYLOADS)


async def test_the_payloads_are_live_where_nobody_cleans_them(site: Site) -> None:
    async with site.open(f"{site.customer}/contact.html", has_chat=False) as chat:
        await chat.page.route(f"{EVIL}/**", lambda route: route.abort())
        insert = """(html) => {
          const place = document.createElement("div");
          document.body.append(place);
          place.innerHTML = html;
        }"""
        harmful = 0
        # Two that would change what the page is for all that follow.
        for payload in (each for each in PAYLOADS if not each.startswith(("<meta", "<base"))):
            before = len(chat.requests)
            await chat.page.evaluate(insert, payload)
            await chat.page.wait_for_timeout(10)
            ran = bool(await chat.page.evaluate("window.__ran"))
            await chat.page.evaluate("delete window.__ran")
            harmful += ran or any(not site.is_own(url) for url in chat.requests[before:])

    assert harmful >= 20
