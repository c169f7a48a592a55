"""Small pieces of a streamed reply, put together before a client library builds objects of each of them.

A model sends a few letters at a time, of which each costs the client more than half a millisecond. Nothing is
shown before a sentence is whole, which in the JSON that is asked for is where an object ends: until then the
pieces are held and made one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

_BLANK = b"\n\n"
_DATA = b"data:"
_HELD_CHARACTERS = 2000
"""Held text is let go at this length, so that a reply without an end is still seen to grow."""
_UNFINISHED_BYTES = 65_536
"""An event that is longer is not taken apart."""
_DELTA = frozenset({"role", "content", "refusal", "function_call", "tool_calls"})
_CHOICE = frozenset({"index", "delta", "finish_reason", "logprobs"})


async def merge_replies(response: Any) -> None:
    """Have the body of an HTTP response read with its pieces put together, where it is a stream of events.

    A hook for the client of OpenAI's protocol; a body that is read in another way comes as it is.
    """
    if str(response.headers.get("content-type", "")).startswith("text/event-stream"):
        read = response.aiter_bytes
        response.aiter_bytes = lambda *given: merged(read(*given))


async def merged(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give the same events in the same order; neighbours that only add text are one.

    Whatever is not understood is given as it came.
    """
    held = _Held()
    try:
        async for piece in pieces:
            ready = held.add(piece)
            if ready:
                yield ready
    except Exception:
        # What came before a connection broke was received, and is counted.
        yield held.release_all()
        raise
    if rest := held.release_all():
        yield rest


class _Held:
    """What has arrived and was not handed on yet: text, and behind it the beginning of an event."""

    def __init__(self) -> None:
        self._left = b""
        self._first: dict[str, Any] | None = None
        self._texts: list[str] = []

    def add(self, piece: bytes) -> bytes:
        """Take in the next bytes and give what can be handed on by now."""
        self._left += piece
        if b"\r" in self._left or len(self._left) > _UNFINISHED_BYTES:
            return self.release_all()
        *events, self._left = self._left.split(_BLANK)
        return b"".join(self._after(event) for event in events)

    def release_all(self) -> bytes:
        """Give everything, and hold nothing."""
        left, self._left = self._left, b""
        return self._release() + left

    def _after(self, event: bytes) -> bytes:
        if self._take(event):
            return self._release() if self._is_due else b""
        return self._release() + event + _BLANK

    @property
    def _is_due(self) -> bool:
        """Tell whether a sentence may have ended, or much is held."""
        return "}" in self._texts[-1] or sum(map(len, self._texts)) > _HELD_CHARACTERS

    def _take(self, event: bytes) -> bool:
        """Hold the text of ``event``; False where it is anything else than a piece of text."""
        whole = _piece(event)
        if whole is None:
            return False
        self._first = self._first or whole
        self._texts.append(whole["choices"][0]["delta"]["content"])
        return True

    def _release(self) -> bytes:
        """Give the text as one event."""
        whole, self._first = self._first, None
        if whole is None:
            return b""
        whole["choices"][0]["delta"]["content"] = "".join(self._texts)
        self._texts.clear()
        return _DATA + b" " + json.dumps(whole).encode() + _BLANK


def _piece(event: bytes) -> dict[str, Any] | None:
    """Read an event that adds text to the only reply and says nothing else; else None."""
    if not event.startswith(_DATA) or b"\n" in event:
        return None
    try:
        whole = json.loads(event.removeprefix(_DATA))
    except ValueError:
        return None
    choices = whole.get("choices") if isinstance(whole, dict) else None
    if not isinstance(choices, list) or len(choices) != 1 or whole.get("usage") or "error" in whole:
        return None
    return whole if _adds_text(choices[0]) else None


def _adds_text(choice: Any) -> bool:
    delta = choice.get("delta") if isinstance(choice, dict) else None
    if not isinstance(delta, dict) or not isinstance(delta.get("content"), str):
        return False
    more = [choice[key] for key in choice if key not in {"index", "delta"}]
    more += [delta[key] for key in delta if key not in {"role", "content"}]
    known = choice.keys() <= _CHOICE and delta.keys() <= _DELTA
    return known and choice.get("index") == 0 and not any(more)
