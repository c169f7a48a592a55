"""A conversation in a real browser, in English and Korean."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from .chat import TOGETHER, Chat

pytestmark = TOGETHER
BACKUP = ("How do I back up the vault?", "보관함을 백업하려면 어떻게 하나요?")
QUOTES = ("To back up the vault, press Save a copy.", "보관함을 백업하려면 사본 저장을 누르세요.")


@pytest.mark.parametrize(("question", "quote"), list(zip(BACKUP, QUOTES, strict=True)), ids=("en", "ko"))
async def test_a_chip_opens_the_quote_marked_in_its_page(chat: Chat, question: str, quote: str) -> None:
    turn = await chat.ask(question)
    await turn.locator(".cite").first.click()

    await expect(chat.find(".panel mark")).to_have_text(quote)
    assert await chat.find(".panel mark").text_content() == quote
    assert "🙂" in (await chat.find(".panel .page").text_content() or "")
    await expect(chat.find(".panel footer a")).to_have_attribute(
        "href", re.compile(r"^https://docs\.example\.com/(en|ko)/backup#top$")
    )
    assert chat.trouble == []


async def test_escape_closes_the_source_and_the_focus_is_back_on_its_chip(chat: Chat) -> None:
    turn = await chat.ask(BACKUP[0])
    await turn.locator(".cite").first.press("Enter")
    await expect(chat.find(".panel mark")).to_be_visible()
    await chat.page.keyboard.press("Escape")

    await expect(chat.find(".panel")).to_be_hidden()
    assert await chat.active() == "cite"
