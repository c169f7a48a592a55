"""The chat page and the widget as a person uses them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, Page, expect

TOGETHER = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]
"""Marks of every module here: its tests share a server, a browser and so a process and an event loop."""
SETTLED = ".log[aria-busy=false]"


@dataclass
class Chat:
    """One open page with the component on it, and what went wrong there."""

    page: Page
    server: str
    trouble: list[str] = field(default_factory=list)
    """Script errors and refused loads, as the console tells them."""
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def element(self) -> Locator:
        return self.page.locator("kb-chat")

    def find(self, selector: str) -> Locator:
        return self.element.locator(selector)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.element.get_by_role("button", name=name)

    @property
    def input(self) -> Locator:
        return self.find("textarea#input")

    @property
    def last(self) -> Locator:
        """The newest turn."""
        return self.find(".turn").last

    async def ask(self, question: str) -> Locator:
        """Type a question, send it with Enter and wait for what becomes of it; gives the turn."""
        turns = await self.find(".turn").count()
        await self.input.fill(question)
        await self.input.press("Enter")
        await expect(self.find(".turn")).to_have_count(turns + 1)
        await expect(self.find(SETTLED)).to_have_count(1)
        return self.last

    async def active(self) -> str:
        """Name the element of the component that has the focus: its class, else its id or tag."""
        script = (
            "e => { const a = e.shadowRoot.activeElement; return a && (a.className || a.id || a.tagName) }"
        )
        return str(await self.element.evaluate(script))


@dataclass(frozen=True)
class Site:
    """Opens pages of the server and of a customer."""

    browser: Browser
    server: str
    customer: str

    @asynccontextmanager
    async def open(self, url: str, *, has_chat: bool = True, **context: Any) -> AsyncIterator[Chat]:
        """Open ``url``, with the options of a browser context."""
        options = {"viewport": {"width": 1100, "height": 720}, "locale": "en-US", **context}
        opened = await self.browser.new_context(**options)
        page = await opened.new_page()
        page.set_default_timeout(15_000)
        chat = Chat(page, self.server)
        page.on(
            "console", lambda message: chat.trouble.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: chat.trouble.append(str(error)))
        page.on("request", lambda request: chat.requests.append(request.url))

        async def dismiss(dialog: Any) -> None:
            chat.dialogs.append(dialog.message)
            await dialog.dismiss()

        page.on("dialog", dismiss)
        await page.goto(url)
        if has_chat:
            await chat.element.wait_for(state="attached")
        yield chat
        await opened.close()

    @asynccontextmanager
    async def chat(self, query: str = "", **context: Any) -> AsyncIterator[Chat]:
        """Open the chat page."""
        async with self.open(f"{self.server}/chat{query}", **context) as chat:
            await expect(chat.input).to_be_visible()
            yield chat

    @asynccontextmanager
    async def widget(self, query: str = "", **context: Any) -> AsyncIterator[Chat]:
        """Open the customer's page and the widget on it."""
        async with self.open(f"{self.customer}/index.html?server={self.server}{query}", **context) as chat:
            await chat.find(".launch").click()
            await expect(chat.input).to_be_visible()
            yield chat

    def is_own(self, url: str) -> bool:
        """Tell whether an address belongs to the server or the customer's site."""
        own = {urlsplit(address).netloc for address in (self.server, self.customer)}
        parts = urlsplit(url)
        return parts.netloc in own or parts.scheme in {"data", "blob"}
