"""The streams of a server without its answers: limits, resuming, forgetting, failing, shutting down."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kb_server.answering.answer import Status
from kb_server.answering.schemas import Answer
from kb_server.chat.events import Event, Narrator
from kb_server.chat.sse import EventStreamResponse, sse
from kb_server.chat.streams import Limits, Reading, Stream, Streams
from kb_server.errors import (
    NotFoundError,
    OverloadedError,
    ShuttingDownError,
    UnauthorizedError,
    UnknownFilterError,
)

SECRET = "canary-7f3a"
Work = Callable[[Narrator, str], Awaitable[Answer]]


def streams(**more: Any) -> Streams:
    return Streams(Limits(**({"streams": 4, "seconds": 20.0, "send_seconds": 5.0} | more)))


def answer(answer_id: str, text: str) -> Answer:
    empty: dict[str, Any] = dict.fromkeys(Answer.model_fields)
    lists = ("sentences", "citations", "suggestions", "nearest", "choices", "conflicts")
    words = ("reason", "language", "html", "generator", "fallback", "generation")
    return Answer.model_validate(
        empty
        | {name: [] for name in lists}
        | dict.fromkeys(words, "")
        | {"id": answer_id, "status": Status.ANSWERED, "text": text, "confidence": 1.0, "timings_ms": {}}
    )


def saying(text: str) -> Work:
    async def work(_: Narrator, answer_id: str) -> Answer:
        return answer(answer_id, text)

    return work


def failing(error: Exception, *, after_first: bool) -> Work:
    async def work(narrator: Narrator, _: str) -> Answer:
        if after_first:
            narrator.found([])
            await asyncio.sleep(0)
        raise error

    return work


async def endless(narrator: Narrator, _: str) -> Answer:
    narrator.found([])
    await asyncio.Event().wait()
    raise AssertionError


async def read(reading: Reading) -> list[Event]:
    found = []
    while not reading.is_over:
        event = await reading.next(20)
        if event is not None:
            found.append(event[1])
    reading.close()
    return found


async def start(made: Streams, work: Work, owner: str = "k_1") -> Reading:
    return await made.start(work, owner=owner, request_id="req_1")


def problem_of(events: list[Event]) -> dict[str, Any]:
    assert events[-1].name == "error"
    return events[-1].data.model_dump()


async def test_several_readers_of_one_stream_get_the_same() -> None:
    made = streams()
    first = await start(made, saying("안녕하세요"))
    events = await read(first)
    second, third = (
        made.resume(first.stream.answer_id, owner="k_1", position=position) for position in (0, 1)
    )

    assert await read(second) == events
    assert await read(third) == events[1:]


@pytest.mark.parametrize("owner", ["k_2", "open", ""])
async def test_a_stream_is_nobody_elses(owner: str) -> None:
    made = streams()
    reading = await start(made, saying("x"))
    await read(reading)

    with pytest.raises(NotFoundError):
        made.resume(reading.stream.answer_id, owner=owner, position=0)


async def test_a_finished_stream_is_forgotten_after_its_time() -> None:
    made = streams(kept_seconds=0.05)
    reading = await start(made, saying("x"))
    await read(reading)
    await asyncio.sleep(0.2)

    with pytest.raises(NotFoundError, match="any more"):
        made.resume(reading.stream.answer_id, owner="k_1", position=0)


async def test_the_oldest_finished_streams_make_room_for_others() -> None:
    made = streams(kept_bytes=60_000)
    ids = []
    for _ in range(10):
        reading = await start(made, saying("y" * 10_000))
        await read(reading)
        ids.append(reading.stream.answer_id)
        await asyncio.sleep(0)
    kept = [one for one in ids if _is_kept(made, one)]

    assert kept == ids[-len(kept) :]
    assert 1 <= len(kept) <= 3


async def test_what_made_room_is_not_held_in_memory_until_its_time() -> None:
    made = streams(kept_bytes=60_000)
    left: list[weakref.ref[Stream]] = []
    for _ in range(30):
        reading = await start(made, saying("y" * 10_000))
        await read(reading)
        left.append(weakref.ref(reading.stream))
        await asyncio.sleep(0)
    del reading
    gc.collect()

    assert sum(stream() is not None for stream in left) <= 3


async def test_erased_streams_are_forgotten_and_those_on_their_way_stopped() -> None:
    made = streams()
    finished, going, other = [await start(made, work) for work in (saying("x"), endless, saying("y"))]
    for reading, customer in ((finished, "고객"), (going, "고객"), (other, "another")):
        made.belongs_to(reading.stream.answer_id, customer, None)
    made.erase("고객")

    assert problem_of(await read(going))["code"] == "stream_interrupted"
    assert [_is_kept(made, one.stream.answer_id) for one in (finished, going, other)] == [False, False, True]


async def test_a_reader_that_is_cut_off_goes_on_behind_the_event_before() -> None:
    made = streams()
    first = await start(made, endless)
    second = made.resume(first.stream.answer_id, owner="k_1", position=0)
    passages = await first.next(20)
    first.cut_off(UnauthorizedError("revoked"))
    cut = await first.next(20)

    assert passages is not None
    assert cut is not None
    assert (cut[0], cut[1].name, first.is_over) == (passages[0], "error", True)
    assert await second.next(20) == passages
    assert not second.is_over
    first.close()
    second.close()


def _is_kept(made: Streams, answer_id: str) -> bool:
    try:
        made.resume(answer_id, owner="k_1", position=0).close()
    except NotFoundError:
        return False
    return True


async def test_readers_are_limited_whether_they_ask_or_come_back() -> None:
    made = streams(streams=1)
    reading = await start(made, endless)
    with pytest.raises(OverloadedError, match="limit is 1"):
        await start(made, saying("x"))
    with pytest.raises(OverloadedError):
        made.resume(reading.stream.answer_id, owner="k_1", position=0)
    reading.close()

    assert (await read(await start(made, saying("x"))))[-1].name == "answer"


async def test_a_stream_without_a_reader_is_stopped_and_says_so() -> None:
    made = streams()
    reading = await start(made, endless)
    reading.close()
    assert reading.stream.task is not None
    async with asyncio.timeout(20):
        await reading.stream.task
    events = await read(made.resume(reading.stream.answer_id, owner="k_1", position=1))

    assert problem_of(events)["code"] == "stream_interrupted"


async def test_a_reader_who_comes_back_keeps_the_work_going() -> None:
    made = streams()
    finish = asyncio.Event()

    async def work(narrator: Narrator, answer_id: str) -> Answer:
        narrator.found([])
        await finish.wait()
        return answer(answer_id, "x")

    reading = await start(made, work)
    reading.close()
    back = made.resume(reading.stream.answer_id, owner="k_1", position=1)
    await asyncio.sleep(0.8)
    finish.set()

    assert [event.name for event in await read(back)] == ["delta", "answer"]


async def test_what_fails_before_the_first_event_is_raised() -> None:
    made = streams(streams=1)
    for error in (UnknownFilterError("no filter"), ZeroDivisionError(SECRET)):
        with pytest.raises(type(error)):
            await start(made, failing(error, after_first=False))

    assert (await read(await start(made, saying("x"))))[-1].name == "answer"


async def test_what_fails_later_is_the_last_event() -> None:
    reading = await start(streams(), failing(OverloadedError("busy", remedy="wait"), after_first=True))
    problem = problem_of(await read(reading))

    assert (problem["code"], problem["status"], problem["retry_after"]) == ("overloaded", 503, 1)
    assert problem["request_id"] == "req_1"


async def test_what_nobody_foresaw_is_told_to_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    reading = await start(streams(), failing(ZeroDivisionError(SECRET), after_first=True))
    problem = problem_of(await read(reading))

    assert problem["code"] == "internal_error"
    assert SECRET not in str(problem)
    assert problem["retry_after"] is None
    assert "req_1" in caplog.text
    assert SECRET in caplog.text


async def test_an_answer_that_takes_back_what_was_sent_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    async def work(narrator: Narrator, answer_id: str) -> Answer:
        narrator.wrote("Hello there", [])
        return answer(answer_id, "Hello, you")

    problem = problem_of(await read(await start(streams(), work)))

    assert problem["code"] == "internal_error"
    assert "UnsteadyAnswerError" in caplog.text


async def test_a_stream_that_takes_too_long_says_so() -> None:
    problem = problem_of(await read(await start(streams(seconds=0.05), endless)))

    assert problem["code"] == "request_timeout"
    assert "KB_STREAM_TIMEOUT_SECONDS" in problem["remedy"]


async def test_shutdown_waits_a_moment_then_ends_all_and_takes_no_more() -> None:
    made = streams()
    finish = asyncio.Event()

    async def short(narrator: Narrator, answer_id: str) -> Answer:
        narrator.found([])
        await finish.wait()
        return answer(answer_id, "x")

    readings = [await start(made, work) for work in (endless, short, endless)]
    draining = asyncio.create_task(made.drain(0.3))
    await asyncio.sleep(0)
    with pytest.raises(ShuttingDownError):
        await start(made, saying("x"))
    finish.set()
    await draining
    ends = [(await read(reading))[-1] for reading in readings]

    assert [end.name for end in ends] == ["error", "answer", "error"]
    assert problem_of([ends[0]])["code"] == "shutting_down"


async def test_a_reader_that_takes_nothing_in_is_left() -> None:
    made = streams(streams=1, send_seconds=0.05)
    reading = await start(made, saying("x"))
    closed = asyncio.Event()
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def receive() -> Any:
        await closed.wait()
        return {"type": "http.disconnect"}

    scope = {"type": "http", "extensions": {"kb_server.abort": {"close": closed.set}}}
    await EventStreamResponse(reading, sse("a_1"))(scope, receive, send)

    assert closed.is_set()
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (await read(await start(made, saying("x"))))[-1].name == "answer"


async def test_a_quiet_stream_sends_heartbeats() -> None:
    reading = await start(streams(seconds=0.3, heartbeat_seconds=0.05), endless)
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Any:
        await asyncio.Event().wait()

    await EventStreamResponse(reading, sse("a_1"))({"type": "http"}, receive, send)

    assert sent.count(b": heartbeat\n\n") >= 2
    assert sent[1].startswith(b"id: a_1.1\nevent: passages\n")
    assert b"request_timeout" in sent[-2]
    assert sent[-1] == b""
