"""The server's way to the encoder: one thread works through the waiting questions in small batches."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Condition, Thread

import numpy as np
from numpy.typing import NDArray

from kb_server.errors import OverloadedError
from kb_server.index.embedding import Encoder
from kb_server.telemetry.observation import asked_at

Vector = NDArray[np.float32]

BATCH_SIZE = 16
CAPACITY = 256
"""Questions that may wait; at 5 ms each the last one has its vector after little more than a second."""
REMEMBERED = 1024
"""Vectors of recent questions that are kept: 2 MiB at 384 dimensions."""


class _Waiting:
    """A question and the vector that it will get."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.since = asked_at()
        self.future: Future[Vector] = Future()


class EncoderQueue:
    """Encodes questions off the event loop, each at most once while it is remembered.

    The worker takes what has gathered while it was busy: a lone question never waits for company, and under
    load the batches fill by themselves. Whoever asked first comes first, with each step of the answer.
    """

    def __init__(self, encoder: Encoder, *, capacity: int = CAPACITY, remembered: int = REMEMBERED) -> None:
        """Start the worker for ``encoder``; ``capacity`` bounds the waiting, ``remembered`` the memory."""
        self._encoder = encoder
        self._capacity = capacity
        self._remembered = remembered
        self._recent: OrderedDict[str, Vector] = OrderedDict()
        self._waiting: list[_Waiting] = []
        self._changed = Condition()
        self._stopped = False
        self._worker = Thread(target=self._work, name="kb-encoder", daemon=True)
        self._worker.start()

    async def encode(self, text: str) -> Vector:
        """Give the vector of ``text``, read-only; OverloadedError when too many wait or the server stops."""
        entry = _Waiting(text)
        with self._changed:
            known = self._recall(text)
            if known is not None:
                return known
            self._admit(entry)
        try:
            return await asyncio.wrap_future(entry.future)
        except asyncio.CancelledError:
            self._withdraw(entry)
            raise

    def forget(self) -> None:
        """Drop the vectors of recent questions, and with them the questions."""
        with self._changed:
            self._recent.clear()

    @property
    def encoder(self) -> Encoder:
        """The encoder that reads the questions."""
        return self._encoder

    @property
    def depth(self) -> int:
        """Give the number of questions that wait."""
        return len(self._waiting)

    def close(self) -> None:
        """Fail all that wait, let the running batch end, and stop the worker; twice does nothing."""
        with self._changed:
            self._stopped = True
            abandoned = [entry for entry in self._waiting if entry.future.set_running_or_notify_cancel()]
            self._waiting.clear()
            self._changed.notify()
        for entry in abandoned:
            entry.future.set_exception(_stopping())
        self._worker.join()

    def _recall(self, text: str) -> Vector | None:
        known = self._recent.get(text)
        if known is not None:
            self._recent.move_to_end(text)
        return known

    def _admit(self, entry: _Waiting) -> None:
        if self._stopped:
            raise _stopping()
        if len(self._waiting) >= self._capacity:
            raise OverloadedError(
                f"{len(self._waiting)} questions wait for the encoder, the limit.",
                remedy="Send the question again in a moment.",
            )
        insort(self._waiting, entry, key=lambda waiting: waiting.since)
        self._changed.notify()

    def _withdraw(self, entry: _Waiting) -> None:
        """Give the place in the queue back; the entry may already be in work or done."""
        with self._changed:
            if entry in self._waiting:
                self._waiting.remove(entry)

    def _work(self) -> None:
        while batch := self._next_batch():
            self._fulfil(batch)
            # Nothing of the questions stays with a thread that waits for the next ones.
            del batch

    def _fulfil(self, batch: Sequence[_Waiting]) -> None:
        try:
            vectors = self._encode([entry.text for entry in batch])
        except Exception as error:  # noqa: BLE001 - the edge of the thread: the failure is the callers'
            for entry in batch:
                entry.future.set_exception(error)
        else:
            for entry in batch:
                entry.future.set_result(vectors[entry.text])

    def _next_batch(self) -> list[_Waiting]:
        """Wait for questions and take the oldest ones; empty when the queue is closed."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._waiting or self._stopped)
                count = min(len(self._waiting), BATCH_SIZE)
                taken, self._waiting[:count] = self._waiting[:count], []
                batch = [entry for entry in taken if entry.future.set_running_or_notify_cancel()]
                if batch or self._stopped:
                    return batch

    def _encode(self, texts: Sequence[str]) -> dict[str, Vector]:
        distinct = list(dict.fromkeys(texts))
        vectors = {
            text: vector.copy()
            for text, vector in zip(distinct, self._encoder.encode_queries(distinct), strict=True)
        }
        with self._changed:
            for text, vector in vectors.items():
                vector.flags.writeable = False
                self._recent[text] = vector
            while len(self._recent) > self._remembered:
                self._recent.popitem(last=False)
        return vectors


def _stopping() -> OverloadedError:
    return OverloadedError("The server is stopping.", remedy="Send the question again in a moment.")
