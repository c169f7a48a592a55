"""The server's side of the search process: starts it, asks it, and starts it again where it ends."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from kb_server.dialogue.turns import Turn
from kb_server.errors import KbError, SearchProcessError, StartingError
from kb_server.index.layout import DataLayout
from kb_server.retrieval.query import SearchMode, SearchQuery
from kb_server.search_process.messages import Call, Cancel, Done, Message, Status, framed, received
from kb_server.search_process.process import IS_POSSIBLE, Child
from kb_server.search_process.watch import SILENT_SECONDS, TICK_SECONDS, Watch
from kb_server.searching import (
    Finish,
    Readiness,
    Timings,
    View,
    embeddings_span,
    loading,
    milliseconds,
    retrieval_span,
)
from kb_server.settings import Settings
from kb_server.telemetry.observation import asked_at, is_for_nobody, note_stage, past_span, span

T = TypeVar("T")

logger = logging.getLogger(__name__)
_PAUSES = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each further start, where the one before did not live long."""
_LONG_SECONDS = 60.0
_CONNECT_SECONDS = 10.0


class SearchProcess:
    """Searches in another process: stands for both ``Searcher`` and ``LiveIndex``."""

    def __init__(self, settings: Settings, *, silent_seconds: float = SILENT_SECONDS) -> None:
        """Start the process at once: it loads while this one still prepares. Must be closed.

        One that serves and says nothing for ``silent_seconds`` is killed and started again.
        """
        self._settings = settings
        self._silent_seconds = silent_seconds
        self._layout = DataLayout(settings.data_dir)
        self._readiness = Readiness(None, loading())
        self._child: Child | None = Child(settings)
        self._writer: asyncio.StreamWriter | None = None
        self._connected = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._for_nobody = 0
        self._numbers = itertools.count()
        self._depth = 0
        self._restarts = 0
        self._following: asyncio.Task[None] | None = None

    @property
    def layout(self) -> DataLayout:
        """Where the versions are."""
        return self._layout

    @property
    def pid(self) -> int | None:
        """The process id; None between two of them."""
        child = self._child
        return None if child is None else child.pid

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return self._restarts

    @property
    def pending(self) -> int:
        """Give the number of searches that are at work or wait, and that somebody waits for."""
        return max(len(self._waiting) - self._for_nobody, 0)

    @property
    def encoder_depth(self) -> int:
        """Give the number of questions that waited for the encoder at the last answer."""
        return self._depth

    def readiness(self) -> Readiness:
        """Describe what answers and what does not."""
        return self._readiness

    def start(self) -> None:
        """Begin to talk to the process, and to start it again where it ends; on a running event loop."""
        self._following = asyncio.create_task(self._follow())

    def close(self) -> None:
        """End the process; twice does nothing."""
        if self._following is not None:
            self._following.cancel()
        child, self._child = self._child, None
        if child is not None:
            child.end(at_once=self._following is None)
            self._lose(Readiness(None, None))

    async def run(
        self, query: SearchQuery, finish: Finish[T], *, turns: Sequence[Turn] = ()
    ) -> tuple[T, Timings]:
        """Search, then give ``finish`` the result in that process; milliseconds per stage come along."""
        began = time.perf_counter()
        served = self._readiness.served
        with span(*retrieval_span(served.version if served else "", query)):
            found, timings = await self._call("run", query, finish, turns=turns)
            if served is not None and query.mode is not SearchMode.LEXICAL:
                past_span(*embeddings_span(served.encoder_id), since=began, milliseconds=timings["encode"])
        note_stage("encode", timings["encode"])
        note_stage("search", timings["search"])
        return found, timings | {"total": milliseconds(began)}

    async def run_all(
        self, queries: Sequence[SearchQuery], finish: Finish[T], *, version: str
    ) -> list[T] | None:
        """Give what ``finish`` makes of each search of ``version``; None where another is served by now."""
        found: list[T] | None = await self._call("run_all", queries, finish, version=version)
        return found

    async def on_current(self, audiences: frozenset[str] | None, work: Callable[[View], T]) -> T:
        """Run ``work`` there on what ``audiences`` may see of the current version; None: all of it."""
        made: T = await self._call("on_current", audiences, work)
        return made

    async def forget(self) -> None:
        """Drop what is remembered of questions there; a process that has ended remembers nothing."""
        try:
            await self._call("forget")
        except (SearchProcessError, StartingError):
            logger.info("the search process has ended, and with it what it remembered")

    async def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Have ``method`` called there; raises what it raises, and the reason why it cannot be called."""
        writer = await self._open()
        number = next(self._numbers)
        frame = framed(Call(number, asked_at(), method, arguments, options))
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        uncounted = is_for_nobody()
        self._for_nobody += uncounted
        try:
            writer.write(frame)
            return await future
        except asyncio.CancelledError:
            if not writer.is_closing():
                writer.write(framed(Cancel(number)))
            raise
        finally:
            self._for_nobody -= uncounted
            self._waiting.pop(number, None)

    async def _open(self) -> asyncio.StreamWriter:
        """Give the way to the process; one that has only just been started is waited for."""
        if self._writer is None and isinstance(self._readiness.problem, StartingError):
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    await self._connected.wait()
            except TimeoutError:
                pass
        if self._writer is None:
            raise self._readiness.unavailable()
        return self._writer

    async def _follow(self) -> None:
        """Read what each process says; where one ends, start the next."""
        failures = 0
        while self._child is not None:
            child = self._child
            await self._listen(child)
            code = await asyncio.to_thread(child.end)
            failures = 1 if child.seconds > _LONG_SECONDS else failures + 1
            pause = _PAUSES[min(failures, len(_PAUSES)) - 1]
            self._lose(Readiness(None, _ended(code)))
            logger.error("the search process ended (%s); it is started again in %g s", _told(code), pause)
            await asyncio.sleep(pause)
            self._child = await self._another()

    async def _another(self) -> Child:
        """Start a process, and try until the system lets us."""
        while True:
            try:
                child = Child(self._settings)
            except OSError:
                logger.exception("the search process could not be started")
                await asyncio.sleep(_PAUSES[-1])
            else:
                self._restarts += 1
                return child

    async def _listen(self, child: Child) -> None:
        """Take what the process says until it says nothing more, or something that is no message."""
        writer = None
        watch = Watch.of(self._settings, self._silent_seconds)
        watching = asyncio.create_task(self._watch(child, watch))
        try:
            reader, writer = await asyncio.open_unix_connection(sock=child.socket)
            self._writer = writer
            self._connected.set()
            while True:
                self._take(await received(reader), watch)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        except Exception:  # the edge of the task: another process is started
            logger.exception("the search process said what cannot be read")
        finally:
            watching.cancel()
            if writer is not None:
                writer.close()

    async def _watch(self, child: Child, watch: Watch) -> None:
        """Kill a process that hangs: its socket closes, as that of any other that ends."""
        while not (wrong := watch.look(waiting=bool(self._waiting))):  # noqa: ASYNC110 - looks, not clocks
            await asyncio.sleep(TICK_SECONDS)
        logger.error("the search process %s and is killed", wrong)
        child.kill()

    def _take(self, message: Message, watch: Watch) -> None:
        if isinstance(message, Status):
            self._readiness = message.readiness
            watch.heard(serves=message.readiness.served is not None)
        elif isinstance(message, Done):
            watch.answered()
            self._depth = message.encoder_depth
            future = self._waiting.pop(message.number, None)
            if future is None or future.done():
                return
            if message.error is None:
                future.set_result(message.value)
            else:
                future.set_exception(message.error)

    def _lose(self, readiness: Readiness) -> None:
        """Tell everyone who waits that nothing will come."""
        self._writer = None
        self._connected.clear()
        self._readiness = readiness
        self._depth = 0
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(readiness.unavailable())
        self._waiting.clear()


@contextmanager
def searching(settings: Settings) -> Iterator[SearchProcess | None]:
    """Give a search process until the block ends; None where the settings or the system have none.

    Raises ``SearchProcessError`` where it cannot be started.
    """
    if not settings.search_processes or not IS_POSSIBLE:
        yield None
        return
    try:
        search = SearchProcess(settings)
    except OSError as error:
        raise _not_started(error) from error
    try:
        yield search
    finally:
        search.close()


def _told(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _ended(code: int) -> KbError:
    return SearchProcessError(
        f"The process that searches ended ({_told(code)}) and is being started again.",
        remedy="Try again in a few seconds; operators: see the server's log.",
    )


def _not_started(error: OSError) -> KbError:
    return SearchProcessError(
        f"The process that searches could not be started: {error.strerror or error}.",
        remedy="Allow this user another process and some memory, or set KB_SEARCH_PROCESSES=0.",
    )
