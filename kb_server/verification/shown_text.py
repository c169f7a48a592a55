"""What the text of a stored answer says beside its sentences: people read the text, not the fields.

Compared by letters and digits alone, since the text is Markdown, with marks and escapes that sentences lack.
What the server says itself (its phrases, the notes on pages that disagree, the choices of a question back)
is no claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kb_server.text.phrases import PHRASES
from kb_server.text.sentences import split_sentences

_MARK = re.compile(r"(?<!\\)\[\d{1,3}\]")
_FENCE = re.compile(r"^[ \t]{0,12}(?:```|~~~)[^\n]{0,200}$", re.MULTILINE)
_NUMBERING = re.compile(r"^[ \t]{0,12}\d{1,9}[.)][ \t]", re.MULTILINE)
_STRUCK = re.compile(r"(?<!~)~~(?!~)")
"""Words that are shown as taken back."""
_PLACEHOLDER = re.compile(r"\{\w+\}")
_ANY, _REST = r"[^\n]{0,2000}?", r"[^\n]{0,2000}"
_PHRASES = sorted({said for phrases in PHRASES.values() for said in phrases.values()}, key=len, reverse=True)
"""Those with two placeholders tell of conflicts, which an answer lists, and would be slow to look for."""
_OWN = re.compile(
    "|".join(
        _ANY.join(map(re.escape, _PLACEHOLDER.split(said))) + (_REST if said.endswith("}") else "")
        for said in _PHRASES
        if len(_PLACEHOLDER.findall(said)) <= 1
    )
)
_SIGNS = re.compile(r"[\W_]+")
_GAP = "\0"
_SHOWN_CHARS = 300


def unaccounted(text: str, sentences: Sequence[str], said_beside: Iterable[str] = ()) -> list[str]:
    """Give the sentences of ``text`` that are none of ``sentences`` and not the server's own.

    ``said_beside`` are the notes and choices that belong to the answer.
    """
    said = (*sentences, *said_beside)
    # A page may write ``[2]`` itself: its text shows that as it is, with a backslash.
    known = sorted({*map(_letters, said), *map(_all_letters, said)} - {""}, key=len, reverse=True)
    spans = split_sentences(text)
    if _STRUCK.search(text) and not any(_STRUCK.search(known) for known in said):
        return [span.of(text)[:_SHOWN_CHARS] for span in spans if _STRUCK.search(span.of(text))]
    if not _left(text, known):
        return []
    found = [
        span.of(text)
        for span in spans
        if _left(span.of(text), known) and not _stands_in(span.of(text), known)
    ]
    return [said[:_SHOWN_CHARS] for said in found] or [text[:_SHOWN_CHARS]]


def _left(text: str, known: Sequence[str]) -> str:
    """Give the letters that are left of ``text`` without what is known and what the server says itself."""
    # A page may quote what sounds like the server: its words are looked for only where something is left.
    return _without(_letters(text), known) and _without(_letters(_OWN.sub(" ", text)), known)


def _without(letters: str, known: Sequence[str]) -> str:
    for piece in known:
        letters = letters.replace(piece, _GAP)
    return letters.strip(_GAP)


def _stands_in(sentence: str, known: Sequence[str]) -> bool:
    letters = _letters(sentence)
    return any(letters in piece for piece in known)


def _letters(text: str) -> str:
    return _all_letters(_MARK.sub(" ", text))


def _all_letters(text: str) -> str:
    bare = _NUMBERING.sub(" ", _FENCE.sub(" ", text))
    return _SIGNS.sub("", bare).casefold()
