"""Tell Korean from English by script: Hangul is proof enough, so no model is needed."""

from __future__ import annotations

import re

ENGLISH = "en"
KOREAN = "ko"

KOREAN_SHARE = 0.1
"""Hangul from this share of the letters on means Korean: code and product names dilute Korean pages."""

_LETTER = re.compile(r"[^\W\d_]")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\uac00-\ud7ff]")


def has_hangul(text: str) -> bool:
    """Tell whether any sign of ``text`` is Hangul."""
    return _HANGUL.search(text) is not None


def hangul_share(text: str) -> float:
    """Give the share of Hangul among the letters of ``text``, from 0 to 1; 0 without letters.

    >>> hangul_share("ab 가나")
    0.5
    """
    letters = len(_LETTER.findall(text))
    return len(_HANGUL.findall(text)) / letters if letters else 0.0


def detect_language(text: str) -> str:
    """Name the language of ``text``: ``ko`` when Hangul is a substantial share of its letters, else ``en``.

    >>> detect_language("API 키를 어떻게 만드나요?")
    'ko'
    >>> detect_language("How do I type 한글 in the search box of the console?")
    'en'
    """
    return KOREAN if hangul_share(text) >= KOREAN_SHARE else ENGLISH
