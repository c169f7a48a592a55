"""How much a question leans on what was said before it."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple


class Dependence(IntEnum):
    """The three ways to read a question after others."""

    NONE = 0
    """It names all that it asks about: what was said before must not touch it."""
    LEANING = 1
    """It names something and leaves out the rest: ``And on Windows?``, ``그건 어떻게 꺼요?``."""
    EMPTY = 2
    """It names nothing at all: ``Why?``, ``더 자세히 알려 주세요``."""


class Reading(NamedTuple):
    """What one question shows without any history."""

    dependence: Dependence
    topics: tuple[str, ...]
    """The words as typed that name a topic, each once."""
    recalled: tuple[str, ...] = ()
    """Those that make the question lean if the last exchange said them all: ``the snippet`` and the rest."""
    fragment: bool = False
    """Whether it has no verb: ``backups``, ``Red Hat OpenShift``, ``웹훅 발송 규칙``."""


def topics_of(text: str, word: re.Pattern[str], is_topic: Callable[[str], bool]) -> tuple[str, ...]:
    """Give the words of ``text`` that name a topic, in their order, each once whatever its case."""
    found = (run for run in word.findall(text) if is_topic(run))
    return tuple({run.casefold(): run for run in found}.values())
