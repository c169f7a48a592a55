"""axe finds nothing against WCAG 2.2 AA: light and dark, desk and phone, with all that can be open."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import expect

from .chat import TOGETHER, Chat, Site

pytestmark = TOGETHER

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESK, PHONE = {"width": 1200, "height": 760}, {"width": 360, "height": 700}


async def violations(chat: Chat) -> list[str]:
    """Give what axe has against the page, with the elements that it means."""
    run = "tags => axe.run(document, { runOnly: { type: 'tag', values: tags } })"
    if not await chat.page.evaluate("'axe' in window"):
        await chat.page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))
    found: dict[str, Any] = await chat.page.evaluate(run, TAGS)
    assert found["passes"]
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
async def test_the_page_keeps_nobody_out(site: Site, scheme: Any, viewport: Any, locale: str) -> None:
    async with site.chat(color_scheme=scheme, viewport=viewport, locale=locale) as chat:
        await expect(chat.find(".hello .ask").first).to_be_visible()
        found = await violations(chat)
        await chat.ask("오늘 점심 메뉴는 무엇인가요?")
        await chat.ask("How do I back up the vault?")
        await chat.find(".acts .tool").last.click()
        await expect(chat.find(".more .pill").first).to_be_visible()
        found += await violations(chat)
        await chat.find(".cite").first.click()
        await expect(chat.find(".panel mark")).to_be_visible()
        found += await violations(chat)

    assert found == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_widget_keeps_nobody_out(site: Site, theme: str) -> None:
    async with site.widget(f"&theme={theme}&human=") as chat:
        await chat.ask("How do I export my notes?")
        found = await violations(chat)
        await chat.page.context.set_offline(True)
        await chat.ask("How do I back up the vault?")
        found += await violations(chat)

    assert found == []
