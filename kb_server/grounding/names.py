"""Names, identifiers, labels and addresses: what a sentence names must stand in its sources."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb_server.grounding.sources import Window, compact
from kb_server.grounding.support import Check, Finding
from kb_server.grounding.words import Word, WordKind, read_words

_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)(?P<code>[^`\n]{1,300}?)\1(?!`)")
_LABEL = re.compile(
    r"\*\*(?P<bold>[^*\n]{1,80})\*\*|[“「『](?P<quoted>[^”」』\n]{1,80})[”」』]|\"(?P<straight>[^\"\n]{1,80})\""
)
_MENU_STEP = re.compile(r"(?<![\w-])(?P<above>[\w-]++)\s*+(?:>|→|›|»)\s*(?P<below>[\w-]+)")
_MOST_STEPS = 50
"""Steps of a sentence's menu paths that are compared."""
_STEP = re.compile(r"[>→›»]")
_OPENERS = "\"'“”("
_ENDS = (".", "!", "?", ":", ";")
_SHORTEST_STEM = 4


def name_findings(text: str, sentence: Sequence[Word], window: Window) -> list[Finding]:
    """Name each name, identifier, code span, label and menu step of ``text`` that the window lacks."""
    missing = [code for match in _CODE.finditer(text) if not _has_code(window, code := match["code"])]
    missing += [label for label in _labels(text) if not _has_words(window, label)]
    seen = "\n".join(missing)
    missing += [
        word.text
        for at, word in enumerate(sentence)
        if _is_named(sentence, at) and word.text not in seen and not _has_name(window, word)
    ]
    return [Finding(Check.NAME, name) for name in dict.fromkeys(missing)]


def path_findings(sentence: Sequence[Word], units: Sequence[Sequence[Word]]) -> list[Finding]:
    """Name each step of a menu path that the paths of the sources have in another order, or below another.

    >>> source = read_words("Open Settings > Plan > Limits.")
    >>> [f.value for f in path_findings(read_words("Open Plan > Settings."), [source])]
    ['Plan > Settings']
    """
    steps = [(sentence[at - 1], sentence[at]) for at in _step_places(sentence)][:_MOST_STEPS]
    if not steps:
        return []
    paths = [[key for at in _step_places(unit) for key in (unit[at - 1].key, unit[at].key)] for unit in units]
    rows = [path or [word.key for word in unit] for path, unit in zip(paths, units, strict=True)]
    above, below = ({key for path in paths for key in path[side::2]} for side in (0, 1))
    return [
        Finding(Check.NAME, f"{upper.text} > {lower.text}")
        for upper, lower in steps
        if (upper.key in above or lower.key in below)
        if not any(_leads(row, upper.key, lower.key) for row in rows)
    ]


def _step_places(words: Sequence[Word]) -> list[int]:
    return [at for at in range(1, len(words)) if _STEP.search(words[at].gap)]


def _leads(keys: Sequence[str], above: str, below: str) -> bool:
    return above in keys and below in keys[keys.index(above) + 1 :]


def _labels(text: str) -> list[str]:
    labels = [next(part for part in match.groups() if part) for match in _LABEL.finditer(text)]
    for match in _MENU_STEP.finditer(text):
        labels += match.group("above", "below")
    return labels


def _has_code(window: Window, code: str) -> bool:
    return compact(code).casefold() in window.compact


def _has_words(window: Window, label: str) -> bool:
    words = [word for word in read_words(label) if word.is_content]
    return all(_has_name(window, word) for word in words)


def _is_named(sentence: Sequence[Word], at: int) -> bool:
    """Tell whether the word at ``at`` is a name; a capital at a sentence's beginning proves nothing."""
    word = sentence[at]
    if word.kind is WordKind.IDENTIFIER:
        return True
    if word.kind is not WordKind.NAME or not word.is_content:
        return False
    opens = at == 0 or _ends_sentence(word.gap)
    return not opens or (len(sentence) > at + 1 and sentence[at + 1].kind is WordKind.NAME)


def _ends_sentence(gap: str) -> bool:
    """Tell whether what stands between two words ends a sentence."""
    before = gap.rstrip(_OPENERS)
    bare = before.rstrip()
    return bare.endswith(_ENDS) or "\n" in before[len(bare) :]


def _has_name(window: Window, word: Word) -> bool:
    if word.key in window.keys or word.key in window.terms:
        return True
    if word.is_hangul:
        return word.key in window.compact
    if len(word.terms) > 1:
        return all(term in window.terms for term in word.terms[1:]) or word.text.casefold() in window.compact
    if word.kind is WordKind.IDENTIFIER:
        return word.text.casefold() in window.compact
    return _has_variant(window, word.key)


def _has_variant(window: Window, key: str) -> bool:
    """Accept another form of the same name, such as the people of a country."""
    stem = key[: max(len(key) - 2, _SHORTEST_STEM)]
    return len(stem) >= _SHORTEST_STEM and any(other.startswith(stem) for other in window.keys)
