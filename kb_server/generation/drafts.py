"""Read a model's reply: JSON, JSON inside other text, or plain text with ``[id]`` marks."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from kb_server.generation.records import Draft
from kb_server.text.sentences import split_sentences

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "ids": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["text", "ids"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}
"""What an endpoint that can is held to."""
MAX_SENTENCES = 12
"""Sentences beyond these are not looked at."""

_DECODER = json.JSONDecoder()
_FENCE = re.compile(r"^\s*```\w*\s*$", re.MULTILINE)
_BEGINS_AS_JSON = re.compile(r"\s*(?:```(?:json)?\s*)?[{\[}\]]")
_BULLET = re.compile(r"^(?:[-*•]|\d{1,2}[.)])\s+")


class MalformedReplyError(ValueError):
    """A reply that begins as JSON and is none, or is another object than was asked for."""


def read_drafts(reply: str, ids: Collection[str]) -> list[Draft]:
    """List the sentences of ``reply``; text without JSON is split, and its marks are read as ids.

    An object that breaks off is left out, those before it count. Raises ``MalformedReplyError`` for JSON
    without any object of the form that was asked for.

    >>> read_drafts('Sure! {"sentences": [{"text": "It is 8000.", "ids": ["k1"]}, {"te', {"k1"})
    [Draft(text='It is 8000.', ids=('k1',))]
    >>> read_drafts("It is 8000 [k1]. 값은 8000입니다. [k1]", {"k1"})
    [Draft(text='It is 8000.', ids=('k1',)), Draft(text='값은 8000입니다.', ids=('k1',))]
    """
    found = list(_objects(reply))
    if not found and _BEGINS_AS_JSON.match(reply):
        raise MalformedReplyError("the reply begins as JSON, but is not what was asked for")
    drafts = [draft for value in found for draft in _drafts_of(value)] if found else _marked(reply, ids)
    return drafts[:MAX_SENTENCES]


def _objects(reply: str) -> Iterator[dict[str, Any]]:
    """Give the outermost JSON objects that are whole and of our form."""
    position = reply.find("{")
    while position >= 0:
        try:
            value, end = _DECODER.raw_decode(reply, position)
        except (ValueError, RecursionError):
            value, end = None, position + 1
        if isinstance(value, dict) and value.keys() & {"sentences", "text"}:
            yield value
        position = reply.find("{", end)


def _drafts_of(value: dict[str, Any]) -> Iterator[Draft]:
    entries = value.get("sentences", [value])
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
            continue
        named = entry.get("ids", ())
        named = [named] if isinstance(named, str) else named
        ids = tuple(str(name) for name in named) if isinstance(named, list) else ()
        yield Draft(" ".join(entry["text"].split()), ids)


def _marked(reply: str, ids: Collection[str]) -> list[Draft]:
    """Split plain text; a sentence without a mark of its own has the marks that follow it on its line."""
    mark = re.compile(rf"\s*\[\s*((?:{'|'.join(map(re.escape, ids))})(?:\s*,\s*\w+)*)\s*\]") if ids else None
    drafts: list[Draft] = []
    for line in _FENCE.sub("", reply).splitlines():
        drafts += _marked_line(_BULLET.sub("", line.strip()), mark)
    return drafts


def _marked_line(line: str, mark: re.Pattern[str] | None) -> list[Draft]:
    # A mark behind the full stop belongs to the sentence before: move it inside.
    moved = mark and re.sub(rf"([.!?。]+)((?:{mark.pattern})+)", r"\2\1", line)
    found: list[Draft] = []
    for span in split_sentences(moved or line):
        sentence = span.of(moved or line)
        names = mark.findall(sentence) if mark else []
        text = mark.sub("", sentence).strip() if mark else sentence
        cited = tuple(
            name
            for group in names
            for name in re.split(r"\s*,\s*", group if isinstance(group, str) else group[0])
        )
        if text:
            found.append(Draft(text, cited))
    marks = tuple(dict.fromkeys(name for draft in found for name in draft.ids))
    if found and found[-1].ids and not any(draft.ids for draft in found[:-1]):
        return [Draft(draft.text, marks) for draft in found]
    return found
