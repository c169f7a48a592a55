"""Answers on their way: each is made once, by a task of its own, and read by whoever asked for it.

The events are kept for a while, so that a reader whose connection broke goes on where it was. A stream that
nobody reads is stopped within a second: see decision 19.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

from kb_server.answering.schemas import Answer
from kb_server.answering.sending import new_answer_id
from kb_server.chat.events import Event, Narrator, error_event
from kb_server.errors import (
    KbError,
    NotFoundError,
    OverloadedError,
    RequestTimeoutError,
    ShuttingDownError,
    StreamInterruptedError,
)
from kb_server.problems import published

ABSENCE_SECONDS = 0.5
"""A stream that nobody reads for this long is stopped."""
DRAIN_SECONDS = 3.0
"""How long streams may go on after the server was told to stop."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many streams there may be, and how long each of their stages may take, in seconds."""

    streams: int
    """Read at once."""
    seconds: float
    """From the question to the last event."""
    send_seconds: float
    """Until a reader takes in what was sent."""
    heartbeat_seconds: float = 8.0
    """Of silence until a comment shows that the connection lives."""
    kept_seconds: float = 300.0
    """How long the events of a finished stream can be read again."""
    kept_bytes: int = 16 * 1024 * 1024
    """Events of finished streams that are kept in all; above, the oldest go."""

    @property
    def total_seconds(self) -> float:
        """Until a reader has everything."""
        return self.seconds + self.send_seconds


Work = Callable[[Narrator, str], Awaitable[Answer]]
"""Makes the answer with the given id and tells the narrator how far it is."""


class Stream:
    """The events of one answer, so far or all of them."""

    def __init__(self, answer_id: str, owner: Hashable, request_id: str) -> None:
        """Begin without events; who equals ``owner`` may read them."""
        self.answer_id = answer_id
        self.owner = owner
        self.request_id = request_id
        self.about: frozenset[str] = frozenset()
        """The customer and the conversation that it belongs to, with whom it is erased."""
        self.events: list[Event] = []
        self.is_done = False
        self.failure: Exception | None = None
        """What ended it before its first event."""
        self.readers = 0
        self.size = 0
        self.task: asyncio.Task[None] | None = None
        self._stopped_by: KbError | None = None
        self._news = asyncio.Event()

    def emit(self, event: Event) -> None:
        """Add an event."""
        self.events.append(event)
        self.wake()

    def finish(self) -> None:
        """Add nothing more."""
        self.is_done = True
        self.size = sum(len(event.data.model_dump_json()) for event in self.events)
        self.wake()

    def fail(self, error: Exception) -> None:
        """End with an ``error`` event, or remember the failure where nothing has been sent yet."""
        if self.events:
            self.emit(error_event(published(error, self.request_id), request_id=self.request_id))
        else:
            self.failure = error
        self.finish()

    def stop(self, reason: KbError) -> None:
        """Cancel the work; the last event says why."""
        if self.task is not None and not self.is_done and self._stopped_by is None:
            self._stopped_by = reason
            self.task.cancel()

    async def news(self) -> None:
        """Wait until an event is added or the stream ends."""
        await self._news.wait()

    async def run(self, work: Work, seconds: float) -> None:
        """Do the work within ``seconds``; whatever happens, the stream ends."""
        narrator = Narrator(self.emit)
        try:
            async with asyncio.timeout(seconds) as limit:
                answer = await work(narrator, self.answer_id)
            narrator.finish(answer)
            self.finish()
        except asyncio.CancelledError:
            self.fail(self._stopped_by or _shutting_down())
        except TimeoutError as error:
            self.fail(_too_long(seconds) if limit.expired() else error)
        except Exception as error:  # noqa: BLE001 - becomes the last event, and is logged there
            self.fail(error)

    def wake(self) -> None:
        """Have all readers look again."""
        self._news.set()
        self._news = asyncio.Event()


class Reading:
    """One reader of a stream and its place among the open ones; must be closed."""

    def __init__(self, stream: Stream, position: int, limits: Limits, release: Callable[[], None]) -> None:
        """Read from behind the first ``position`` events."""
        self.stream = stream
        self.limits = limits
        self.position = position
        self._release: Callable[[], None] | None = release
        self._cut: Event | None = None
        self._is_cut = False

    async def next(self, seconds: float) -> tuple[int, Event] | None:
        """Give the next event with its number, from 1; None where ``seconds`` pass or the stream ends.

        The event that cuts a reading off has the number of the one before: who comes back goes on there.
        """
        if self._is_idle:
            try:
                async with asyncio.timeout(seconds):
                    await self.stream.news()
            except TimeoutError:
                return None
        if self._cut is not None:
            cut, self._cut = self._cut, None
            return self.position, cut
        if self._is_cut or self.position == len(self.stream.events):
            return None
        self.position += 1
        return self.position, self.stream.events[self.position - 1]

    @property
    def is_over(self) -> bool:
        """Tell whether everything was read and nothing more will come."""
        if self._is_cut:
            return self._cut is None
        return self.stream.is_done and self.position == len(self.stream.events)

    def cut_off(self, reason: KbError) -> None:
        """Give this reader nothing more than an event that says why; other readers go on."""
        if not self._is_cut:
            self._is_cut = True
            self._cut = error_event(reason, request_id=self.stream.request_id)
            self.stream.wake()

    @property
    def _is_idle(self) -> bool:
        more = self.position < len(self.stream.events) or self.stream.is_done
        return not (more or self._is_cut)

    def close(self) -> None:
        """Give the place back."""
        if self._release is not None:
            self._release()
            self._release = None


