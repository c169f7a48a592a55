"""A conversation in a real browser, in English and Korean."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Route, expect

from .chat import TOGETHER, Chat, Site

pytestmark = TOGETHER

BACKUP = ("How do I back up the vault?", "보관함을 백업하려면 어떻게 하나요?")
QUOTES = ("To back up the vault, press Save a copy.", "보관함을 백업하려면 사본 저장을 누르세요.")
EXPORT = "How do I export my notes?"


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


async def test_an_answer_arrives_as_a_stream_and_ends_as_formatted_text(site: Site) -> None:
    async with site.chat() as chat:
        await chat.element.evaluate(
            """element => new MutationObserver(() => {
                 const raw = element.shadowRoot.querySelector(".raw");
                 if (raw) (window.seen ||= []).push(raw.textContent);
               }).observe(element.shadowRoot, { subtree: true, childList: true, characterData: true })"""
        )
        async with chat.page.expect_response("**/v1/query") as reply:
            turn = await chat.ask(BACKUP[0])

        assert (await (await reply.value).header_value("content-type") or "").startswith("text/event-stream")
        seen = await chat.page.evaluate("window.seen")
        assert any(text.startswith(QUOTES[0]) for text in seen)
        await expect(turn.locator(".raw")).to_have_count(0)
        await expect(turn.locator(".body p").first).to_contain_text(QUOTES[0])


async def test_a_proxy_that_keeps_streams_from_passing_is_put_up_with(chat: Chat) -> None:
    async def whole(route: Route) -> None:
        body = {**(route.request.post_data_json or {}), "stream": False}
        await route.continue_(post_data=body)

    await chat.page.route("**/v1/query", whole)
    turn = await chat.ask(BACKUP[0])

    await expect(turn.locator(".cite").first).to_be_visible()


async def test_questions_to_begin_with_and_to_go_on_with_are_buttons(chat: Chat) -> None:
    first = chat.find(".hello .ask").first
    question = await first.inner_text()
    await first.click()
    await expect(chat.find(".q")).to_contain_text(question)
    await expect(chat.last.locator(".cite").first).to_be_visible()

    await chat.ask(BACKUP[0])
    further = chat.last.locator(".ask").first
    question = await further.inner_text()
    await further.click()

    await expect(chat.find(".q").last).to_contain_text(question)
    await expect(chat.last.locator(".cite").first).to_be_visible()
    assert await chat.active() == "input"


async def test_a_question_with_two_readings_is_asked_back(chat: Chat) -> None:
    turn = await chat.ask(EXPORT)
    await expect(turn.locator(".badge")).to_have_text("Please clarify")
    await chat.button("Skyvault").click()

    await expect(chat.last.locator(".body")).to_contain_text("Account > Data")


async def test_a_follow_up_leans_on_the_conversation_and_a_new_one_does_not(chat: Chat) -> None:
    await chat.ask(BACKUP[0])
    await chat.ask("How often?")
    leaning = await chat.find(".turn").last.locator(".body").inner_text()
    await chat.button("New conversation").click()

    await expect(chat.find(".turn")).to_have_count(0)
    await expect(chat.find(".hello")).to_be_visible()
    assert re.search(r"One copy a day|every night", leaning)


async def test_reloading_keeps_the_thread_and_its_conversation(chat: Chat) -> None:
    await chat.ask(BACKUP[1])
    await chat.ask(BACKUP[0])
    conversation = await chat.element.evaluate("element => element.conversation")
    await chat.page.reload()

    await expect(chat.find(".turn")).to_have_count(2)
    await expect(chat.last.locator(".cite").first).to_be_visible()
    assert await chat.element.evaluate("element => element.conversation") == conversation
    async with chat.page.expect_request("**/v1/query") as sent:
        await chat.ask("How often?")
    body = (await sent.value).post_data_json or {}
    assert body["conversation_id"] == conversation
    assert conversation


async def test_a_conversation_that_the_server_has_lost_goes_on_from_the_browser(chat: Chat) -> None:
    await chat.ask(BACKUP[0])
    conversation = await chat.element.evaluate("element => element.conversation")
    async with chat.page.expect_response(f"**/v1/conversations/{conversation}") as gone:
        await chat.page.evaluate(f"fetch('/v1/conversations/{conversation}', {{ method: 'DELETE' }})")
    assert (await gone.value).ok
    turn = await chat.ask("How often?")

    await expect(turn.locator(".cite").first).to_be_visible()


@pytest.mark.parametrize(("locale", "reason"), [("en-US", "Outdated"), ("ko-KR", "오래됐어요")])
async def test_a_thumb_down_asks_why_and_both_reach_the_server(site: Site, locale: str, reason: str) -> None:
    async with site.chat(locale=locale) as chat:
        await chat.ask(BACKUP[0])
        async with chat.page.expect_response("**/v1/feedback") as first:
            await chat.button(re.compile("^(Not helpful|도움이 안 됐어요)$")).click()
        assert (await first.value).status == 201
        await chat.button(reason).click()
        await chat.find(".acts textarea").fill("한 가지 더")
        async with chat.page.expect_response("**/v1/feedback") as second:
            await chat.button(re.compile("^(Send feedback|의견 보내기)$")).click()
        sent = (await second.value).request.post_data_json or {}

        assert (await second.value).status == 201
        assert (sent["rating"], sent["reason"], sent["comment"]) == ("down", "outdated", "한 가지 더")
        await expect(chat.find(".acts .more")).to_be_hidden()
        await expect(chat.find(".acts [role=status]")).to_have_text(re.compile("Thank you|감사합니다"))


@pytest.mark.parametrize(
    ("question", "badge"),
    [
        ("What is the airspeed of an unladen swallow?", "No sure answer"),
        ("오늘 점심 메뉴는 무엇인가요?", "No sure answer"),
    ],
)
async def test_what_the_docs_do_not_answer_is_said_so(chat: Chat, question: str, badge: str) -> None:
    turn = await chat.ask(question)

    await expect(turn.locator(".badge")).to_have_text(badge)
    await expect(turn.locator(".cite")).to_have_count(0)
    await expect(turn.locator(".acts")).to_have_count(0)


async def test_who_wants_a_person_gets_the_way_there(chat: Chat, customer: str) -> None:
    turn = await chat.ask("Can I talk to a human?")

    await expect(turn.locator("a.btn")).to_have_attribute("href", f"{customer}/contact.html")
    await expect(chat.find(".foot a")).to_have_text("Talk to a person")


@pytest.mark.parametrize(("locale", "said"), [("en-US", "You are offline"), ("ko-KR", "오프라인입니다")])
async def test_offline_is_said_and_a_question_can_be_asked_again(site: Site, locale: str, said: str) -> None:
    async with site.chat(locale=locale) as chat:
        await chat.page.context.set_offline(True)
        await expect(chat.find(".banner").first).to_contain_text(said)
        turn = await chat.ask(BACKUP[0])
        await expect(turn.get_by_role("alert")).to_contain_text(said)
        await chat.page.context.set_offline(False)
        await expect(chat.find(".banner").first).to_be_hidden()
        await turn.locator(".btn").click()

        await expect(chat.last.locator(".cite").first).to_be_visible()
        await expect(chat.find(".turn")).to_have_count(1)


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (500, {}, "Something went wrong here."),
        (503, {"Retry-After": "1"}, "No answer can be given right now."),
        (403, {}, "This chat has no access here."),
        (422, {}, "This question cannot be asked like this."),
    ],
)
async def test_a_failure_of_the_server_is_said_and_can_be_tried_again(
    chat: Chat, status: int, headers: dict[str, str], said: str
) -> None:
    await chat.page.route("**/v1/query", lambda route: route.fulfill(status=status, headers=headers, json={}))
    turn = await chat.ask(BACKUP[0])
    await expect(turn.get_by_role("alert")).to_contain_text(said)
    await chat.page.unroute("**/v1/query")
    await turn.locator(".btn").click()

    await expect(chat.last.locator(".cite").first).to_be_visible()


async def test_too_many_questions_wait_for_as_long_as_the_server_says(chat: Chat) -> None:
    await chat.page.route(
        "**/v1/query", lambda route: route.fulfill(status=429, headers={"Retry-After": "2"}, json={})
    )
    turn = await chat.ask(BACKUP[0])
    await expect(turn.get_by_role("alert")).to_contain_text("You can ask again in 2 s.")
    await expect(turn.locator(".btn")).to_be_disabled()
    await chat.page.unroute("**/v1/query")
    await expect(turn.locator(".btn")).to_be_enabled()
    await turn.locator(".btn").click()

    await expect(chat.last.locator(".cite").first).to_be_visible()


async def test_a_stream_that_breaks_off_goes_on_where_it_was(chat: Chat) -> None:
    events: list[str] = []

    async def cut(route: Route) -> None:
        whole = await (await route.fetch()).text()
        head, _, rest = whole.partition("event: answer")
        events.append(head.rpartition("id: ")[2].split("\n", 1)[0])
        assert rest
        await route.fulfill(content_type="text/event-stream", body=head.rpartition("id: ")[0])

    await chat.page.route("**/v1/query", cut)
    async with chat.page.expect_request("**/v1/streams/*") as resumed:
        turn = await chat.ask(BACKUP[0])

    assert (await resumed.value).headers["last-event-id"].split(".")[0] == events[0].split(".")[0]
    await expect(turn.locator(".cite").first).to_be_visible()


async def test_a_stream_that_a_restart_has_lost_is_said_to_be_broken_and_asked_again(chat: Chat) -> None:
    async def cut(route: Route) -> None:
        whole = await (await route.fetch()).text()
        await route.fulfill(content_type="text/event-stream", body=whole.partition("event: answer")[0])

    resumed: list[str] = []

    async def restarting(route: Route) -> None:
        resumed.append(route.request.url)
        await (route.abort() if len(resumed) == 1 else route.fulfill(status=404, json={}))

    await chat.page.route("**/v1/query", cut, times=1)
    await chat.page.route("**/v1/streams/*", restarting)
    turn = await chat.ask(BACKUP[0])
    assert len(resumed) > 1
    await expect(turn).to_contain_text("The answer broke off. Please try again.")
    await turn.locator(".btn").click()

    await expect(chat.last.locator(".cite").first).to_be_visible()


async def test_stop_ends_an_answer_and_keeps_what_was_there(chat: Chat) -> None:
    async def never(_: Route) -> None:
        """Leave the request open."""

    await chat.page.route("**/v1/query", never)
    await chat.input.fill(BACKUP[0])
    await chat.input.press("Enter")
    await chat.button("Stop").click()

    await expect(chat.last).to_contain_text("Stopped.")
    await expect(chat.button("Send")).to_be_visible()


async def test_everything_can_be_done_with_the_keyboard_alone(chat: Chat) -> None:
    press = chat.page.keyboard.press
    await chat.input.focus()
    await chat.page.keyboard.type(BACKUP[0])
    await press("Shift+Enter")
    await chat.page.keyboard.type("Please.")
    await press("Enter")
    await expect(chat.last.locator(".cite").first).to_be_visible()
    assert "\nPlease." in (await chat.find(".q").text_content() or "")
    for _ in range(20):  # from the question back to the first chip
        await press("Shift+Tab")
        if await chat.active() == "log":
            break
    await press("Tab")
    assert await chat.active() == "cite"
    await press("Enter")
    await expect(chat.find(".panel mark")).to_be_visible()
    assert await chat.active() == "H3"
    await press("Escape")

    await expect(chat.find(".panel")).to_be_hidden()
    assert await chat.active() == "cite"
    await press("Tab")
    await press("Tab")
    assert await chat.active() in {"cite", "link"}


async def test_the_language_can_be_switched(chat: Chat) -> None:
    await chat.ask(BACKUP[0])
    await chat.button("한국어").click()

    await expect(chat.input).to_have_attribute("placeholder", "질문을 입력하세요")
    await expect(chat.find(".turn")).to_have_count(1)
    assert await chat.active() == "tool"


async def test_korean_is_typed_to_the_end_before_enter_sends(chat: Chat) -> None:
    await chat.input.fill("보관함")
    await chat.input.dispatch_event("keydown", {"key": "Enter", "isComposing": True})

    await expect(chat.find(".turn")).to_have_count(0)
