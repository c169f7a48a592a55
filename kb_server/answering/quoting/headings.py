"""Headings as what a person could ask: without numbering, and apart from those that say nothing alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kb_server.index.tokenization import tokenize, without_ending

_MAX_CHARACTERS = 80
_NUMBERING = re.compile(
    r"^(?:\d{1,3}(?:[.\-]\d{1,3})*[.)]\s*(?=\D)"
    r"|(?:step|part|phase|stage|단계)\s*\d{1,3}\s*[.:)\-]\s*|\d{1,3}\s*단계\s*[.:)\-]\s*|[①-⑳]\s*)",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[`*]|\s+#+\s*$")
_ANNOUNCES = (":", "：", ",", "-", "–")
_LETTER = re.compile(r"[^\W\d_]")
_LETTER_SHARE = 0.6
_QUESTION = re.compile(
    r"[?？]\W*$|(?:나요|까요|가요|은가|는가|인지)\W*$"
    r"|^(?:how|what|why|when|where|which|who|can|could|do|does|did|is|are|should|will)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+(?:[._'’\-]\w+)*")
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"\w[_.=/]\w|^(?:--?|/)\w|[a-z][A-Z]|\w\(\)$")


def readable(heading: str) -> str:
    """Give a heading without marks and numbering; empty where the rest cannot stand for itself.

    >>> readable("Step 2: Export your `vault`"), readable("3-1. 결제 요청하기"), readable("Check this:")
    ('Export your vault', '결제 요청하기', '')
    """
    text = " ".join(_NUMBERING.sub("", _MARKS.sub("", heading).strip()).split())
    signs = text.replace(" ", "")
    letters = len(_LETTER.findall(signs))
    named = text and not text.endswith(_ANNOUNCES) and letters >= _LETTER_SHARE * len(signs)
    return text if named and 1 < len(text) <= _MAX_CHARACTERS else ""


def is_question(heading: str) -> bool:
    """Tell whether a heading is a question as it stands.

    >>> is_question("How do I export?"), is_question("환불은 어떻게 하나요?"), is_question("Sync settings")
    (True, True, False)
    """
    return bool(_QUESTION.search(heading))


def is_only_names(heading: str) -> bool:
    """Tell a heading of a reference, nothing but names of settings, fields or files, from one in words.

    >>> [is_only_names(text) for text in ("KB_ISSUER / KB_AUDIENCE", "`kb.toml`", "Set KB_PORT", "백업")]
    [True, True, False, False]
    """
    words = [word for word in _MARKS.sub(" ", heading).split() if _LETTER.search(word)]
    return bool(words) and all(map(_NAME.search, words))


def is_bare_word(text: str) -> bool:
    """Tell a text that is but one word from one that says what is wanted; a verb ending makes a sentence.

    >>> [is_bare_word(text) for text in ("sync?", "키", "what's sync", "지원되나요", "sync settings")]
    [True, True, False, False, False]
    """
    words = _WORD.findall(text)
    return len(words) == 1 and bool(tokenize(words[0])) and without_ending(words[0]) == words[0]


def counted(headings: Iterable[str]) -> frozenset[str]:
    """Give the headings of one page that differ from another only by a number (``Item 1``, ``Item 2``)."""
    forms: dict[str, set[str]] = {}
    for heading in headings:
        if _NUMBER.search(heading):
            forms.setdefault(_NUMBER.sub("#", heading), set()).add(heading)
    return frozenset(heading for group in forms.values() if len(group) > 1 for heading in group)


def with_title(title: str, heading: str) -> str:
    """Give a heading that says whose it is, unless it does already.

    >>> with_title("Publish", "Limitations"), with_title("Sync", "Sync settings")
    ('Publish: Limitations', 'Sync settings')
    """
    return heading if set(tokenize(title)) <= set(tokenize(heading)) else f"{title}: {heading}"


def overlap(one: str, other: str) -> float:
    """Give the share of the terms of two texts that both have (Jaccard), from 0 to 1.

    >>> overlap("How do I export notes?", "Export notes")
    1.0
    """
    first, second = set(tokenize(one)), set(tokenize(other))
    return len(first & second) / len(first | second) if first or second else 1.0