class Streams:
    """All streams of this server: how many, how long, and what is kept of them."""

    def __init__(self, limits: Limits) -> None:
        """Keep to ``limits``."""
        self._limits = limits
        self._streams: dict[str, Stream] = {}
        self._finished_bytes = 0
        self._reading = 0
        self._is_closing = False

    async def start(self, work: Work, *, owner: Hashable, request_id: str) -> Reading:
        """Begin a stream and wait for its first event.

        Raises what ``work`` raises before that, ``OverloadedError`` and ``ShuttingDownError``.
        """
        self._admit()
        stream = Stream(new_answer_id(), owner, request_id)
        self._streams[stream.answer_id] = stream
        reading = self._reader(stream, 0)
        stream.task = asyncio.create_task(stream.run(work, self._limits.seconds))
        stream.task.add_done_callback(lambda _: self._keep(stream))
        try:
            while not stream.events and not stream.is_done:
                await stream.news()
        except BaseException:
            reading.close()
            raise
        if stream.failure is not None:
            reading.close()
            raise stream.failure
        return reading

    def resume(self, answer_id: str, *, owner: Hashable, position: int) -> Reading:
        """Read a stream again from behind ``position`` events.

        Raises ``NotFoundError`` for a stream that is unknown, forgotten or another's, and
        ``OverloadedError``.
        """
        stream = self._streams.get(answer_id)
        if stream is None or stream.owner != owner or not stream.events:
            raise NotFoundError(
                f"There is no stream {answer_id!r} any more.",
                remedy=f"Ask again: streams are kept for {self._limits.kept_seconds / 60:g} minutes at most.",
            )
        self._admit()
        return self._reader(stream, min(position, len(stream.events)))

    def belongs_to(self, answer_id: str, *names: str | None) -> None:
        """Note the customer and the conversation of an answer, which need not be streamed."""
        stream = self._streams.get(answer_id)
        if stream is not None:
            stream.about = frozenset(name for name in names if name is not None)

    def erase(self, name: str) -> None:
        """Forget all streams of a customer or a conversation; those that still go on end with an event."""
        self.erase_where(lambda known: known == name)

    def erase_where(self, is_meant: Callable[[str], bool]) -> None:
        """Do so for every customer and conversation whose name ``is_meant``."""
        for stream in list(self._streams.values()):
            if any(is_meant(name) for name in stream.about):
                stream.stop(_erased())
                self._forget(stream.answer_id)

    async def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Take no new streams, let the open ones go on for ``seconds``, then end them with an event."""
        self._is_closing = True
        running = [stream.task for stream in self._streams.values() if stream.task and not stream.is_done]
        if running:
            await asyncio.wait(running, timeout=seconds)
        for stream in list(self._streams.values()):
            stream.stop(_shutting_down())
        if running:
            await asyncio.wait(running)

    def _admit(self) -> None:
        if self._is_closing:
            raise _shutting_down()
        if self._reading >= self._limits.streams:
            raise OverloadedError(
                f"The server has {self._reading} open streams, its limit is {self._limits.streams}.",
                remedy="Try again after the seconds in Retry-After; operators: KB_MAX_STREAMS.",
            )

    def _reader(self, stream: Stream, position: int) -> Reading:
        self._reading += 1
        stream.readers += 1

        def release() -> None:
            self._reading -= 1
            stream.readers -= 1
            if not stream.readers and not stream.is_done:
                asyncio.get_running_loop().call_later(ABSENCE_SECONDS, _stop_unread, stream)

        return Reading(stream, position, self._limits, release)

    def _keep(self, stream: Stream) -> None:
        """Keep a finished stream for a while; the oldest make room for it."""
        if stream.failure is not None:
            self._streams.pop(stream.answer_id, None)
        if stream.answer_id not in self._streams:
            return
        self._finished_bytes += stream.size
        for other in list(self._streams.values()):
            if self._finished_bytes <= self._limits.kept_bytes:
                break
            if other.is_done:
                self._forget(other.answer_id)
        # The timer holds the name alone: what made room for others must not stay in memory until it is due.
        asyncio.get_running_loop().call_later(self._limits.kept_seconds, self._forget, stream.answer_id)

    def _forget(self, answer_id: str) -> None:
        stream = self._streams.pop(answer_id, None)
        if stream is not None and stream.is_done:
            self._finished_bytes -= stream.size


def _stop_unread(stream: Stream) -> None:
    if not stream.readers:
        stream.stop(
            StreamInterruptedError(
                "Nobody read the stream any more, so that the answer was given up.",
                remedy="Ask again; a reader that comes back within half a second loses nothing.",
            )
        )


def _erased() -> KbError:
    return StreamInterruptedError(
        "What is kept of the customer or the conversation was erased while the answer was made.",
        remedy="Ask again.",
    )


def _shutting_down() -> KbError:
    return ShuttingDownError(
        "The server is shutting down.", remedy="Try again after the seconds in Retry-After."
    )


def _too_long(seconds: float) -> KbError:
    return RequestTimeoutError(
        f"The stream was given up after {seconds:g} seconds.",
        remedy="Try again in a moment; operators: KB_STREAM_TIMEOUT_SECONDS.",
    )
