"""Read a reply while it arrives, and hand on its sentences for as long as each one holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager

from kb_server.generation.drafts import MalformedReplyError, read_drafts
from kb_server.generation.evidence import Evidencer, Fault
from kb_server.generation.records import Draft, WrittenSentence
from kb_server.index.tokenization import tokenize

Emit = Callable[[WrittenSentence], Awaitable[None]]
"""Is handed a sentence as soon as it holds; what counts is the outcome in the end."""
Verdicts = dict[Draft, WrittenSentence | Fault]


class ReplyListener:
    """Checks the sentences of one reply as they become whole, off the event loop.

    After the first that fails it hands on nothing more: a repair may put another in its place.
    """

    def __init__(self, evidencer: Evidencer, ids: Collection[str], emit: Emit) -> None:
        """Believe what ``evidencer`` believes of drafts that name ``ids``."""
        self.verdicts: Verdicts = {}
        self._evidencer = evidencer
        self._ids = ids
        self._emit = emit
        self._text = ""
        self._objects = 0
        self._heard = 0
        self._said: set[tuple[str, ...]] = set()
        self._is_open = True
        self._is_over = False
        self._news = asyncio.Event()

    def hear(self, text: str) -> None:
        """Take the reply so far; only JSON says where a sentence ends."""
        objects = text.count("}")
        if objects > self._objects:
            self._objects, self._text = objects, text
            self._news.set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Check what is heard inside of the block, to the end unless the block fails."""
        task = asyncio.create_task(self._run())
        try:
            yield
            self._is_over = True
            self._news.set()
            await task
        finally:
            task.cancel()

    async def _run(self) -> None:
        while not self._is_over:
            await self._news.wait()
            self._news.clear()
            for verdict in await asyncio.to_thread(self._check, self._text):
                await self._hand_on(verdict)

    def _check(self, text: str) -> list[WrittenSentence | Fault]:
        try:
            drafts = read_drafts(text, self._ids)
        except MalformedReplyError:
            return []  # so far
        new, self._heard = drafts[self._heard :], len(drafts)
        return verdicts_of(self._evidencer, new, self.verdicts)

    async def _hand_on(self, verdict: WrittenSentence | Fault) -> None:
        if isinstance(verdict, Fault):
            self._is_open = self._is_open and verdict is Fault.NO_CLAIM
            return
        said = sense_of(verdict)
        if self._is_open and said not in self._said:
            self._said.add(said)
            await self._emit(verdict)


def verdicts_of(
    evidencer: Evidencer, drafts: Sequence[Draft], known: Verdicts
) -> list[WrittenSentence | Fault]:
    """Check each draft once; what is ``known`` is taken from there, and grows."""
    for draft in drafts:
        if draft not in known:
            known[draft] = evidencer.believe(draft)
    return [known[draft] for draft in drafts]


def sense_of(sentence: WrittenSentence) -> tuple[str, ...]:
    """Give what two sentences share that say the same."""
    return tuple(tokenize(sentence.text))
