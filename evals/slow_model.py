"""A language model that writes slowly: OpenAI's protocol on loopback, a piece of its answer every 50 ms.

It quotes sentences of the passages that it is sent, so that what it says holds, and remembers when it had
written each of them to its end: a server cannot show a sentence earlier.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

PIECE_SECONDS = 0.05
_PIECE_CHARACTERS = 8
_SENTENCES = 4
_PASSAGE = re.compile(r"^([0-9a-f]{16}) begin (k\w+)$\n(.*?)^\1 end", re.MULTILINE | re.DOTALL)
_SENTENCE = re.compile(r"^[A-Z가-힣][^\n`*|#<>\[\]]{30,160}[.]$", re.MULTILINE)
_QUESTION = re.compile(r"^(?:Question|질문): (.*)$", re.MULTILINE)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


@dataclass(slots=True)
class SlowModel:
    """What it listens on, and when it had written what."""

    port: int = 0
    written: dict[str, list[float]] = field(default_factory=dict)
    """By question, when each sentence was complete, in seconds of ``time.perf_counter``."""

    @property
    def settings(self) -> dict[str, str]:
        """Give the ``KB_*`` variables of a server that asks it."""
        return {
            "KB_LLM": "openai:slow",
            "KB_LLM_URL": f"http://127.0.0.1:{self.port}/v1",
            "KB_LLM_API_KEY": "none",
            "KB_LLM_TIMEOUT_SECONDS": "25",
        }

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close the connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(re.findall(r"content-length: (\d+)", head)[0])
            body = json.loads(await reader.readexactly(length))
            writer.write(_HEAD)
            await self._write("\n".join(str(each["content"]) for each in body["messages"]), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked has left
        finally:
            writer.close()

    async def _write(self, prompt: str, writer: asyncio.StreamWriter) -> None:
        asked = _QUESTION.findall(prompt)
        done = self.written.setdefault(asked[-1] if asked else "", [])
        due = time.perf_counter()
        for part, is_sentence in _reply(prompt):
            for at in range(0, len(part), _PIECE_CHARACTERS):
                due += PIECE_SECONDS
                await asyncio.sleep(due - time.perf_counter())
                writer.write(_event({"content": part[at : at + _PIECE_CHARACTERS]}))
            if is_sentence:
                done.append(time.perf_counter())
        writer.write(_event({}, finish="stop") + b"data: [DONE]\n\n")
        await writer.drain()


@asynccontextmanager
async def slow_model() -> AsyncIterator[SlowModel]:
    """Listen on a free port of loopback until the block ends."""
    model = SlowModel()
    server = await asyncio.start_server(model.answer, "127.0.0.1", 0)
    model.port = server.sockets[0].getsockname()[1]
    try:
        yield model
    finally:
        server.close()


def _reply(prompt: str) -> list[tuple[str, bool]]:
    """Give the pieces of a JSON answer that quotes the passages; True marks the sentences."""
    quotes = {
        sentence: name for _, name, text in _PASSAGE.findall(prompt) for sentence in _SENTENCE.findall(text)
    }
    entries = [
        json.dumps({"text": text, "ids": [name]}, ensure_ascii=False)
        for text, name in list(quotes.items())[:_SENTENCES]
    ]
    parts = [(entry if number == 0 else f", {entry}", True) for number, entry in enumerate(entries)]
    return [('{"sentences": [', False), *parts, ("]}", False)]


def _event(delta: dict[str, str], *, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": finish}
    whole = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "slow", "choices": [choice]}
    return f"data: {json.dumps(whole, ensure_ascii=False)}\n\n".encode()
