"""Korean as people type it: lost spaces, slips, other endings, and headings asked as questions.

A documentation text keeps its meaning under all of these, so its variant is drawn to the same vector.
"""

from __future__ import annotations

import re
from random import Random

_SPACE = re.compile(r"(?<=[가-힣]) (?=[가-힣])")
_LOST_SPACES = 0.5
_DROPPED = 0.5
"""Share of the slips that lose a syllable; the others exchange two."""
_WORD = re.compile(r"[가-힣]{3,}")
_ENDINGS = (
    ("하십시오", "하세요"),
    ("하세요", "해 주세요"),
    ("합니다", "해요"),
    ("됩니다", "돼요"),
    ("입니다", "이에요"),
    ("있습니다", "있어요"),
    ("없습니다", "없어요"),
    ("습니다", "어요"),
)
_QUESTIONS = (
    "{} 방법",
    "{} 어떻게 하나요?",
    "{} 어떻게 해요",
    "{} 하는 법 알려줘",
    "{}에 대해 알려주세요",
    "{}이 뭔가요?",
    "{} 안 돼요",
    "{} 설명",
)


def varied(text: str, random: Random) -> str:
    """Write ``text`` as somebody might type it; without Hangul it stays.

    >>> varied("설정을 저장합니다.", Random(1))
    '설정을 저장해요.'
    """
    change = random.choice((_other_ending, _without_spaces, _with_slip))
    return change(text, random)


def asked(heading: str, random: Random) -> str:
    """Ask for what stands below ``heading``.

    >>> asked("청구서 확인", Random(4))
    '청구서 확인 하는 법 알려줘'
    """
    return random.choice(_QUESTIONS).format(heading)


def _other_ending(text: str, _random: Random) -> str:
    bare = text.rstrip(" .!?")
    for formal, plain in _ENDINGS:
        if bare.endswith(formal):
            return bare.removesuffix(formal) + plain + text[len(bare) :]
    return text


def _without_spaces(text: str, random: Random) -> str:
    return _SPACE.sub(lambda _space: "" if random.random() < _LOST_SPACES else " ", text)


def _with_slip(text: str, random: Random) -> str:
    """Drop or exchange a syllable in the middle of one word."""
    words = list(_WORD.finditer(text))
    if not words:
        return text
    word = random.choice(words)
    at = random.randrange(word.start() + 1, word.end() - 1)
    if random.random() < _DROPPED:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
