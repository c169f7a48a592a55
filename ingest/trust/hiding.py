"""Find what stands in a source and its readers do not see: hidden elements, characters without a shape."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_HIDING = (
    r"font-?size ?: ?[\"']?0(?:px|pt|em|rem|%)?(?![.\d\w])|opacity ?: ?[\"']?(?:0|0?\.0\d*)(?![.\d])"
    r"|visibility ?: ?[\"']?hidden|text-?indent ?: ?[\"']?-\d{3}|(?:left|top|right) ?: ?[\"']?-\d{3,}"
    r"|\shidden(?=[\s=/>]|$)"
    r"|display ?: ?[\"']?none|clip ?: ?[\"']?rect\(0|(?:max-?)?(?:height|width) ?: ?[\"']?0(?:px)?[\"';}]"
)
_WHITE = (
    r"(?:(?:white(?:smoke)?|snow|ivory|ghostwhite|floralwhite|mintcream|azure)\b|#f{3}\b|#(?:f[a-f\d]){3}\b"
    r"|rgba?\((?:25[0-5]|24\d), ?(?:25[0-5]|24\d), ?(?:25[0-5]|24\d))"
)
"""White, and what nobody tells from it on white."""
_UNSEEN_COLOUR = rf"(?<![\w-])color ?[:=] ?[\"']?(?:{_WHITE}|transparent|rgba\([^)]*, ?0 ?\))"
_STYLED = re.compile(
    rf"<(?P<name>[a-z][\w.-]*)\b(?P<rest>[^<>]*?(?:{_HIDING}|{_UNSEEN_COLOUR})[^<>]*)>", re.IGNORECASE
)
_HIDDEN = re.compile(_HIDING, re.IGNORECASE)
_BACKGROUND = re.compile(r"background(?:-color|-image)? ?:", re.IGNORECASE)
_WHITE_BACKGROUND = re.compile(rf"background(?:-color)? ?: ?{_WHITE}", re.IGNORECASE)
_TRANSPARENT = re.compile(r"(?<![\w-])color ?[:=] ?[\"']?(?:transparent|rgba\([^)]*, ?0 ?\))", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_CLOSED = re.compile(
    r"\shidden(?: ?= ?(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?(?=[\s/]|$)|display ?: ?none", re.IGNORECASE
)
"""How the panel of a tab waits for its click."""
_WORDS = 3
"""Fewer hidden words that are no sentence claim nothing: icons, labels for screen readers."""
_SENTENCE = re.compile(r"[^\W\d_]{2}.*[.!。！]$|[가-힣]{2}(?:다|요|오)$")
_REACH = 5_000
# Marks that change the direction of writing, and the invisible copies of ASCII (not those of a flag).
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TAG_LETTERS = re.compile("(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+")
_RUN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\U000e0100-\U000e01ef]{3,}|[\U000e0100-\U000e01ef]"
)
_SPLIT_WORD = re.compile("(?:[a-z가-힣]{1,3}[\u200b\u2060\u00ad\ufeff\u180e]){3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HiddenText:
    """The text of an element that its style hides, and the 1-based source lines that it stands on."""

    text: str
    line: int
    last_line: int


def hidden_texts(source: str, panels: Collection[int] = ()) -> Iterator[HiddenText]:
    """List the elements whose own style hides a sentence, or three words or more.

    Those that begin at one of ``panels`` (offsets) are shown by a tab: being closed hides nothing there.
    """
    for match in _STYLED.finditer(source):
        rest = _CLOSED.sub(" ", match["rest"]) if match.start() in panels else match["rest"]
        if not _STYLED.fullmatch(f"<{match['name']}{rest}>"):
            continue
        if not _HIDDEN.search(f"{rest} ") and _stands_out(rest):
            continue
        inside = source[match.end() : match.end() + _REACH]
        closing = re.search(rf"</{re.escape(match['name'])}\s*>", inside, re.IGNORECASE)
        text = " ".join(_TAG.sub(" ", inside[: closing.start()] if closing else "").split())
        if len(text.split()) >= _WORDS or _SENTENCE.search(text):
            line = source.count("\n", 0, match.start()) + 1
            last = line + source.count("\n", match.start(), match.end() + (closing.end() if closing else 0))
            yield HiddenText(text, line, last)


def _stands_out(style: str) -> bool:
    """Tell whether white text has a background of another colour to be seen on."""
    if not _BACKGROUND.search(style) or _TRANSPARENT.search(style):
        return False
    return not _WHITE_BACKGROUND.search(style)


def holds_hidden_characters(line: str) -> bool:
    r"""Tell whether a line holds characters without a shape that carry or disguise something.

    A single soft hyphen or joiner is no secret: it shapes words and emoji.

    >>> holds_hidden_characters("pay\u202etxt"), holds_hidden_characters("co\u00adoperate")
    (True, False)
    """
    if line.isascii():
        return False
    return any(sign.search(line) for sign in (_DIRECTIONS, _TAG_LETTERS, _RUN, _SPLIT_WORD))
