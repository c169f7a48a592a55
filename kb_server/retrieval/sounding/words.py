"""The Latin words of an index by their consonants, to find the few that may sound like a word in Hangul."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from kb_server.index.tokenization import tokenize
from kb_server.retrieval.sounding.hangul import sound
from kb_server.retrieval.sounding.latin import price_of_stem

_LIMITS = ((8, 0.8), (6, 0.5), (5, 0.0))
"""Highest price of a word of at least so many sounds; one of four is like some word of every large index."""
_WORD = re.compile("[a-z]{3,24}")
_LATIN = [
    (re.compile(pattern), classes)
    for pattern, classes in (
        ("tch", "T"), ("dge?", "T"), ("ck", "K"), ("ph", "P"), ("gh", ""), ("[scz]h(?=[^aeiouy])", "T"),
        ("[st]h", "T"), ("ch", "?"), ("qu?", "K"), ("c(?=[eiy])", "T"), ("cc?", "K"), ("ng", "N"),
        (r"gg?(?=[eiy]|\b)", "?"), ("g", "K"), ("x", "KT"), ("[tdszj]", "T"), ("k", "K"), ("[bfpv]", "P"),
        ("l", "R"), ("r(?=[aeiouy])", "R"), ("r", ""), ("n", "N"), ("m", "M"), ("[aeiouyhw]", ""),
    )
]  # fmt: skip
_HEARD = str.maketrans(
    dict.fromkeys("bpB", "P")
    | dict.fromkeys("gkK", "K")
    | dict.fromkeys("cdjstT", "T")
    | dict.fromkeys("lL", "R")
    | {"n": "N", "N": "N", "m": "M"}
    | dict.fromkeys("aeiouYW3h", "")
)
_REPEATED = re.compile(r"(.)\1+")
_VOWEL_FIRST = frozenset("aeiouyhw3YW")
_MUTE = 4
"""Letters of a word beyond the sounds of it."""
_ENDINGS = ("", "N", "T", "R", "K", "TN", "MNT")
"""Consonants at the end of a word that its stem may lack: -ing, -ed, -al, -ic, -ation, -ment."""


class SoundTable:
    """Read-only, so that any number of threads may ask."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take the search terms of an index; those that are no words are left out."""
        kept = [word for word in words if _WORD.fullmatch(word)]
        classes = "\n".join(kept)
        for pattern, group in _LATIN:
            classes = pattern.sub(group, classes)
        table: defaultdict[str, list[str]] = defaultdict(list)
        for word, frame in zip(kept, classes.split("\n") if kept else (), strict=True):
            for reading in ("K", "T") if "?" in frame else ("",):
                table[_start(word) + _REPEATED.sub(r"\1", frame.replace("?", reading))].append(word)
        self._table: Mapping[str, list[str]] = dict(table)

    def like(self, word: str) -> str | None:
        """Give the word of the index that sounds like ``word``, spelt as people do; None where none does."""
        heard = sound(word)
        limit = next((price for least, price in _LIMITS if len(heard) >= least), None)
        if limit is None:
            return None
        found = sorted(
            (cost, form, term)
            for term in self._candidates(heard)
            for cost, form in [price_of_stem(term, heard, limit)]
            if cost <= limit
        )
        return next((form for _, form, term in found if form == term or tokenize(form) == [term]), None)

    def _candidates(self, heard: str) -> Iterator[str]:
        start, frame = _start(heard), _REPEATED.sub(r"\1", heard.translate(_HEARD))
        shortest, longest = len(heard) // 2, len(heard) + _MUTE
        for ending in _ENDINGS:
            if frame.endswith(ending) and len(frame) > len(ending):
                words = self._table.get(start + frame.removesuffix(ending), ())
                yield from (word for word in words if shortest <= len(word) <= longest)


def _start(word: str) -> str:
    """Tell words that begin with a vowel, or with what may be mute before one, from the others."""
    return "-" if word[0] in _VOWEL_FIRST else "+"
