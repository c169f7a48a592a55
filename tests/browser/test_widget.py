"""The widget on a customer's site, which is another origin with styles of its own."""

from __future__ import annotations

import re

from playwright.async_api import Route, expect

from .chat import TOGETHER, Site

pytestmark = TOGETHER

QUESTION = "How do I back up the vault?"


async def test_it_opens_answers_and_closes(site: Site) -> None:
    async with site.widget() as chat:
        turn = await chat.ask(QUESTION)
        await turn.locator(".cite").first.click()
        await expect(chat.find(".panel mark")).to_have_text("To back up the vault, press Save a copy.")
        await chat.page.keyboard.press("Escape")
        await expect(chat.find(".win")).to_be_visible()
        await chat.page.keyboard.press("Escape")
        await expect(chat.find(".win")).to_be_hidden()

        assert await chat.active() == "launch"
        assert chat.trouble == []
        assert [url for url in chat.requests if not site.is_own(url)] == []


async def test_styles_of_the_site_do_not_reach_into_it(site: Site) -> None:
    async with site.widget() as chat:
        send = chat.find(".send")

        assert await send.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(53, 81, 201)"
        assert await send.evaluate("e => getComputedStyle(e).borderStyle") == "none"


async def test_the_site_hears_who_wants_a_person(site: Site) -> None:
    async with site.widget("&human=") as chat:
        await chat.ask(QUESTION)
        await chat.page.evaluate("addEventListener('kb-handoff', event => { window.heard = event.detail })")
        await chat.find(".foot button").click()
        detail = await chat.page.evaluate("window.heard")

        assert detail["turns"][0]["question"] == QUESTION
        assert "[1]" in detail["turns"][0]["answer"]
        assert detail["conversation_id"]


async def test_it_speaks_korean_in_dark_on_a_phone(site: Site) -> None:
    phone = {"viewport": {"width": 320, "height": 640}}
    async with site.widget("&lang=ko&theme=dark&heading=%EB%8F%84%EC%9B%80%EB%A7%90", **phone) as chat:
        await expect(chat.find("h2")).to_have_text("도움말")
        await expect(chat.input).to_have_attribute("placeholder", "질문을 입력하세요")
        turn = await chat.ask("보관함을 백업하려면 어떻게 하나요?")
        await turn.locator(".cite").first.click()
        await expect(chat.find(".panel mark")).to_be_visible()

        assert await chat.find(".win").evaluate("e => e.getBoundingClientRect().width") == 320
        assert await chat.page.evaluate("document.documentElement.scrollWidth") == 320
        assert await chat.element.get_attribute("data-dark") is not None


async def test_a_stream_whose_token_ran_out_goes_on_with_the_next(site: Site) -> None:
    tokens: list[str] = []

    async def token(route: Route) -> None:
        tokens.append(f"kbt_{len(tokens)}")
        await route.fulfill(json={"token": tokens[-1], "expires_in": 600})

    async def run_out(route: Route) -> None:
        head, _, _ = (await (await route.fetch()).text()).partition("event: answer")
        name = re.findall(r"^id: (.+)$", head, re.MULTILINE)[-2]
        error = f'id: {name}\nevent: error\ndata: {{"status": 401, "code": "unauthorized"}}\n\n'
        await route.fulfill(content_type="text/event-stream", body=head.rpartition("id: ")[0] + error)

    async with site.widget("&site=kbw_0123456789ab") as chat:
        await chat.page.route("**/v1/widget/tokens", token)
        await chat.page.route("**/v1/query", run_out)
        async with chat.page.expect_request("**/v1/streams/*") as resumed:
            turn = await chat.ask(QUESTION)

        assert (await resumed.value).headers["authorization"] == f"Bearer {tokens[-1]}"
        await expect(turn.locator(".cite").first).to_be_visible()
        assert len(tokens) > 1
