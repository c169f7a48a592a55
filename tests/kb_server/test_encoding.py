"""The encoder's queue: one worker, many callers, no one waits for nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from kb_server.encoding import BATCH_SIZE, EncoderQueue
from kb_server.errors import EncoderError, OverloadedError
from kb_server.index.testing import HashEncoder


class GatedEncoder(HashEncoder):
    """Encodes only while its gate is open; remembers its batches and threads."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.batches: list[list[str]] = []
        self.threads: set[int] = set()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.batches.append(list(texts))
        self.threads.add(threading.get_ident())
        self.entered.set()
        self.gate.wait()
        if any("poison" in text for text in texts):
            raise EncoderError("The encoder cannot read 'poison'.")
        return super().encode(texts)


@pytest.fixture
def encoder() -> Iterator[GatedEncoder]:
    encoder = GatedEncoder()
    yield encoder
    encoder.gate.set()


@pytest.fixture
def queue(encoder: GatedEncoder) -> Iterator[EncoderQueue]:
    queue = EncoderQueue(encoder, capacity=70, remembered=8)
    yield queue
    encoder.gate.set()
    queue.close()


async def blocked(queue: EncoderQueue, encoder: GatedEncoder) -> asyncio.Task[NDArray[np.float32]]:
    """Give the worker a question that keeps it busy until the gate opens."""
    task = asyncio.create_task(queue.encode("the first"))
    await asyncio.to_thread(encoder.entered.wait)
    return task


async def waiting(queue: EncoderQueue, *texts: str) -> list[asyncio.Task[NDArray[np.float32]]]:
    tasks = [asyncio.create_task(queue.encode(text)) for text in texts]
    await asyncio.sleep(0)
    return tasks


async def test_many_callers_get_what_direct_encoding_gives(queue: EncoderQueue, encoder: GatedEncoder):
    texts = [f"question 질문 {number}" for number in range(64)]
    first = await blocked(queue, encoder)
    tasks = await waiting(queue, *texts)
    encoder.gate.set()

    vectors = np.array(await asyncio.gather(*tasks))
    assert np.array_equal(vectors, HashEncoder().encode(texts))
    assert np.array_equal(await first, HashEncoder().encode(["the first"])[0])
    assert [len(batch) for batch in encoder.batches] == [1, BATCH_SIZE, BATCH_SIZE, BATCH_SIZE, BATCH_SIZE]
    assert len(encoder.threads) == 1
    assert threading.get_ident() not in encoder.threads


async def test_the_same_question_is_encoded_once(queue: EncoderQueue, encoder: GatedEncoder):
    first = await blocked(queue, encoder)
    tasks = await waiting(queue, *["비밀번호 재설정"] * 5)
    encoder.gate.set()
    vectors = await asyncio.gather(*tasks, first)
    later = await queue.encode("비밀번호 재설정")

    assert encoder.batches == [["the first"], ["비밀번호 재설정"]]
    assert later is vectors[0]
    assert not later.flags.writeable


async def test_only_recent_questions_are_remembered(queue: EncoderQueue, encoder: GatedEncoder):
    encoder.gate.set()
    for number in range(9):
        await queue.encode(f"question {number}")
    await queue.encode("question 8")
    await queue.encode("question 0")

    assert [batch for batch in encoder.batches if batch == ["question 8"]] == [["question 8"]]
    assert encoder.batches.count(["question 0"]) == 2


async def test_a_cancelled_caller_leaves_the_queue(queue: EncoderQueue, encoder: GatedEncoder):
    first = await blocked(queue, encoder)
    gone, stays = await waiting(queue, "gone", "stays")
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert queue.depth == 1

    encoder.gate.set()
    await asyncio.gather(first, stays)
    assert encoder.batches == [["the first"], ["stays"]]


async def test_a_caller_cancelled_in_its_batch_harms_no_other(queue: EncoderQueue, encoder: GatedEncoder):
    first = await blocked(queue, encoder)
    first.cancel()
    (other,) = await waiting(queue, "other")
    encoder.gate.set()

    assert np.array_equal(await other, HashEncoder().encode(["other"])[0])
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_full_queue_refuses_at_once(encoder: GatedEncoder):
    queue = EncoderQueue(encoder, capacity=2)
    first = await blocked(queue, encoder)
    tasks = await waiting(queue, "second", "third")
    with pytest.raises(OverloadedError, match="2 questions"):
        await queue.encode("fourth")

    encoder.gate.set()
    await asyncio.gather(first, *tasks)
    assert (await queue.encode("fourth")).shape == (64,)
    queue.close()


async def test_a_failing_batch_fails_its_callers_only(queue: EncoderQueue, encoder: GatedEncoder):
    first = await blocked(queue, encoder)
    tasks = await waiting(queue, "poison", *(f"question {number}" for number in range(BATCH_SIZE)))
    encoder.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(result) for result in results[:BATCH_SIZE]] == [EncoderError] * BATCH_SIZE
    assert isinstance(results[-1], np.ndarray)
    assert (await first).shape == (64,)


async def test_closing_fails_those_who_wait_and_lets_the_running_batch_end(encoder: GatedEncoder):
    queue = EncoderQueue(encoder)
    first = await blocked(queue, encoder)
    (second,) = await waiting(queue, "second")
    closing = asyncio.create_task(asyncio.to_thread(queue.close))
    with pytest.raises(OverloadedError, match="stopping"):
        await second
    encoder.gate.set()
    await closing
    queue.close()

    assert np.array_equal(await first, HashEncoder().encode(["the first"])[0])
    with pytest.raises(OverloadedError, match="stopping"):
        await queue.encode("too late")
