"""Whether two texts can be translations of each other: language, length, numbers and names must agree.

The same place on the page is strong evidence, but a page that was edited on one side only shifts its blocks
against each other. A translation keeps numbers and product names; a shifted neighbour rarely has the same.
"""

from __future__ import annotations

import re
from collections import Counter

from ingest.training.records import Miss
from kb_server.index.language import hangul_share

MAX_HANGUL_IN_ENGLISH = 0.05
MIN_HANGUL_IN_KOREAN = 0.2
MIN_LETTERS = 2
"""Letters of its own language that a side needs."""

_SHORT = 30
"""Characters of English below which length tells little."""
_RATIO = (0.22, 1.15)
_SHORT_RATIO = (0.08, 2.2)
"""Korean characters per English character; nearly all true pairs lie between 0.35 and 0.85."""
_MIN_SHARED_NUMBERS = 0.6
_MIN_SHARED_NAMES = 0.5
_HANGUL = re.compile(r"[가-힣]")
_WORD = re.compile(r"\b[A-Za-z]{2,}")
_NUMBER = re.compile(r"\d{2,}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,}")


def implausible(en: str, ko: str) -> Miss | None:
    """Say why ``en`` and ``ko`` are no translation pair, or None when they can be one.

    >>> implausible("Save 20 files", "파일 20개 저장") is None
    True
    >>> implausible("Save 20 files", "파일 35개 저장").name
    'IMPLAUSIBLE'
    >>> implausible("`kb`", "`kb`").name
    'TRIVIAL'
    """
    if not _speaks(en, ko):
        return Miss.TRIVIAL
    if _lengths_agree(en, ko) and _numbers_agree(en, ko) and _names_agree(en, ko):
        return None
    return Miss.IMPLAUSIBLE


def _speaks(en: str, ko: str) -> bool:
    """Tell whether both sides hold words of their language."""
    return (
        len(_HANGUL.findall(ko)) >= MIN_LETTERS
        and _WORD.search(en) is not None
        and hangul_share(en) <= MAX_HANGUL_IN_ENGLISH
        and hangul_share(ko) >= MIN_HANGUL_IN_KOREAN
    )


def _lengths_agree(en: str, ko: str) -> bool:
    least, most = _SHORT_RATIO if len(en) < _SHORT else _RATIO
    return least <= len(ko) / len(en) <= most


def _numbers_agree(en: str, ko: str) -> bool:
    """Compare the numbers of two digits or more; single digits are often written as words."""
    left, right = Counter(_NUMBER.findall(en)), Counter(_NUMBER.findall(ko))
    larger = max(left.total(), right.total())
    return not larger or (left & right).total() / larger >= _MIN_SHARED_NUMBERS


def _names_agree(en: str, ko: str) -> bool:
    """Compare the Latin words of the Korean side, which a translator took over from the English one."""
    known = {name.lower() for name in _NAME.findall(en)}
    names = [name.lower() for name in _NAME.findall(ko)]
    kept = sum(name in known or name.rstrip("s") in known or f"{name}s" in known for name in names)
    return not names or kept / len(names) >= _MIN_SHARED_NAMES
