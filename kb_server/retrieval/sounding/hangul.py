"""How a word in Hangul sounds, and how letters that are spelt one by one are read."""

from __future__ import annotations

import re

from kb_server.index.keyboard import FINALS, FIRST_SYLLABLE, MEDIALS

_INITIAL_SOUNDS = (
    "g",
    "g",
    "n",
    "d",
    "d",
    "l",
    "m",
    "b",
    "b",
    "s",
    "s",
    "",
    "j",
    "j",
    "c",
    "k",
    "t",
    "p",
    "h",
)
_VOWEL_SOUNDS = (
    "a", "e", "Ya", "Ye", "3", "e", "Y3", "Ye", "o", "Wa", "We", "We", "Yo", "u", "W3", "We",
    "Wi", "Yu", "", "i", "i",
)  # fmt: skip
_FINAL_SOUNDS = (
    "", "K", "K", "K", "n", "n", "n", "T", "L", "K", "m", "L", "L", "L", "B", "L", "m", "B", "B", "T", "T",
    "N", "T", "T", "K", "T", "B", "",
)  # fmt: skip
_DOUBLE = re.compile("([mn])\\1|Ll")
_LETTER_NAME_LIST = """
에이치 h 더블유 w 에이 a 에프 f 제이 j 케이 k 아이 i 에스 s 아르 r 브이 v 엑스 x 와이 y 제트 z
비 b 씨 c 시 c 디 d
이 e 지 g 엘 l 엠 m 엔 n 오 o 피 p 큐 q 알 r 티 t 유 u 원 1 투 2 쓰리 3 포 4
"""
_LETTER_NAMES = dict(zip(*[iter(_LETTER_NAME_LIST.split())] * 2, strict=True))
_SPELT = re.compile(f"(?:{'|'.join(_LETTER_NAMES)})+")
_LETTER_NAME = re.compile("|".join(_LETTER_NAMES))


def sound(word: str) -> str:
    """Give the sounds of Hangul, without the vowel ㅡ that only carries a consonant.

    Capitals are sounds that close a syllable, or glides; ``3`` is ㅓ; ``L`` is ㄹ at the end of a syllable,
    or doubled.

    >>> sound("멤캐시드"), sound("엔진")
    ('memkesid', 'enjin')
    """
    return _DOUBLE.sub(lambda found: found[1] or "L", "".join(map(_syllable, word)))


def spelt_letters(word: str) -> str:
    """Give the abbreviation whose letters ``word`` names; empty where it does not.

    >>> spelt_letters("에스쓰리"), spelt_letters("유알엘"), spelt_letters("설정")
    ('s3', 'url', '')
    """
    if not _SPELT.fullmatch(word):
        return ""
    return "".join(_LETTER_NAMES[name] for name in _LETTER_NAME.findall(word))


def _syllable(char: str) -> str:
    number, final = divmod(ord(char) - FIRST_SYLLABLE, len(FINALS))
    initial, medial = divmod(number, len(MEDIALS))
    return _INITIAL_SOUNDS[initial] + _VOWEL_SOUNDS[medial] + _FINAL_SOUNDS[final]
