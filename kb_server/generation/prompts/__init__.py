"""The prompts, in files beside this one, and how a question and its passages are put into them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from kb_server.generation.records import Draft, Source, Task
from kb_server.index.language import ENGLISH, KOREAN

_FOLDER = Path(__file__).parent
_BREAK = "\n---\n"
"""Between what the operator says and what the asker sends."""
_ID_BYTES = 2
_MARKER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: str
    """``system``, ``user`` or ``assistant``."""
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is sent first, and its sources by the ids that are good for this prompt alone."""

    messages: tuple[Message, ...]
    sources: Mapping[str, int]
    """Place of the source in the task, by its id."""
    marker: str
    lang: str


def answer_prompt(task: Task, sources: Sequence[tuple[int, Source]]) -> Prompt:
    """Ask for an answer from ``sources``, each with its place in the task.

    Ids and the marker that fences the passages are drawn anew for each prompt: no document can know them.
    """
    marker = secrets.token_hex(_MARKER_BYTES)
    ids = _fresh_ids(len(sources))
    passages = "\n\n".join(
        f"{marker} begin {key}\n{source.shown()}\n{marker} end {key}"
        for key, (_, source) in zip(ids, sources, strict=True)
    )
    system, user = _template("answer", task.lang).split(_BREAK)
    values = {
        "ids": ", ".join(ids),
        "example": ids[0],
        "marker": marker,
        "passages": passages,
        "question": task.question,
    }
    messages = (Message("system", _filled(system, values)), Message("user", _filled(user, values).strip()))
    places = {key: place for key, (place, _) in zip(ids, sources, strict=True)}
    return Prompt(messages, places, marker, task.lang)


def repair_messages(prompt: Prompt, reply: str, failed: Sequence[Draft]) -> tuple[Message, ...]:
    """Ask once more for the sentences of ``reply`` that failed."""
    listed = "\n".join(f"{number}. {draft.text}" for number, draft in enumerate(failed, start=1))
    ids = list(prompt.sources)
    values = {"failed": listed, "ids": ", ".join(ids), "example": ids[0]}
    again = _filled(_template("repair", prompt.lang), values).strip()
    return (*prompt.messages, Message("assistant", reply), Message("user", again))


def _fresh_ids(count: int) -> list[str]:
    ids: dict[str, None] = {}
    while len(ids) < count:
        ids["k" + secrets.token_hex(_ID_BYTES)] = None
    return list(ids)


def _filled(template: str, values: Mapping[str, str]) -> str:
    return Template(template).substitute(values)


@cache
def _template(name: str, lang: str) -> str:
    spoken = KOREAN if lang == KOREAN else ENGLISH
    return (_FOLDER / f"{name}.{spoken}.md").read_text(encoding="utf-8")
